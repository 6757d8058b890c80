"""All residuals of a film and their derivatives, frame by frame."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from diffphy.film.compiled import compiled_quickly
from diffphy.film.evidence import Scalar, Spread, View
from diffphy.film.parameters import FilmFacts
from diffphy.film.terms import AT_A_FRAME, OVER_FRAMES, Term
from diffphy.film.terms.moment import Moment, Phase

CHUNK, MOST_PLACES = 32, 24
"""Frames that are computed together, and places that a view has; places of confidence 0 fill it up. So films of any
length, and any set of keypoints, use one compiled program."""


class Linearised(NamedTuple):
    """Residuals of T frames about a motion, with their derivatives. Weights and robust losses are in them.

    Attributes:
        at: Residuals of the terms of a frame alone.
        at_points: Their derivatives with respect to the points of the frame.
        at_film: Their derivatives with respect to the film's parameters.
        over: Residuals of the terms of a frame and its neighbours.
        over_points: Their derivatives with respect to the points of the frame before, the frame, and the one after.
        over_film: Their derivatives with respect to the film's parameters.
    """

    at: Float[np.ndarray, "T M"]
    at_points: Float[np.ndarray, "T M D"]
    at_film: Float[np.ndarray, "T M N"]
    over: Float[np.ndarray, "T K"]
    over_points: Float[np.ndarray, "T K E"]
    over_film: Float[np.ndarray, "T K N"]


class Frames(NamedTuple):
    """What is known of T frames, or of one.

    Attributes:
        views: What each camera saw.
        phase: What the body does.
    """

    views: tuple[View, ...]
    phase: Phase


def linearise(
    points: Float[np.ndarray, "T P 3"], film: FilmFacts, frames: Frames, spread: Spread, rate: float
) -> Linearised:
    """Return the residuals about a motion and their derivatives, float64."""
    parts = [_linearise(*chunk, film, spread, rate) for chunk in _chunks(points, frames)]
    joined = (np.concatenate([np.asarray(part[number]) for part in parts]) for number in range(6))
    return Linearised(*(each[: len(points)].astype(float) for each in joined))


def costs(
    points: Float[np.ndarray, "T P 3"], film: FilmFacts, frames: Frames, spread: Spread, rate: float
) -> dict[str, float]:
    """Return half the sum of the squared residuals of each term, with its robust loss."""
    parts = [_costs(*chunk, film, spread, rate) for chunk in _chunks(points, frames)]
    joined = {name: np.concatenate([np.asarray(part[name]) for part in parts]) for name in parts[0]}
    return {name: float(np.sum(each[: len(points)].astype(float))) for name, each in joined.items()}


def _chunks(points: Float[np.ndarray, "T P 3"], frames: Frames) -> Iterator[tuple[Float[Array, "C 3 P 3"], Frames]]:
    """Yield points of three frames each, and what is known of the middle ones, `CHUNK` at a time.

    The last chunk is filled up with repetitions of the last frame, whose residuals are thrown away.
    """
    here = np.arange(-(-len(points) // CHUNK) * CHUNK).clip(max=len(points) - 1)
    around = np.stack([(here - 1).clip(min=0), here, (here + 1).clip(max=len(points) - 1)], axis=1)
    for start in range(0, len(here), CHUNK):
        chunk = slice(start, start + CHUNK)
        known = Frames(tuple(_take(view, here[chunk]) for view in frames.views), _of_frames(frames.phase, here[chunk]))
        yield jnp.asarray(points[around[chunk]], jnp.float32), known


_OF_PLACES = ("ray", "confidence", "places", "lifted", "lifted_confidence", "lifted_places")
_OF_ALL_FRAMES = (
    "places",
    "lifted_places",
    "along",
    "aside",
    "root_along",
    "root_aside",
)  # fields of a view without the axis of frames


def _take(view: View, frames: np.ndarray) -> View:
    """Return what a camera saw in some frames. What holds for all of them is repeated, so that they can be mapped."""
    fields = {}
    for name, value in vars(view).items():
        array = np.asarray(value)
        array = np.repeat(array[None], len(frames), axis=0) if name in _OF_ALL_FRAMES else array[frames]
        if name in _OF_PLACES:
            missing = MOST_PLACES - array.shape[1]
            array = np.pad(array, [(0, missing if axis == 1 else 0) for axis in range(array.ndim)])
        fields[name] = jnp.asarray(array, jnp.float32)
    return View(**fields)


def _of_frames(phase: Phase, frames: np.ndarray) -> Phase:
    return jax.tree.map(lambda each: jnp.asarray(each[frames], jnp.float32), phase)


def _moment(around: Float[Array, "3 P 3"], film: FilmFacts, frame: Frames, spread: Spread, rate: Scalar) -> Moment:
    before, now, after = around
    return Moment(before, now, after, film, frame.views, frame.phase, spread, rate)


def _residuals(term: Term, moment: Moment) -> Float[Array, "M"]:
    """Return weighted residuals. A robust loss is in the weights, as in iteratively reweighted least squares."""
    residual, weight, squared = _weighted(term, moment)
    if term.bound is not None:
        weight = weight / (1.0 + squared / term.bound(moment) ** 2)
    return (jax.lax.stop_gradient(weight)[:, None] * residual).ravel()


def _weighted(term: Term, moment: Moment) -> tuple[Float[Array, "N D"], Float[Array, "N"], Float[Array, "N"]]:
    """Return residuals, their weights without robust losses, and their squares."""
    residual, weight = term.residuals(moment)
    if term.a_second is not None:
        weight = weight * jnp.sqrt(jnp.minimum(term.a_second(moment) / moment.rate, 1.0))
    return residual, weight, jnp.sum(residual**2, axis=1)


@compiled_quickly
def _linearise(around: Float[Array, "C 3 P 3"], frames: Frames, film: FilmFacts, spread: Spread, rate: Scalar):
    still = jnp.zeros(film.size)

    def of_frame(around: Float[Array, "3 P 3"], frame: Frames):
        def linearise_terms(terms: Mapping[str, Term], place: Callable[[Array], Array], x: Float[Array, "D"]):
            """Return residuals of some terms, and their derivatives with respect to x and to the film."""
            parts = []
            for term in terms.values():

                def residual(x: Float[Array, "D"], change: Float[Array, "N"], term: Term = term) -> Float[Array, "M"]:
                    return _residuals(term, _moment(place(x), film.moved(change), frame, spread, rate))

                # Terms that see several cameras have more residuals than parameters, the others far fewer.
                value, push = jax.linearize(residual, x, still)
                if len(value) < x.size + still.size:
                    derivatives = jax.vmap(jax.linear_transpose(push, x, still))(jnp.eye(len(value)))
                else:
                    derivatives = jax.jacfwd(residual, (0, 1))(x, still)
                parts.append((value, *derivatives))
            return tuple(jnp.concatenate(each) for each in zip(*parts, strict=True))

        alone = linearise_terms(AT_A_FRAME, lambda x: around.at[1].set(x.reshape(-1, 3)), around[1].ravel())
        return *alone, *linearise_terms(OVER_FRAMES, lambda x: x.reshape(around.shape), around.ravel())

    return jax.vmap(of_frame)(around, frames)


@compiled_quickly
def _costs(around: Float[Array, "C 3 P 3"], frames: Frames, film: FilmFacts, spread: Spread, rate: Scalar):
    def of_frame(around: Float[Array, "3 P 3"], frame: Frames) -> dict[str, Array]:
        moment = _moment(around, film, frame, spread, rate)
        found = {}
        for name, term in (AT_A_FRAME | OVER_FRAMES).items():
            _, weight, squared = _weighted(term, moment)
            bounded = squared if term.bound is None else squared / (1.0 + squared / term.bound(moment) ** 2)
            found[name] = jnp.sum(weight**2 * bounded) / 2
        return found

    return jax.vmap(of_frame)(around, frames)
