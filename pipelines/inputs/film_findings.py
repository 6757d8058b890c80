"""What makes the fit of a film doubtful: each measurement with its limit."""

import numpy as np
from jaxtyping import Float

from data.finding import Finding, grade
from diffphy.film.body_points import BONES, SOLES, index
from diffphy.film.evidence import View
from pipelines.inputs.film_fit import FittedPerson

# Limits: doubtful above the first, bad above the second. Our choice, by films with markers and plates.
GRAVITY_DEG = (3.0, 8.0)  # sd of the direction against gravity
DISAGREEMENT = (3.0, 6.0)  # angle between edges and bodies, over the sd of the edges
LENS = (2.5, 5.0)  # how far the focal length is from the given one, over its sd
MISS_MM = (25.0, 60.0)  # median distance of the body from its keypoints
# One camera's errors hide in the depth, several cameras' do not: 5 pixels at 5 m are 25 mm, and leave 15 mm in space.
MISS_OF_SEVERAL_MM = (35.0, 60.0)
BONE_CHANGE = (1.4, 3.7)  # root mean square of the bones' changes of length, over what bones give
UNSEEN_FEET_PCT = (50.0, 110.0)  # of the frames
IN_THE_AIR_PCT = (50.0, 110.0)  # of the frames in which no sole stands
_PAIRS = sum(len(bone.pairs) for bone in BONES.values())
_POSE = "give --camera-pitch and --camera-roll, or the camera's pose (--camera with --camera-up)"
_TOGETHER = "make sure that it begins with the others, shows the same person, and is by its camera"
_PART = "choose a part in which one person is seen well (--start, --end, --crop), and look at the overlay"


def find_doubts(fitted: FittedPerson) -> tuple[Finding, ...]:
    """Return what was measured of a film's fit, and whether it can be trusted."""
    fit, name, seen = fitted.fit, fitted.name, fitted.seen[0]
    gravity = float(np.degrees(fit.up_sd.max()))
    misses = [_median_miss(fitted, camera) for camera in range(len(fitted.seen))]
    miss, worst = max(misses), fitted.seen[int(np.argmax(misses))].keypoints.name
    unseen = float((_feet_confidence(fitted) < 0.3).mean())
    air = float((fit.phase.stands.max(axis=1) < 0.3).mean())
    bones = float(np.sqrt(2 * fit.costs["bones"] / len(fit.points) / _PAIRS))
    spreads = np.array([each.camera.focal_sd for each in fitted.seen])
    lens = float((np.abs(np.asarray(fit.film.zoom)) / spreads).max())
    findings = [
        grade(
            "gravity", gravity, GRAVITY_DEG, "degrees (sd)",
            f"which way is down in {name} is known to {gravity:.0f} degrees only, and forces follow it: {_POSE}",
        ),
        grade(
            "keypoints", 1000 * miss, MISS_MM if len(misses) == 1 else MISS_OF_SEVERAL_MM, "mm",
            f"half of the keypoints of {worst} are {1000 * miss:.0f} mm or more away from the body that fits best: "
            f"{_PART if len(misses) == 1 else _TOGETHER}",
        ),
        grade("bones", bones, BONE_CHANGE, "times the usual", f"no body of constant bones fits {name}: {_PART}"),
        grade(
            "lens", lens, LENS, "sd",
            f"the person in {name} fits another lens than the given one: correct --fov, --camera or --height",
        ),
        grade(
            "feet", 100 * unseen, UNSEEN_FEET_PCT, "% of the frames unseen",
            f"the feet are not seen in {100 * unseen:.0f} % of the frames of {name}, so the ground is guessed: {_PART}",
        ),
        grade(
            "stand", 100 * air, IN_THE_AIR_PCT, "% of the frames in the air",
            f"no foot stands in {100 * air:.0f} % of the frames of {name}: give what the person stands on, if it is "
            "not the floor, as scene.boxes with --config",
        ),
    ]  # fmt: skip
    if seen.vertical is not None:
        apart = float(np.arccos(np.clip(np.asarray(fit.film.up, float) @ seen.vertical.up, -1.0, 1.0)))
        findings.append(
            grade(
                "edges",
                apart / seen.vertical.sd,
                DISAGREEMENT,
                "sd",
                f"upright edges and the person's balance in {name} disagree about gravity by "
                f"{np.degrees(apart):.0f} degrees: {_POSE}",
            )
        )
    return tuple(findings)


def _median_miss(fitted: FittedPerson, camera: int) -> float:
    """Return the median distance of the fitted places from a camera's keypoints, m at the depth of the hips."""
    view, fit = fitted.views[camera], fitted.fit
    place = np.einsum("kp,tpc->tkc", view.places, fit.points)
    place = np.einsum("tij,tkj->tki", view.rotation, place) + view.translation[:, None]
    away = place[..., :2] / np.maximum(place[..., 2:], 0.3) - view.ray * np.exp(-float(fit.film.zoom[camera]))
    miss = fit.phase.depth[:, [camera]] * np.linalg.norm(away, axis=-1)
    known = np.asarray(view.confidence) > 0.3
    return float(np.median(miss[known])) if known.any() else np.inf


def _feet_confidence(fitted: FittedPerson) -> Float[np.ndarray, " S"]:
    """Return the confidence of the foot that is seen best in each frame, by any camera: its sole, or else its ankle."""
    return np.max([_feet_in_view(view) for view in fitted.views], axis=0)


def _feet_in_view(view: View) -> Float[np.ndarray, " S"]:
    soles = np.abs(view.places[:, list(SOLES)]).sum(axis=1) > 0
    ankles = np.abs(view.places[:, [index("left_ankle"), index("right_ankle")]]).sum(axis=1) > 0
    shown = soles if soles.any() else ankles
    return np.asarray(view.confidence)[:, shown].max(axis=1, initial=0.0)
