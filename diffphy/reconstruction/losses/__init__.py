"""The DiffPhy loss: a weighted sum of terms (Gaertner et al., CVPR 2022).

Each term is one function in one file. It takes the simulated motion and the recording, and returns residuals: the term
is the sum of their squares. So the loss is half a sum of squares, as Gauss-Newton's method needs it (`residuals`).
Terms are grouped by what they depend on, so that their derivatives are small matrices (`linearised_window`).
"""

from collections.abc import Callable, Mapping

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy.reconstruction.losses.center_of_mass import center_of_mass
from diffphy.reconstruction.losses.center_of_mass_velocity import center_of_mass_velocity
from diffphy.reconstruction.losses.control_smoothness import control_smoothness
from diffphy.reconstruction.losses.effort import effort
from diffphy.reconstruction.losses.foot_load import foot_load
from diffphy.reconstruction.losses.foot_skate import foot_skate
from diffphy.reconstruction.losses.ground_force import ground_force
from diffphy.reconstruction.losses.joint_limits import joint_limits
from diffphy.reconstruction.losses.joint_positions import joint_positions
from diffphy.reconstruction.losses.joint_rotations import joint_rotations
from diffphy.reconstruction.losses.joint_velocities import joint_velocities
from diffphy.reconstruction.losses.keypoints import keypoints
from diffphy.reconstruction.losses.motion import SimulatedMotion, simulated_motion
from diffphy.reconstruction.losses.neck_rotation import neck_rotation
from diffphy.reconstruction.losses.penetration import penetration
from diffphy.reconstruction.losses.root import root
from diffphy.reconstruction.losses.stance import stance
from diffphy.reconstruction.observation import Keyframes

Term = Callable[[SimulatedMotion, Keyframes], Float[Array, "..."]]
"""Returns residuals whose sum of squares is the term. Along the first axis are frames."""

OF_POSES: tuple[Term, ...] = (
    joint_positions,
    keypoints,
    joint_velocities,
    joint_rotations,
    neck_rotation,
    root,
    center_of_mass,
    center_of_mass_velocity,
    joint_limits,
    penetration,
    foot_skate,
    stance,
)
"""Terms of where the body is, in a frame or in two adjacent ones."""

OF_CONTROL: tuple[Term, ...] = (control_smoothness,)
"""Terms of the offsets of the control, in a frame or in two adjacent ones."""

OF_TORQUES: tuple[Term, ...] = (effort,)
"""Terms of the joints' torques in a frame."""

OF_CONTACT: tuple[Term, ...] = (ground_force, foot_load)
"""Terms of the contact forces in a frame."""

TERMS: dict[str, Term] = {term.__name__: term for term in (*OF_POSES, *OF_CONTROL, *OF_TORQUES, *OF_CONTACT)}
"""Every term by its name: the name of its function."""


Weights = Mapping[str, Float[Array, ""] | float]
"""Weight of each term, at least 0."""


def residuals(weights: Weights, motion: SimulatedMotion, observed: Keyframes) -> dict[str, Float[Array, "..."]]:
    """Return the weighted residuals of each term, by name. Half the sum of all their squares is the loss."""
    return {name: jnp.sqrt(2.0 * weight) * TERMS[name](motion, observed) for name, weight in weights.items()}


def evaluate(
    weights: Weights, motion: SimulatedMotion, observed: Keyframes
) -> tuple[Float[Array, ""], dict[str, Float[Array, ""]]]:
    """Return the loss and what each term adds to it, by name and with its weight."""
    found = residuals(weights, motion, observed)
    terms = {name: jnp.sum(residual**2) / 2 for name, residual in found.items()}
    return sum(terms.values()), terms  # type: ignore[return-value]


__all__ = ["TERMS", "SimulatedMotion", "Term", "evaluate", "residuals", "simulated_motion"]
