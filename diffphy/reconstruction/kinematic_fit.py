"""The motion that keypoints and a rough motion show, before any physics: most likely poses, all frames together.

The body's joints are where the camera saw them to within the detector's error, where the rough motion has them to
within its own, and they accelerate as joints of people do: a smoothing spline whose width follows from the noise, on a
body whose bones keep their length (Kimeldorf and Wahba, Spline functions and stochastic processes, 1970). The body
stands on something, unless it leaps: what a camera cannot tell, a small body from one far away, the ground can.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import jax
import jax.numpy as jnp
import jax.scipy.fft
import numpy as np
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.body.humanoid import Humanoid
from diffphy.physics import kinematics
from diffphy.physics import scene as scenes
from diffphy.physics.kinematics import Pose
from diffphy.physics.scene import Scene
from diffphy.reconstruction.balance import imbalance
from diffphy.reconstruction.losses.keypoints import misses
from diffphy.reconstruction.minimiser import Evaluate, Minimise
from diffphy.reconstruction.observation import Keyframes

HELD = 0.6  # m: a body whose weight is farther from where it stands is held by something else
ROUNDS = 3  # of minimisations; what stands is seen in the one before
TOUCHING, STILL = 0.025, 0.6  # m, m/s: a point that is higher or faster does not stand
SHARED = 4.0  # points by which a foot stands: what they say of it is one thing
LEAP = 0.06  # m: a body farther above the ground has rather left it
_LOWEST = 0.005  # m: width of the soft decision which point is the lowest
_METRE, _RADIAN = 0.1, 0.3  # a unit of the parameters of the root's position, and of the rotations


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Uncertainty:
    """Standard deviations.

    keypoint: of a keypoint, m, at the depth of the body. joint: of a joint of the rough motion relative to its root, m.
    root: of its root in the world, m. turn: of a joint's rotation there, rad. acceleration: of a person's joints,
    m/s^2. ground: of the distance of what touches from what it stands on, m. balance: of the zero moment point from the
    area of what touches, m. slide: of the velocity of what stands, m/s.
    """

    keypoint: float | Float[Array, ""] = 0.02
    joint: float | Float[Array, ""] = 0.05
    root: float | Float[Array, ""] = 0.2
    turn: float | Float[Array, ""] = 0.5
    acceleration: float | Float[Array, ""] = 8.0
    ground: float | Float[Array, ""] = 0.01
    balance: float | Float[Array, ""] = 0.03
    slide: float | Float[Array, ""] = 0.05


def fit_keyframes(
    humanoid: Humanoid,
    scene: Scene,
    observed: Keyframes,
    rate: float,
    minimise: Minimise,
    uncertainty: Uncertainty | None = None,
) -> Keyframes:
    """The keyframes, their poses and joints moved to the most likely ones, and what stands in them.

    Args:
        humanoid: the person.
        scene: what they stand on.
        observed: F frames of the rough motion, and what a camera saw in them.
        rate: frames a second.
        minimise: `minimise(evaluate, x0)`, by whatever method.
        uncertainty: of all that is known; the defaults if None.
    """
    uncertainty = uncertainty or Uncertainty()
    waves = jnp.asarray(_waves(len(observed), rate, uncertainty), observed.position.dtype)
    x = np.zeros(len(observed) * 3 * (1 + humanoid.bodies), observed.position.dtype)
    standing = jnp.zeros((len(observed), len(humanoid.contact_body)), x.dtype)
    for _ in range(ROUNDS):
        misfit = partial(_misfit, standing, waves, humanoid, scene, observed, rate, uncertainty)
        x = np.asarray(minimise(_on_host(misfit), x).x, x.dtype)
        standing = _standing(humanoid, scene, _moved(jnp.asarray(x), waves, humanoid, observed)[2], rate)
    position, rotation, pose = _moved(jnp.asarray(x), waves, humanoid, observed)
    return replace(
        observed,
        position=np.asarray(position),
        rotation=np.asarray(rotation),
        joint_position=np.asarray(pose.position),
        standing=np.asarray(standing),
    )


def _on_host(misfit: Callable[[Array], tuple[Array, Array]]) -> Evaluate:
    """The loss and its gradient as minimisers take them."""

    def evaluate(x: Float[np.ndarray, " N"]) -> tuple[float, Float[np.ndarray, " N"]]:
        value, gradient = misfit(jnp.asarray(x))
        return float(value), np.asarray(gradient)

    return evaluate


@jax.jit
def _standing(humanoid: Humanoid, scene: Scene, pose: Pose, rate: float | Float[Array, ""]) -> Float[Array, "F C"]:
    """By how much each contact point stands in each frame: it is where it touches, and hardly moves."""
    points = jax.vmap(kinematics.contact_points, (None, 0))(humanoid, pose)
    way = jnp.linalg.norm(jnp.diff(points, axis=0), axis=-1) * rate
    speed = jnp.minimum(jnp.concatenate([way[:1], way]), jnp.concatenate([way, way[-1:]]))
    near = jax.nn.sigmoid((TOUCHING - _gap(humanoid, scene, points)) / (TOUCHING / 4))
    return near * jax.nn.sigmoid((STILL - speed) / (STILL / 4))


def _gap(humanoid: Humanoid, scene: Scene, points: Float[Array, "F C 3"]) -> Float[Array, "F C"]:
    """Distance of contact points from what is nearest to them, m."""
    return jax.vmap(scenes.nearest, (None, 0))(scene, points) - jnp.asarray(humanoid.contact_radius)[None]


def _waves(frames: int, rate: float, uncertainty: Uncertainty) -> Float[np.ndarray, " F"]:
    """Sizes of the cosines in time that parameters are amplitudes of: the faster, the smaller.

    Joints hardly accelerate. All amplitudes then matter about as much, and the loss is no narrow valley for a
    minimiser: second differences of frames weigh the fourth power of the frequency.
    """
    frequency = np.pi * rate * np.arange(frames) / frames  # rad/s
    return np.asarray(1.0 / np.sqrt(1.0 + (uncertainty.keypoint * frequency**2 / uncertainty.acceleration) ** 2))


@jax.jit
def _moved(
    x: Float[Array, " N"], waves: Float[Array, " F"], humanoid: Humanoid, observed: Keyframes
) -> tuple[Float[Array, "F 3"], Float[Array, "F B 4"], Pose]:
    """Root positions, rotations and poses."""
    change = _change(x, waves)
    position = jnp.asarray(observed.position) + _METRE * change[:, 0]
    rotation = rotations.multiply(observed.rotation, rotations.exp(_RADIAN * change[:, 1:]))
    return position, rotation, jax.vmap(kinematics.forward_kinematics, (None, 0, 0))(humanoid, position, rotation)


def _change(x: Float[Array, " N"], waves: Float[Array, " F"]) -> Float[Array, "F P 3"]:
    """Changes of the root's position and of the rotations, in their units."""
    amplitude = waves[:, None] * x.reshape(len(waves), -1)
    return jax.scipy.fft.idct(amplitude, axis=0, norm="ortho").reshape(len(waves), -1, 3)


