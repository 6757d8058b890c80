"""What tells whether the fit of a film can be trusted: measures of the fit beside what the camera saw."""

import numpy as np
from jaxtyping import Bool, Float, Int

from data.film.vertical_edges import MeasuredVertical
from data.keypoints.clip import SEEN
from diffphy.film.body_points import LIMBS, SOLES, index, mass_shares
from diffphy.film.evidence import ADULTS, Prior, View
from diffphy.film.fit import FittedFilm
from diffphy.film.parameters import across
from diffphy.film.terms import FRAMES_A_SECOND
from diffphy.film.terms.keypoints import NEAREST
from diffphy.physics.dynamics import GRAVITY
from pipelines.inputs.film_fit import FittedPerson
from pipelines.inputs.seen_by_camera import SeenPerson

FALLS = 0.5  # share of the weight: a body that less bears falls
LOW, UPRIGHT = 0.25, 0.4  # of the stature: lower hips may rest; a lower centre of mass is that of no standing person


def misses_mm(fitted: FittedPerson, camera: int) -> Float[np.ndarray, " N"]:
    """Return how far the fitted places are from the N keypoints of a camera, mm at the depth of the hips."""
    view, fit = fitted.views[camera], fitted.fit
    place = np.einsum("kp,tpc->tkc", view.places, fit.points)
    place = np.einsum("tij,tkj->tki", view.rotation, place) + view.translation[:, None]
    away = place[..., :2] / np.maximum(place[..., 2:], NEAREST) - view.ray * np.exp(-float(fit.film.zoom[camera]))
    miss = fit.phase.depth[:, [camera]] * np.linalg.norm(away, axis=-1)
    return 1000 * miss[np.asarray(view.confidence) > SEEN]


def keypoint_noise(fitted: FittedPerson) -> float:
    """Return how noisy the keypoints are said to be, over the usual noise; at least 1: other errors do not shrink."""
    return max(1.0, max(each.pixel for each in fitted.seen) / SeenPerson.pixel)


def is_measured_in_space(fitted: FittedPerson) -> bool:
    """Return whether the motion in space tells three axes, as one that was not guessed from the keypoints does."""
    return all(np.isfinite(each.aside) for each in fitted.seen)


def held_by_nothing(fitted: FittedPerson) -> Bool[np.ndarray, " S"]:
    """Return the frames in which no sole stands, the hips are not near the ground, and the body does not fall."""
    fit, height = fitted.fit, _heights(fitted)
    hips = height[:, [index("left_hip"), index("right_hip")]].mean(axis=1)
    upward = np.gradient(np.gradient(height @ mass_shares())) * fitted.seen[0].keypoints.fps ** 2
    borne = 1.0 - upward / GRAVITY[2]
    return (fit.phase.stands.max(axis=1) < 0.3) & (hips > LOW * float(fit.film.stature)) & (borne > FALLS)


def strangeness(fitted: FittedPerson) -> float:
    """Return how far the body is from the first guess of its poses, over its sd: the root mean square of all places."""
    rate = fitted.seen[0].keypoints.fps
    counted = sum(float(np.sum(np.asarray(view.lifted_confidence) ** 2)) for view in fitted.views)
    independent = min(FRAMES_A_SECOND / rate, 1.0)
    return float(np.sqrt(2 * fitted.fit.costs["lifted"] / max(counted * independent, 1e-9)))


def joints_seen(fitted: FittedPerson) -> Int[np.ndarray, " S"]:
    """Return how many joints of arms and legs are seen in each frame, by any camera."""
    joints = [index(name) for limb in LIMBS for name in limb]
    seen = [
        (np.asarray(view.confidence) > SEEN).astype(float) @ (np.asarray(view.places)[:, joints] == 1.0)
        for view in fitted.views
    ]
    return (np.sum(seen, axis=0) > 0).sum(axis=1)


def feet_confidence(fitted: FittedPerson) -> Float[np.ndarray, " S"]:
    """Return the confidence of the foot that is seen best in each frame, by any camera: its sole, or else its ankle."""
    return np.max([_feet_in_view(view) for view in fitted.views], axis=0)


def _feet_in_view(view: View) -> Float[np.ndarray, " S"]:
    soles = np.abs(view.places[:, list(SOLES)]).sum(axis=1) > 0
    ankles = np.abs(view.places[:, [index("left_ankle"), index("right_ankle")]]).sum(axis=1) > 0
    shown = soles if soles.any() else ankles
    return np.asarray(view.confidence)[:, shown].max(axis=1, initial=0.0)


def distance_sd(fitted: FittedPerson) -> float:
    """Return the standard deviation of the distance from the first camera, over the distance.

    The fit's axes are those of a single camera. Several cameras measure the place: then any axis may be the worst.
    """
    fit = fitted.fit
    sd = float(fit.root_sd.max() if fitted.placed else fit.root_sd[2])
    return sd / float(fit.phase.depth[:, 0].mean())


def away_from_adults(fitted: FittedPerson) -> float:
    """Return how far the height that cameras measured is from that of adults, m. 0 if they did not."""
    return abs(fitted.height_m - float(ADULTS.mean)) if fitted.height_is == "measured" else 0.0


def body_axis_from_up(fitted: FittedPerson) -> float:
    """Return the angle between the vertical and the mean direction from the feet to the shoulders, rad."""
    points, up = fitted.fit.points, np.asarray(fitted.fit.film.up, float)
    high, low = (points[:, [index(f"{side}_{joint}") for side in ("left", "right")]] for joint in ("shoulder", "ankle"))
    axis = (high - low).mean(axis=(0, 1))
    return float(np.arccos(np.clip(axis @ up / np.linalg.norm(axis), -1.0, 1.0)))


def mean_lean(fitted: FittedPerson) -> float | None:
    """Return the angle between the vertical and the mean direction from standing soles to the centre of mass, rad.

    The ground pushes within the soles. So people lean to all sides in turn, and on average little. None where nobody
    stands.
    """
    fit = fitted.fit
    center = np.einsum("p,tpc->tc", mass_shares(), fit.points)
    height = _heights(fitted) @ mass_shares()
    stands = fit.phase.stands
    sole = np.einsum("ts,tsc->tc", stands / np.maximum(stands.sum(axis=1, keepdims=True), 1e-6), fit.points[:, SOLES])
    counts = (stands.max(axis=1) > 0.5) & (height > UPRIGHT * float(fit.film.stature))
    if not counts.any():
        return None
    aside = (center - sole)[counts] @ np.asarray(across(fit.film.up), float).T / height[counts, None]
    return float(np.arctan(np.linalg.norm(aside.mean(axis=0))))


def disagreement(
    fit: FittedFilm, edges: MeasuredVertical, bodies: Prior
) -> tuple[Float[np.ndarray, "2"], Float[np.ndarray, "2"]]:
    """Return how far up is by the person alone from where edges have it, along two axes, and the sd of this, rad.

    The edges are far surer than the person, so the fit follows them also where they are wrong. Only a person who was
    fitted without them can tell.
    """
    up = np.asarray(fit.film.up, float)
    seen_up = edges.through_lens(float(np.exp(fit.film.zoom[0])))
    by_edges = np.asarray(across(up), float) @ (seen_up - up)
    return np.abs(bodies.mean - by_edges), np.hypot(bodies.sd, edges.sd)


def _heights(fitted: FittedPerson) -> Float[np.ndarray, "S P"]:
    """Return the heights of the points above the ground, m."""
    film = fitted.fit.film
    return fitted.fit.points @ np.asarray(film.up, float) + float(film.height)
