"""Angle between the root's orientation and the recorded one."""

from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.losses.shares import mean_residual
from diffphy.reconstruction.observation import Keyframes


def root(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, "F 3"]:
    """Return the residuals of the mean over frames of the squared angle between the root's orientations, rad^2.

    The root's position is part of `joint_positions`.
    """
    error = rotations.difference(observed.rotation[:, 0], motion.state.rotation[:, 0])
    return mean_residual(error, observed.frame_weight)
