"""The simulated motion as the loss terms see it."""

from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Float

from diffphy.body.humanoid import Humanoid
from diffphy.physics import kinematics
from diffphy.physics import scene as scenes
from diffphy.physics.kinematics import Pose
from diffphy.physics.scene import Scene
from diffphy.physics.simulate import Effort, State


class SimulatedMotion(NamedTuple):
    """F simulated frames at `rate` Hz, each term takes of it what it needs (world axes, m, s, N m).

    `gap`: distance of each contact sphere's surface from the nearest object, m. `offset`: rotation vectors of the
    control relative to the reference pose, rad, in the joints' own axes.
    """

    humanoid: Humanoid
    rate: float
    state: State
    pose: Pose
    center_of_mass: Float[Array, "F 3"]
    contact_point: Float[Array, "F C 3"]
    gap: Float[Array, "F C"]
    effort: Effort
    offset: Float[Array | np.ndarray, "F J 3"]


def simulated_motion(
    humanoid: Humanoid,
    scene: Scene,
    rate: float,
    state: State,
    effort: Effort,
    offset: Float[Array | np.ndarray, "F J 3"],
) -> SimulatedMotion:
    """Poses, centre of mass and gaps of simulated states."""

    def frame(position: Float[Array, "3"], rotation: Float[Array, "B 4"]):
        pose = kinematics.forward_kinematics(humanoid, position, rotation)
        point = kinematics.contact_points(humanoid, pose)
        gap = scenes.nearest(scene, point) - humanoid.contact_radius
        return pose, kinematics.center_of_mass(humanoid, pose), point, gap

    pose, center_of_mass, point, gap = jax.vmap(frame)(state.position, state.rotation)
    return SimulatedMotion(humanoid, rate, state, pose, center_of_mass, point, gap, effort, offset)
