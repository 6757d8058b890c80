"""Where the fit of a film begins: the detector's body, moved to where its points lie on their rays."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from diffphy.film.body_points import BONES, POINTS, SOLE_HEIGHT, SOLES, index
from diffphy.film.compiled import compiled_quickly
from diffphy.film.evidence import Known, View
from diffphy.film.parameters import FilmFacts
from diffphy.film.terms.feet import feet_at_rest
from diffphy.film.terms.keypoints import NEAREST
from diffphy.film.terms.lifted import HIPS

_TELLING = ("thigh", "shank", "upper_arm", "forearm")  # bones whose lengths tell the scale of a detector's body
_feet_at_rest = compiled_quickly(jax.vmap(feet_at_rest, (0, 0, None)))


def guess(
    views: tuple[View, ...], known: Known
) -> tuple[Float[np.ndarray, "T P 3"], FilmFacts, Float[np.ndarray, "V"]]:
    """Return points, m, the film's parameters, and the logarithm of the size of a person of 1 m over each detector's.

    The view that sees the most gives the points.
    """
    stature = float(known.stature.mean)
    scales = np.array([_scale(view) for view in views])
    best = int(np.argmax([view.confidence.sum() for view in views]))
    points = _place(views[best], stature * np.exp(scales[best]), known)
    up = np.mean([prior.mean for prior in known.up], axis=0)
    up = up / np.linalg.norm(up)
    # Also where the height is known: the soles must be near the ground at first, or they would never stand on it. The
    # first steps then turn gravity, or move the person, until the height is right.
    height = SOLE_HEIGHT - float(np.median((points[:, SOLES] @ up).min(axis=1)))
    film = FilmFacts(
        up=up,
        height=height,
        stature=stature,
        proportion=np.zeros(len(BONES)),
        zoom=np.zeros(len(views)),
        lean=np.zeros((len(views), 2)),
        scale=scales + np.log(stature),
    )
    # All steps have the same types, so that each program is compiled once.
    return points, jax.tree.map(lambda each: jnp.asarray(each, jnp.float32), film), scales


def _scale(view: View) -> float:
    """Return the logarithm of the size of a person of 1 m over the detector's body, from the lengths of its limbs."""
    column = _columns(view)
    ratios = []
    for name in _TELLING:
        bone = BONES[name]
        lengths = [
            np.nanmean(np.linalg.norm(view.lifted[:, column[a]] - view.lifted[:, column[b]], axis=-1))
            for a, b in bone.pairs
            if a in column and b in column
        ]
        ratios += [bone.share / np.mean(lengths)] if lengths else []
    return float(np.log(np.mean(ratios)))


def _columns(view: View) -> dict[str, int]:
    """Return the column of each point that the detector guesses itself."""
    alone = np.asarray(view.lifted_places) == 1.0
    return {POINTS[int(row.argmax())]: column for column, row in enumerate(alone) if row.any()}


def _place(view: View, scale: float, known: Known) -> Float[np.ndarray, "T P 3"]:
    """Return the points in their own axes, m, so that they lie near their rays."""
    up = np.asarray(known.up[0].mean)
    in_camera = scale * _complete(view, np.einsum("tij,j->ti", view.rotation, up), float(known.stature.mean / scale))
    seen = np.einsum("kp,tpc->tkc", view.places, in_camera)
    root = np.zeros((len(seen), 3))
    for frame, (place, ray, confidence) in enumerate(zip(seen, view.ray, view.confidence, strict=True)):
        # place + root on the ray: two equations a place, linear in the root.
        rows = np.zeros((2, len(ray), 3))
        rows[0, :, 0] = rows[1, :, 1] = 1.0
        rows[..., 2] = -ray.T
        wanted = ray.T * place[:, 2] - place[:, :2].T
        weight = np.sqrt(np.tile(confidence + 1e-3, 2))[:, None]
        root[frame] = np.linalg.lstsq(weight * rows.reshape(-1, 3), weight[:, 0] * wanted.ravel(), rcond=None)[0]
    root[:, 2] = np.maximum(root[:, 2], NEAREST)
    there = in_camera + root[:, None] - view.translation[:, None]
    return np.einsum("tji,tpj->tpi", view.rotation, there)


def _complete(view: View, up: Float[np.ndarray, "T 3"], stature: float) -> Float[np.ndarray, "T P 3"]:
    """Return the detector's points about the middle of the hips, m, in the size of its body.

    Points that it does not guess are put where a person who stands upright has them.
    """
    places = np.asarray(view.lifted_places)
    guessed = np.abs(places).sum(axis=0) > 0
    alone = _columns(view)
    for sole in SOLES:  # a place between heel and toe does not tell where both are
        guessed[sole] = POINTS[sole] in alone
    points = np.zeros((len(view.lifted), len(POINTS), 3))
    lifted = np.nan_to_num(view.lifted)
    usable = np.abs(places[:, ~guessed]).sum(axis=1) == 0
    points[:, guessed] = np.einsum("pr,trc->tpc", np.linalg.pinv(places[usable][:, guessed]), lifted[:, usable])
    points -= np.einsum("p,tpc->tc", HIPS, points)[:, None]
    shoulders = (points[:, index("left_shoulder")] + points[:, index("right_shoulder")]) / 2
    for name in ("ears", "nose"):
        if not guessed[index(name)]:
            points[:, index(name)] = shoulders + 0.1 * stature * up
    if not guessed[list(SOLES)].all():
        points[:, list(SOLES)] = _feet_at_rest(jnp.asarray(points), jnp.asarray(up), stature)
    return points
