"""Changes of the distances between points that a bone joins."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from diffphy.film.body_points import BONES, index
from diffphy.film.terms.moment import Moment

_PAIRS = [(number, index(a), index(b)) for number, bone in enumerate(BONES.values()) for a, b in bone.pairs]
_BONE, _START, _END = (np.array(column) for column in zip(*_PAIRS, strict=True))
_GIVE = np.array([bone.give for bone in BONES.values()])[_BONE]


def bones(moment: Moment) -> tuple[Float[Array, "N 1"], Float[Array, "N"]]:
    """Return how much longer each bone is than it is in all of the film."""
    length = jnp.sqrt(jnp.sum((moment.now[_START] - moment.now[_END]) ** 2, axis=1) + 1e-12)
    change = (length - moment.film.lengths()[_BONE]) / (moment.spread.give * _GIVE)
    return change[:, None], jnp.ones_like(change)
