"""Joint angles outside their anatomical ranges."""

import math

from jaxtyping import Array, Float

from diffphy.body import joint_limits as anatomy
from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.observation import Keyframes

_LIMITS = anatomy.joint_limits()


def joint_limits(motion: SimulatedMotion, observed: Keyframes) -> Float[Array, "F J 3"]:
    """Return the residuals of the sum over joints of the squared excess angles, rad^2, mean over frames.

    The ranges and their sources are those of `diffphy.body.joint_limits`.
    """
    beyond = anatomy.excess(_LIMITS, motion.state.rotation[:, 1:])
    return beyond / math.sqrt(len(beyond))