@jax.jit
@partial(jax.value_and_grad, argnums=7)
def _misfit(
    standing: Float[Array, "F C"],
    waves: Float[Array, " F"],
    humanoid: Humanoid,
    scene: Scene,
    observed: Keyframes,
    rate: float | Float[Array, ""],
    uncertainty: Uncertainty,
    x: Float[Array, " N"],
) -> Float[Array, ""]:
    """Negative logarithm of the posterior, a frame, but for a constant."""
    pose = _moved(x, waves, humanoid, observed)[2]
    weight = observed.frame_weight[:, None] * observed.joint_weight[None]
    apart = pose.position - observed.joint_position
    relative = jnp.sum((apart - apart[:, :1]) ** 2, axis=-1)
    total = jnp.sum(weight * relative) / uncertainty.joint**2
    total = total + jnp.sum(observed.frame_weight[:, None] * apart[:, 0] ** 2) / uncertainty.root**2
    turns = _RADIAN * _change(x, waves)[:, 1:]
    total = total + jnp.sum(turns**2) / uncertainty.turn**2
    acceleration = jnp.diff(pose.position, n=2, axis=0) * rate**2
    total = total + jnp.sum(acceleration**2) / uncertainty.acceleration**2
    height = jax.vmap(_height, (None, None, 0))(humanoid, scene, pose)
    above = jnp.where(height > 0, height**2 / (1.0 + height**2 / LEAP**2), height**2)  # nobody leaps into the ground
    total = total + jnp.sum(observed.frame_weight * above) / uncertainty.ground**2
    points = jax.vmap(kinematics.contact_points, (None, 0))(humanoid, pose)
    slid = jnp.sum((jnp.diff(points, axis=0) * rate) ** 2, axis=-1) * jnp.minimum(standing[1:], standing[:-1])
    lifted = standing * _gap(humanoid, scene, points) ** 2
    total = total + jnp.sum(slid) / uncertainty.slide**2 / SHARED + jnp.sum(lifted) / uncertainty.ground**2 / SHARED
    tipping = imbalance(humanoid, scene, pose, rate)
    held = observed.frame_weight[1:-1] * tipping / (1.0 + tipping / HELD**2)
    total = total + jnp.sum(held) / uncertainty.balance**2
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
