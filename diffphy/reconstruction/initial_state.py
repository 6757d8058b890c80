"""Where a simulation starts: the reference's first pose, taken out of the ground, and its velocity."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.body.humanoid import Humanoid
from diffphy.physics import kinematics
from diffphy.physics import scene as scenes
from diffphy.physics.scene import Scene
from diffphy.physics.simulate import State
from diffphy.reconstruction.minimiser import Minimise
from diffphy.reconstruction.observation import Keyframes

_DEPTH_WEIGHT = 100.0  # of squared penetration against squared joint error: leaves about a millimetre
_BEND_WEIGHT = 1e-3  # m^2/rad^2: of changes of the joints' angles; bends the leg rather than lifting the body


def first_state(observed: Keyframes, rate: float) -> State:
    """The reference's pose in its first frame, with velocities by differences of its first frames at `rate` Hz."""
    rotation, position = observed.rotation[:2], observed.position[:2]
    angular = rate * np.asarray(rotations.difference(rotation[0], rotation[1]))
    linear = rate * (position[1] - position[0])
    return State(*map(jnp.asarray, (position[0], rotation[0], linear, angular)))


def remove_penetration(humanoid: Humanoid, scene: Scene, observed: Keyframes, minimise: Minimise) -> Keyframes:
    """The same keyframes, the first pose bent so that no part of the body starts inside the scene.

    Recordings have feet centimetres under the floor; a simulation that starts there is thrown into the air. The
    nearest pose, in joint positions, that only touches is found by `minimise(evaluate, x0)`.
    """
    first = observed.window(0, 1)

    def evaluate(x: Float[np.ndarray, "N"]) -> tuple[float, Float[np.ndarray, "N"]]:
        value, gradient = _misfit(x, humanoid, scene, first)
        return float(value), np.asarray(gradient)

    start = np.zeros(humanoid.degrees_of_freedom, observed.position.dtype)
    found = np.asarray(minimise(evaluate, start).x)
    position, rotation = map(np.asarray, _bent(found, first))
    return replace(
        observed,
        position=np.concatenate([position[None], observed.position[1:]]),
        rotation=np.concatenate([rotation[None], observed.rotation[1:]]),
    )


def _bent(x: Float[Array | np.ndarray, "N"], first: Keyframes) -> tuple[Float[Array, "3"], Float[Array, "B 4"]]:
    """Root position and rotations of the first keyframe, moved by a root translation and a rotation vector a body."""
    position = jnp.asarray(first.position[0]) + x[:3]
    return position, rotations.multiply(first.rotation[0], rotations.exp(x[3:].reshape(-1, 3)))


@jax.jit
@jax.value_and_grad
def _misfit(x: Float[Array, "N"], humanoid: Humanoid, scene: Scene, first: Keyframes) -> Float[Array, ""]:
    pose = kinematics.forward_kinematics(humanoid, *_bent(x, first))
    distance = scenes.signed_distance(scene, kinematics.contact_points(humanoid, pose))[0]
    depth = jax.nn.relu(humanoid.contact_radius[None] - distance)
    error = jnp.sum((pose.position - first.joint_position[0]) ** 2, axis=-1)
    observed = jnp.sum(first.joint_weight * error)
    return observed + _DEPTH_WEIGHT * jnp.sum(depth**2) + _BEND_WEIGHT * jnp.sum(x[6:] ** 2)
