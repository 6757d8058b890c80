"""Angle between the neck's rotation and the recorded one."""

from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.losses.shares import mean_residual
from diffphy.reconstruction.observation import Keyframes


def neck_rotation(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, "F 3"]:
    """Return the residuals of the mean over frames of the squared angle of the head relative to the thorax, rad^2.

    Joint positions end at the neck, and `joint_rotations` counts it as one joint among all. Without this term the body
    swings its head, a fifteenth of its mass, to keep its balance.
    """
    head = motion.humanoid.body("head")
    error = rotations.difference(observed.rotation[:, head], motion.state.rotation[:, head])
    return mean_residual(error, observed.frame_weight)
