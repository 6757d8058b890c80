"""The state in which a simulation starts: the first pose of the recording, lifted out of the ground, and a velocity."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.arrays import AnyArray
from diffphy.body.humanoid import Humanoid
from diffphy.compiled import compiled
from diffphy.physics import kinematics
from diffphy.physics import scene as scenes
from diffphy.physics.scene import Scene
from diffphy.physics.simulate import State
from diffphy.reconstruction.minimiser import Minimise
from diffphy.reconstruction.observation import Keyframes

_DEPTH_WEIGHT = 100.0  # squared penetration against squared joint error: about a millimetre of depth is left
_BEND_WEIGHT = 1e-3  # m^2/rad^2: squared changes of angles; small enough that a leg bends before the body is lifted


def first_state(observed: Keyframes, rate: float) -> State:
    """Return the state of the first frame. Its velocities are differences of the first two frames at `rate` Hz."""
    rotation, position = observed.rotation[:2], observed.position[:2]
    angular = rate * np.asarray(rotations.difference(rotation[0], rotation[1]))
    linear = rate * (position[1] - position[0])
    return State(*map(jnp.asarray, (position[0], rotation[0], linear, angular)))


def remove_penetration(humanoid: Humanoid, scene: Scene, observed: Keyframes, minimise: Minimise) -> Keyframes:
    """Return the keyframes with their first pose changed so that no part of the body starts inside the scene.

    Recordings have feet centimetres under the floor. Contact throws a simulation that starts there into the air. The
    minimiser finds the pose with the nearest joint positions that only touches the scene.
    """
    first = observed.window(0, 1)

    def evaluate(x: Float[np.ndarray, "N"]) -> tuple[float, Float[np.ndarray, "N"]]:
        value, gradient = _misfit(x, humanoid, scene, first)
        return float(value), np.asarray(gradient)

    start = np.zeros(humanoid.degrees_of_freedom, observed.position.dtype)
    found = np.asarray(minimise(evaluate, start).x)
    position, rotation = map(np.asarray, _bend(found, first))
    return replace(
        observed,
        position=np.concatenate([position[None], observed.position[1:]]),
        rotation=np.concatenate([rotation[None], observed.rotation[1:]]),
    )


def _bend(x: Float[AnyArray, "N"], first: Keyframes) -> tuple[Float[Array, "3"], Float[Array, "B 4"]]:
    """Return root position and rotations of the first keyframe after a root translation and one rotation per body."""
    position = jnp.asarray(first.position[0]) + x[:3]
    return position, rotations.multiply(first.rotation[0], rotations.exp(x[3:].reshape(-1, 3)))


@compiled
@jax.value_and_grad
def _misfit(x: Float[Array, "N"], humanoid: Humanoid, scene: Scene, first: Keyframes) -> Float[Array, ""]:
    """Return squared joint error, m^2, plus weighted squared penetration and bending. Compiled with its gradient."""
    pose = kinematics.forward_kinematics(humanoid, *_bend(x, first))
    distance = scenes.signed_distance(scene, kinematics.contact_points(humanoid, pose))[0]
    depth = jax.nn.relu(humanoid.contact_radius[None] - distance)
    error = jnp.sum((pose.position - first.joint_position[0]) ** 2, axis=-1)
    observed = jnp.sum(first.joint_weight * error)
    return observed + _DEPTH_WEIGHT * jnp.sum(depth**2) + _BEND_WEIGHT * jnp.sum(x[6:] ** 2)
