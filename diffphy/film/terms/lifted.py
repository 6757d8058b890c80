"""Differences of the points from the motion that was lifted to space: by a detector, or from keypoints alone."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from diffphy.film.body_points import POINTS
from diffphy.film.terms.moment import Moment

_FARTHER = {"hip": 0.6, "shoulder": 0.8, "wrist": 1.5}
DOUBT = np.array([_FARTHER.get(name.rpartition("_")[2], 1.0) for name in POINTS])
"""Standard deviation of a point in a detector's guess over that of a knee: far from the trunk it guesses worse."""
HIPS = np.array([0.5 if name.endswith("hip") else 0.0 for name in POINTS])
RELEASED = 0.25  # m: a guess that is farther away is more likely wrong


def lifted(moment: Moment) -> tuple[Float[Array, "N 3"], Float[Array, "N"]]:
    """Return the differences relative to the middle of the hips, along the camera's axes.

    The detector's body may have another size, and may lean all the film long: both are found too.
    """
    rows, weights = [], []
    for number, view in enumerate(moment.views):
        wanted = (view.lifted_places - HIPS[None]) @ moment.now @ view.rotation.T
        guess = jnp.asarray(view.lifted) * jnp.exp(moment.film.scale[number])
        lean = moment.film.lean[number]
        guess = guess.at[:, 2].add(lean[0] * guess[:, 1] - lean[1] * guess[:, 0])
        axes = jnp.stack([1.0 / view.aside, 1.0 / view.aside, 1.0 / view.along])
        doubt = jnp.maximum(jnp.abs(view.lifted_places) @ DOUBT, 0.1)  # a place that is nowhere has none
        rows.append((wanted - guess) * axes[None] / doubt[:, None])
        weights.append(view.lifted_confidence)
    return jnp.concatenate(rows), jnp.concatenate(weights)


def root(moment: Moment) -> tuple[Float[Array, "V 3"], Float[Array, "V"]]:
    """Return the differences of the middle of the hips from where a lifted motion has it, along the camera's axes."""
    rows = []
    for view in moment.views:
        place = view.rotation @ (HIPS @ moment.now) + view.translation
        axes = jnp.stack([1.0 / view.root_aside, 1.0 / view.root_aside, 1.0 / view.root_along])
        rows.append((place - view.root) * axes)
    return jnp.stack(rows), jnp.ones(len(rows))
