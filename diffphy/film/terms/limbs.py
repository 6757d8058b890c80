"""How people hold their limbs: directions of upper and lower arm, thigh and shank, seen from the trunk."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from diffphy.film.body_points import LIMBS, index
from diffphy.film.terms.moment import Moment

_POINTS = np.array([[index(name) for name in limb] for limb in LIMBS])
_OUTWARDS = np.array([1.0, -1.0, 1.0, -1.0])  # the right side is seen as the mirror image of a left one


def limbs(moment: Moment) -> tuple[Float[Array, "4 6"], Float[Array, "4"]]:
    """Return the differences of each limb's directions from the mean of the part of the prior that fits best."""
    difference = directions(moment.now) - moment.phase.limb_mean
    return jnp.einsum("lij,lj->li", moment.phase.limb_root, difference), jnp.ones(len(LIMBS))


def directions(points: Float[Array, "P 3"]) -> Float[Array, "4 6"]:
    """Return the directions of both bones of each limb in the trunk's frame: outwards, backwards, up the trunk."""
    left, right = (
        jnp.stack([points[index(f"{side}_{joint}")] for joint in ("shoulder", "hip")]) for side in ("left", "right")
    )
    outward = _unit(left - right)  # of shoulders and of hips
    trunk = ((left + right)[0] - (left + right)[1])[None]
    up = _unit(trunk - jnp.sum(trunk * outward, axis=1, keepdims=True) * outward)
    axes = jnp.stack([outward, jnp.cross(up, outward), up], axis=1)  # (2, 3, 3)
    axes = jnp.repeat(axes, 2, axis=0) * jnp.stack([_OUTWARDS, np.ones(4), np.ones(4)], axis=1)[..., None]
    ends = points[_POINTS]
    bones = _unit(jnp.diff(ends, axis=1))  # (4, 2, 3)
    return jnp.einsum("lij,lbj->lbi", axes, bones).reshape(4, 6)


def _unit(vectors: Float[Array, "*n 3"]) -> Float[Array, "*n 3"]:
    return vectors / jnp.sqrt(jnp.sum(vectors**2, axis=-1, keepdims=True) + 1e-9)
