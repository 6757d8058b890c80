"""A moment of the film, as the terms see it: a frame with its neighbours, and what is known of it."""

from dataclasses import dataclass
from functools import cached_property

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy.arrays import AnyArray
from diffphy.film.body_points import SOLE_HEIGHT, SOLES, mass_shares
from diffphy.film.evidence import Scalar, Spread, View
from diffphy.film.parameters import FilmFacts, across


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Phase:
    """What the body does in a frame, as it is known before a step of the fit. It stays fixed during the step.

    Attributes:
        inside: 1 in a frame that has two neighbours, else 0.
        depth: Depth of the hips in each camera, m.
        goes_on: 1 in a frame that has a next one, else 0.
        stands: How surely each sole stands, 0 to 1.
        rests: How surely each sole stays where it is until the next frame, 0 to 1.
        even: How surely the person has stood on both feet for a while, 0 to 1.
        limb_root: Square roots of the precision of each limb's directions, from the part of the prior that fits.
        limb_mean: Mean directions of each limb.
    """

    inside: Float[AnyArray, "*frames"]
    depth: Float[AnyArray, "*frames V"]
    goes_on: Float[AnyArray, "*frames"]
    stands: Float[AnyArray, "*frames 4"]
    rests: Float[AnyArray, "*frames 4"]
    even: Float[AnyArray, "*frames"]
    limb_root: Float[AnyArray, "*frames 4 6 6"]
    limb_mean: Float[AnyArray, "*frames 4 6"]


@dataclass(frozen=True)
class Moment:
    """A frame of the film, the frame before and the frame after.

    Attributes:
        before: Points in the frame before, m.
        now: Points in this frame, m.
        after: Points in the frame after, m.
        film: What holds for the whole film.
        views: What each camera saw in this frame: `View` without its first axis.
        phase: What the body does.
        spread: Standard deviations.
        rate: Frames a second.
    """

    before: Float[Array, "P 3"]
    now: Float[Array, "P 3"]
    after: Float[Array, "P 3"]
    film: FilmFacts
    views: tuple[View, ...]
    phase: Phase
    spread: Spread
    rate: Scalar

    @cached_property
    def acceleration(self) -> Float[Array, "P 3"]:
        """Acceleration of the points, m/s^2; 0 at the ends of the film."""
        return (self.after - 2 * self.now + self.before) * self.rate**2 * self.phase.inside

    @cached_property
    def center_of_mass(self) -> Float[Array, "3"]:
        """The centre of mass, m."""
        return self.mass_shares @ self.now

    @property
    def mass_shares(self) -> Float[Array, "P"]:
        """Share of the mass at each point."""
        return jnp.asarray(mass_shares(), self.now.dtype)

    @cached_property
    def over_ground(self) -> Float[Array, "2 3"]:
        """Two unit vectors on the ground."""
        return across(self.film.up)

    def height(self, point: Float[Array, "*n 3"]) -> Float[Array, "*n"]:
        """Return heights above the ground, m."""
        return point @ self.film.up + self.film.height

    @cached_property
    def sole_heights(self) -> Float[Array, "4"]:
        """Heights of the soles above where they stand, m."""
        return self.height(self.now[jnp.array(SOLES)]) - SOLE_HEIGHT
