"""The simulated motion, with all quantities that the loss terms use."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy.arrays import AnyArray
from diffphy.body.humanoid import Humanoid
from diffphy.physics import kinematics
from diffphy.physics import scene as scenes
from diffphy.physics.dynamics import GRAVITY
from diffphy.physics.kinematics import Pose
from diffphy.physics.scene import Scene
from diffphy.physics.simulate import Effort, State


class SimulatedMotion(NamedTuple):
    """F simulated frames. Positions are in world axes.

    Attributes:
        humanoid: The simulated body.
        rate: Frames a second.
        state: Simulated states.
        pose: The bodies in the world.
        center_of_mass: Centre of mass of the body, m.
        contact_point: Centres of the contact spheres, m.
        gap: Distance of each contact sphere's surface from the nearest object, m.
        effort: Torques, N m, and forces, N.
        offset: Rotation vectors of the control relative to the reference, in the joints' axes, rad.
    """

    humanoid: Humanoid
    rate: float
    state: State
    pose: Pose
    center_of_mass: Float[Array, "F 3"]
    contact_point: Float[Array, "F C 3"]
    gap: Float[Array, "F C"]
    effort: Effort
    offset: Float[AnyArray, "F J 3"]

    @property
    def body_weight(self) -> Float[Array, ""]:
        """Weight of the whole body, N."""
        return -GRAVITY[2] * jnp.sum(jnp.asarray(self.humanoid.mass, self.center_of_mass.dtype))


def simulated_motion(
    humanoid: Humanoid,
    scene: Scene,
    rate: float,
    state: State,
    effort: Effort,
    offset: Float[AnyArray, "F J 3"],
) -> SimulatedMotion:
    """Return simulated states with their poses, centres of mass, contact points and gaps."""

    def frame(position: Float[Array, "3"], rotation: Float[Array, "B 4"]):
        pose = kinematics.forward_kinematics(humanoid, position, rotation)
        point = kinematics.contact_points(humanoid, pose)
        gap = scenes.nearest(scene, point) - humanoid.contact_radius
        return pose, kinematics.center_of_mass(humanoid, pose), point, gap

    pose, center_of_mass, point, gap = jax.vmap(frame)(state.position, state.rotation)
    return SimulatedMotion(humanoid, rate, state, pose, center_of_mass, point, gap, effort, offset)
