"""The motion that keypoints and a rough motion show, before any physics: most likely poses, all frames together.

The body's joints are where the camera saw them to within the detector's error, where the rough motion has them to
within its own, and they accelerate as joints of people do: a smoothing spline whose width follows from the noise, on a
body whose bones keep their length (Kimeldorf and Wahba, Spline functions and stochastic processes, 1970). The body
stands on something, unless it leaps: what a camera cannot tell, a small body from one far away, the ground can.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from diffphy import kinematics, rotations
from diffphy import scene as scenes
from diffphy.humanoid import Humanoid
from diffphy.initial_state import Minimise
from diffphy.kinematics import Pose
from diffphy.losses.keypoints import misses
from diffphy.observation import Keyframes
from diffphy.scene import Scene

LEAP = 0.03  # m: a body farther above the ground has rather left it
_LOWEST = 0.005  # m: width of the soft decision which point is the lowest
_METRE, _RADIAN = 0.1, 0.3  # a unit of the parameters of the root's position, and of the rotations


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Uncertainty:
    """Standard deviations.

    keypoint: of a keypoint, m, at the depth of the body. joint: of a joint of the rough motion relative to its root, m.
    root: of its root in the world, m. turn: of a joint's rotation there, rad. acceleration: of a person's joints,
    m/s^2. ground: of the distance of the body's lowest point from what it stands on, m.
    """

    keypoint: float | Float[Array, ""] = 0.02
    joint: float | Float[Array, ""] = 0.05
    root: float | Float[Array, ""] = 0.2
    turn: float | Float[Array, ""] = 0.5
    acceleration: float | Float[Array, ""] = 8.0
    ground: float | Float[Array, ""] = 0.01


def fit(
    humanoid: Humanoid,
    scene: Scene,
    observed: Keyframes,
    rate: float,
    minimise: Minimise,
    uncertainty: Uncertainty | None = None,
) -> Keyframes:
    """The keyframes, their poses and joints moved to the most likely ones.

    Args:
        humanoid: the person.
        scene: what they stand on.
        observed: F frames of the rough motion, and what a camera saw in them.
        rate: frames a second.
        minimise: `minimise(evaluate, x0)`, by whatever method.
        uncertainty: of all that is known; the defaults if None.
    """
    evaluate, moved = _objective(humanoid, scene, observed, rate, uncertainty or Uncertainty())
    start = np.zeros(len(observed) * 3 * (1 + humanoid.bodies), observed.position.dtype)
    position, rotation, pose = moved(np.asarray(minimise(evaluate, start).x, start.dtype))
    return replace(
        observed,
        position=np.asarray(position),
        rotation=np.asarray(rotation),
        joint_position=np.asarray(pose.position),
    )


def _objective(
    humanoid: Humanoid, scene: Scene, observed: Keyframes, rate: float, uncertainty: Uncertainty
) -> tuple[
    Callable[[Float[np.ndarray, " N"]], tuple[float, Float[np.ndarray, " N"]]],
    Callable[[Float[np.ndarray, " N"]], tuple[Array, Array, Pose]],
]:
    """The loss with its gradient, and what parameters mean."""

    def evaluate(x: Float[np.ndarray, " N"]) -> tuple[float, Float[np.ndarray, " N"]]:
        value, gradient = _misfit(jnp.asarray(x), humanoid, scene, observed, rate, uncertainty)
        return float(value), np.asarray(gradient)

    return evaluate, lambda x: _moved(jnp.asarray(x), humanoid, observed)


@jax.jit
def _moved(
    x: Float[Array, " N"], humanoid: Humanoid, observed: Keyframes
) -> tuple[Float[Array, "F 3"], Float[Array, "F B 4"], Pose]:
    """Root positions, rotations and poses."""
    frames = len(observed)
    change = x.reshape(frames, 1 + humanoid.bodies, 3)
    position = jnp.asarray(observed.position) + _METRE * change[:, 0]
    rotation = rotations.multiply(observed.rotation, rotations.exp(_RADIAN * change[:, 1:]))
    return position, rotation, jax.vmap(kinematics.forward_kinematics, (None, 0, 0))(humanoid, position, rotation)


@jax.jit
@jax.value_and_grad
def _misfit(
    x: Float[Array, " N"],
    humanoid: Humanoid,
    scene: Scene,
    observed: Keyframes,
    rate: float | Float[Array, ""],
    uncertainty: Uncertainty,
) -> Float[Array, ""]:
    """Negative logarithm of the posterior, a frame, but for a constant."""
    pose = _moved(x, humanoid, observed)[2]
    weight = observed.frame_weight[:, None] * observed.joint_weight[None]
    apart = pose.position - observed.joint_position
    relative = jnp.sum((apart - apart[:, :1]) ** 2, axis=-1)
    total = jnp.sum(weight * relative) / uncertainty.joint**2
    total = total + jnp.sum(observed.frame_weight[:, None] * apart[:, 0] ** 2) / uncertainty.root**2
    turns = _RADIAN * x.reshape(len(observed), 1 + humanoid.bodies, 3)[:, 1:]
    total = total + jnp.sum(turns**2) / uncertainty.turn**2
    acceleration = jnp.diff(pose.position, n=2, axis=0) * rate**2
    total = total + jnp.sum(acceleration**2) / uncertainty.acceleration**2
    height = jax.vmap(_height, (None, None, 0))(humanoid, scene, pose)
    above = jnp.where(height > 0, height**2 / (1.0 + height**2 / LEAP**2), height**2)  # nobody leaps into the ground
    total = total + jnp.sum(observed.frame_weight * above) / uncertainty.ground**2
    if observed.detections is not None:
        missed, certain = misses(pose, observed.detections, observed)
        total = total + jnp.sum(certain * missed) / uncertainty.keypoint**2
    return total / (2 * len(observed))


def _height(humanoid: Humanoid, scene: Scene, pose: Pose) -> Float[Array, ""]:
    """Distance of the body's lowest point from what is nearest to it, m; smooth where another becomes the lowest."""
    distance = (
        scenes.signed_distance(scene, kinematics.contact_points(humanoid, pose))[0] - humanoid.contact_radius[None]
    )
    return jnp.sum(jax.nn.softmax(-distance / _LOWEST, axis=None) * distance)
