"""What the body does in each frame, judged from a motion: which soles stand, and which poses its limbs are near."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from scipy.ndimage import minimum_filter1d
from scipy.special import expit, softmax

from diffphy.film.body_points import SOLE_HEIGHT, SOLES
from diffphy.film.compiled import compiled_quickly
from diffphy.film.evidence import View
from diffphy.film.parameters import FilmFacts
from diffphy.film.terms.keypoints import NEAREST
from diffphy.film.terms.lifted import HIPS
from diffphy.film.terms.limbs import directions
from diffphy.film.terms.moment import Phase

STILL, STILL_WIDTH = 0.45, 0.1  # m/s: a faster sole does not stand
NEAR, NEAR_WIDTH = 0.05, 0.012  # m: a higher sole does not stand
NEAR_AT_FIRST = 0.10  # m: as long as the ground is not known well
STANDING_S = 1.0  # a person who has stood on both feet for so long loads them evenly


class Poses(NamedTuple):
    """A mixture of K normal distributions of a limb's directions, as `terms.limbs.directions` has them.

    Attributes:
        weight: Share of each part.
        mean: Mean of each part.
        precision: Inverse covariance of each part.
    """

    weight: Float[np.ndarray, "K"]
    mean: Float[np.ndarray, "K 6"]
    precision: Float[np.ndarray, "K 6 6"]


def find_phase(
    points: Float[np.ndarray, "T P 3"],
    film: FilmFacts,
    views: Sequence[View],
    rate: float,
    poses: Sequence[Poses],
    *,
    ground_known: bool,
) -> Phase:
    """Return what the body does in each of T frames.

    Args:
        points: The points, m.
        film: What holds for the whole film.
        views: What each camera saw.
        rate: Frames a second.
        poses: How people hold arms and legs: a mixture for each limb of `LIMBS`; none: nothing is known.
        ground_known: Whether the ground is known well.
    """
    frames = len(points)
    soles = points[:, SOLES]
    height = soles @ np.asarray(film.up) + float(film.height) - SOLE_HEIGHT
    between = np.linalg.norm(np.diff(soles, axis=0), axis=-1) * rate
    speed = np.linalg.norm(np.gradient(soles, axis=0), axis=-1) * rate
    near = expit(((NEAR if ground_known else NEAR_AT_FIRST) - height) / NEAR_WIDTH)
    stands = near * expit((STILL - speed) / STILL_WIDTH)
    rests = np.minimum(near[1:], near[:-1]) * expit((STILL - between) / STILL_WIDTH)
    feet = stands.reshape(frames, 2, 2).max(axis=1)
    long = max(3, round(STANDING_S * rate))
    even = minimum_filter1d(feet.min(axis=1), long, mode="nearest") if frames >= long else np.zeros(frames)
    root, mean = _nearest_poses(points, poses)
    hips = np.einsum("p,tpc->tc", HIPS, points)
    depths = [np.einsum("ti,ti->t", view.rotation[:, 2], hips) + view.translation[:, 2] for view in views]
    inside = np.ones(frames)
    inside[[0, -1]] = 0.0
    return Phase(
        inside=inside,
        depth=np.maximum(np.stack(depths, axis=1), NEAREST),
        goes_on=(np.arange(frames) < frames - 1).astype(float),
        stands=stands,
        rests=np.concatenate([rests, rests[-1:]]),
        even=even * (even > 0.5),
        limb_root=root,
        limb_mean=mean,
    )


_directions = compiled_quickly(jax.vmap(directions))


def _nearest_poses(
    points: Float[np.ndarray, "T P 3"], poses: Sequence[Poses]
) -> tuple[Float[np.ndarray, "T 4 6 6"], Float[np.ndarray, "T 4 6"]]:
    """Return square root of the precision, and mean, of the mixture about each pose, by limb.

    The logarithm of a mixture is bounded from below by the mean of its parts' logarithms, weighted by how likely each
    part made the pose: one normal distribution (as in the algorithm of expectation and maximisation).
    """
    found = np.asarray(_directions(jnp.asarray(points, jnp.float32)), float)
    roots, means = np.zeros((*found.shape, 6)), np.zeros(found.shape)
    for limb, (weight, mean, precision) in enumerate(poses):
        away = found[:, limb, None] - mean
        squared = np.einsum("tki,kij,tkj->tk", away, precision, away)
        likely = softmax(np.log(weight) + np.linalg.slogdet(precision)[1] / 2 - squared / 2, axis=1)
        whole = np.einsum("tk,kij->tij", likely, precision)
        means[:, limb] = np.linalg.solve(whole, np.einsum("tk,kij,kj->ti", likely, precision, mean)[..., None])[..., 0]
        roots[:, limb] = np.swapaxes(np.linalg.cholesky(whole), 1, 2)
    lengths = np.linalg.norm(means.reshape(*means.shape[:2], 2, 3), axis=-1, keepdims=True)
    means = (means.reshape(*means.shape[:2], 2, 3) / np.maximum(lengths, 0.3)).reshape(means.shape)
    return roots, means
