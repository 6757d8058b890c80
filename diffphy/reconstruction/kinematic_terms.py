"""The terms of the kinematic fit, by name. Each is a sum of squared errors over their variances.

Half their sum is the negative logarithm of the posterior density, without its constant.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy.body.humanoid import Humanoid
from diffphy.physics import kinematics
from diffphy.physics import scene as scenes
from diffphy.physics.kinematics import Pose
from diffphy.physics.scene import Scene
from diffphy.reconstruction.balance import imbalance
from diffphy.reconstruction.observation import Keyframes

HELD = 0.6  # m: a body that is out of balance by more is held by something else
LEAP = 0.06  # m: a body farther above the ground has more likely left it
POINTS_A_FOOT = 4.0  # contact points of a standing foot: they move together, so they count as one observation
_LOWEST = 0.005  # m: width of the soft choice of the lowest point


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Uncertainty:
    """Standard deviations of everything that the fit knows.

    Attributes:
        joint: Position of a joint of the rough motion relative to its root, m.
        root: Position of the rough motion's root in the world, m.
        turn: Rotation of a joint of the rough motion, rad.
        acceleration: Acceleration of a person's joints, m/s^2.
        ground: Distance of a contact point from what it stands on, m.
        balance: Distance of the zero moment point from the area of support, m.
        slide: Velocity of a contact point that stands, m/s.
    """

    joint: float | Float[Array, ""] = 0.02
    root: float | Float[Array, ""] = 0.03
    turn: float | Float[Array, ""] = 0.3
    acceleration: float | Float[Array, ""] = 20.0
    ground: float | Float[Array, ""] = 0.01
    balance: float | Float[Array, ""] = 0.03
    slide: float | Float[Array, ""] = 0.05


@dataclass(frozen=True)
class FittedMotion:
    """The motion at one set of parameters, as the terms see it: F frames at `rate` Hz.

    Attributes:
        humanoid: The person.
        scene: What the person stands on.
        observed: The rough motion.
        rate: Frames a second.
        standing: How surely each contact point stands, 0 to 1.
        turn: Rotation vectors from the rough motion's rotations to those of this motion, rad.
        pose: The bodies in the world.
    """

    humanoid: Humanoid
    scene: Scene
    observed: Keyframes
    rate: float | Float[Array, ""]
    standing: Float[Array, "F C"]
    turn: Float[Array, "F B 3"]
    pose: Pose

    # Computed once and shared by the terms, so that their gradients are added up in one order.

    @cached_property
    def deviation(self) -> Float[Array, "F B 3"]:
        """Position of each joint less its position in the rough motion, m."""
        return self.pose.position - self.observed.joint_position

    @cached_property
    def contact_point(self) -> Float[Array, "F C 3"]:
        """Contact points in the world, m."""
        return jax.vmap(kinematics.contact_points, (None, 0))(self.humanoid, self.pose)

    @cached_property
    def gap(self) -> Float[Array, "F C"]:
        """Distance of each contact point's surface from the nearest object, m."""
        return contact_gap(self.humanoid, self.scene, self.contact_point)


Term = Callable[[FittedMotion, Uncertainty], Float[Array, ""]]


def joints(motion: FittedMotion, uncertainty: Uncertainty) -> Float[Array, ""]:
    """Return the distances of the joints from the rough motion's, both relative to their root."""
    weight = motion.observed.frame_weight[:, None] * motion.observed.joint_weight[None]
    relative = jnp.sum((motion.deviation - motion.deviation[:, :1]) ** 2, axis=-1)
    return jnp.sum(weight * relative) / uncertainty.joint**2


def root(motion: FittedMotion, uncertainty: Uncertainty) -> Float[Array, ""]:
    """Return the distance of the root from the rough motion's."""
    return jnp.sum(motion.observed.frame_weight[:, None] * motion.deviation[:, 0] ** 2) / uncertainty.root**2


def turns(motion: FittedMotion, uncertainty: Uncertainty) -> Float[Array, ""]:
    """Return the angles between the rotations and the rough motion's."""
    return jnp.sum(motion.turn**2) / uncertainty.turn**2


def acceleration(motion: FittedMotion, uncertainty: Uncertainty) -> Float[Array, ""]:
    """Return the accelerations of the joints: second differences of three frames."""
    change = jnp.diff(motion.pose.position, n=2, axis=0) * motion.rate**2
    return jnp.sum(change**2) / uncertainty.acceleration**2


def ground(motion: FittedMotion, uncertainty: Uncertainty) -> Float[Array, ""]:
    """Return the distances of the lowest points from the ground, bounded by `LEAP` squared above it.

    The bound is that of Geman and McClure (1987). It does not hold below the ground: nobody leaps into it.
    """
    height = jax.vmap(_lowest_height, (None, None, 0))(motion.humanoid, motion.scene, motion.pose)
    squared = jnp.where(height > 0, height**2 / (1.0 + height**2 / LEAP**2), height**2)
    return jnp.sum(motion.observed.frame_weight * squared) / uncertainty.ground**2


def slide(motion: FittedMotion, uncertainty: Uncertainty) -> Float[Array, ""]:
    """Return the velocities of the contact points that stand in both frames of a difference."""
    both = jnp.minimum(motion.standing[1:], motion.standing[:-1])
    squared = jnp.sum((jnp.diff(motion.contact_point, axis=0) * motion.rate) ** 2, axis=-1) * both
    return jnp.sum(squared) / uncertainty.slide**2 / POINTS_A_FOOT


def lift(motion: FittedMotion, uncertainty: Uncertainty) -> Float[Array, ""]:
    """Return the distances of the contact points that stand from what they stand on."""
    squared = motion.standing * motion.gap**2
    return jnp.sum(squared) / uncertainty.ground**2 / POINTS_A_FOOT


def balance(motion: FittedMotion, uncertainty: Uncertainty) -> Float[Array, ""]:
    """Return the distances of the zero moment point from the area of support, bounded by `HELD` squared."""
    tipping = imbalance(motion.humanoid, motion.scene, motion.pose, motion.rate)
    bounded = motion.observed.frame_weight[1:-1] * tipping / (1.0 + tipping / HELD**2)
    return jnp.sum(bounded) / uncertainty.balance**2


TERMS: dict[str, Term] = {
    term.__name__: term for term in (joints, root, turns, acceleration, ground, slide, lift, balance)
}
"""Every term of the fit, in the order in which they are added."""


def contact_gap(humanoid: Humanoid, scene: Scene, point: Float[Array, "F C 3"]) -> Float[Array, "F C"]:
    """Return the distance of each contact point's surface from the nearest object, m."""
    return jax.vmap(scenes.nearest, (None, 0))(scene, point) - jnp.asarray(humanoid.contact_radius)[None]


def _lowest_height(humanoid: Humanoid, scene: Scene, pose: Pose) -> Float[Array, ""]:
    """Return the distance of the body's lowest point from the nearest object, m. The choice of the point is soft."""
    point = kinematics.contact_points(humanoid, pose)
    distance = scenes.signed_distance(scene, point)[0] - humanoid.contact_radius[None]
    return jnp.sum(jax.nn.softmax(-distance / _LOWEST, axis=None) * distance)
