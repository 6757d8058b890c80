"""Distance of the joints from the recorded ones."""

from jaxtyping import Array, Float

from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.losses.shares import mean_residual
from diffphy.reconstruction.observation import Keyframes


def joint_positions(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, "F B 3"]:
    """Return the residuals of the mean of `|p - p_observed|^2`, m^2, over frames and joints, by their weights."""
    weight = observed.frame_weight[:, None] * observed.joint_weight[None]
    return mean_residual(motion.pose.position - observed.joint_position, weight)
