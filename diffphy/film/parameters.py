"""What the fit of a film looks for beside the points: facts that hold for the whole film."""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy.arrays import AnyArray
from diffphy.film.body_points import BONES


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class FilmFacts:
    """Facts that hold for a whole film of V cameras.

    Attributes:
        up: Unit vector against gravity.
        height: Height of the origin above the ground, m.
        stature: Height of the person, m.
        proportion: Length of each bone of `BONES` over the length that its share of the stature gives, logarithm.
        zoom: Focal length over the one that was assumed, logarithm.
        lean: By how much the detector's body leans: depth that it adds for each metre down and to the left.
        scale: Size of the person over the detector's body, logarithm.
    """

    up: Float[AnyArray, "3"]
    height: float | Float[AnyArray, ""]
    stature: float | Float[AnyArray, ""]
    proportion: Float[AnyArray, "L"]
    zoom: Float[AnyArray, "V"]
    lean: Float[AnyArray, "V 2"]
    scale: Float[AnyArray, "V"]

    @property
    def size(self) -> int:
        """Number of parameters: two tilts, height, stature, proportions, and four numbers for each camera."""
        return 4 + len(BONES) + 4 * len(self.zoom)

    def lengths(self) -> Float[Array, "L"]:
        """Return the length of each bone of `BONES`, m."""
        share = jnp.array([bone.share for bone in BONES.values()])
        return jnp.asarray(self.stature * share * jnp.exp(self.proportion))

    def height_of_bones(self) -> Float[Array, ""]:
        """Return the stature of people whose bones are as long together, m."""
        return jnp.sum(self.lengths()) / sum(bone.share for bone in BONES.values())

    def moved(self, change: Float[AnyArray, "N"]) -> "FilmFacts":
        """Return the facts after a change: rad for tilts, m for height, else logarithms and slopes."""
        tilts, height, stature, proportion, cameras = jnp.split(jnp.asarray(change), [2, 3, 4, 4 + len(BONES)])
        zoom, lean, scale = jnp.split(cameras.reshape(len(self.zoom), 4), [1, 3], axis=1)
        up = self.up + tilts @ across(self.up)
        return replace(
            self,
            up=up / jnp.linalg.norm(up),
            height=self.height + height[0],
            stature=self.stature * jnp.exp(stature[0]),
            proportion=self.proportion + proportion,
            zoom=self.zoom + zoom[:, 0],
            lean=self.lean + lean,
            scale=self.scale + scale[:, 0],
        )


def across(up: Float[AnyArray, "3"]) -> Float[Array, "2 3"]:
    """Return two unit vectors on the ground.

    For a camera's axes these are right and ahead. Where `up` is nearly along z, they are along x and y.
    """
    up = jnp.asarray(up)
    z = jnp.array([0.0, 0.0, 1.0])
    y = jnp.array([0.0, 1.0, 0.0])
    steep = jnp.abs(up[2]) > 0.9
    # Both crosses have a length: the one that is not taken must not divide by zero.
    first = jnp.where(steep, jnp.sign(up[2]) * jnp.cross(y, up), jnp.cross(z, up) + 1e-9)
    first = first / jnp.linalg.norm(first)
    return jnp.stack([first, jnp.cross(up, first)])
