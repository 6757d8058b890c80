"""What makes the fit of a film doubtful: each measurement with its limit."""

import numpy as np
from jaxtyping import Bool, Float, Int

from data.finding import Finding, grade
from data.trajectories import longest_span
from diffphy.film.body_points import BONES, LIMBS, SOLES, index, mass_shares
from diffphy.physics.dynamics import GRAVITY
from pipelines.inputs.film_fit import FittedPerson, SeenPerson

# Limits: doubtful above the first, bad above the second. Our choice, by films with markers and plates.
GRAVITY_DEG = (3.0, 8.0)  # sd of the direction against gravity
DISAGREEMENT = (3.0, 6.0)  # angle between edges and bodies, over the sd of the edges
LENS = (2.5, 5.0)  # how far the focal length is from the given one, over its sd
MISS_MM = (25.0, 60.0)  # median distance of the body from its keypoints
FAR_MM, FAR_PCT = 80.0, (3.0, 40.0)  # share of the keypoints that are farther from the body
STRANGE = (1.75, 4.0)  # root mean square of how far the body is from the first guess of its poses, over its sd
BONE_CHANGE = (1.4, 3.7)  # root mean square of the bones' changes of length, over what bones give
LEAST_JOINTS = 8  # of the twelve of arms and legs: in a frame that shows fewer, the body is guessed
GUESSED_S = (0.5, np.inf)  # so long at a time
BELOW_M = (0.05, 1.0)  # depth of the camera below the ground
UNSEEN_FEET_PCT = (50.0, 110.0)  # of the frames
HELD_PCT = (50.0, 110.0)  # of the frames in which nothing bears a body that does not fall
FALLS, LOW = 0.5, 0.25  # share of the weight below which a body falls; share of the stature below which hips may rest
_PAIRS = sum(len(bone.pairs) for bone in BONES.values())
_POSE = "give --camera-pitch and --camera-roll, or the camera's pose (--camera with --camera-up)"
_PART = "choose a part in which one person is seen well (--start, --end, --crop), and look at the overlay"


def find_doubts(seen: SeenPerson, fitted: FittedPerson) -> tuple[Finding, ...]:
    """Return what was measured of a film's fit, and whether it can be trusted.

    Args:
        seen: What the camera saw.
        fitted: The fit.
    """
    fit, name = fitted.fit, fitted.keypoints.name
    gravity = float(np.degrees(fit.up_sd.max()))
    miss = _misses_mm(fitted)
    far = 100 * float((miss > FAR_MM).mean()) if len(miss) else 100.0
    median = float(np.median(miss)) if len(miss) else np.inf
    guessed = _joints_seen(fitted) < LEAST_JOINTS
    first, end = longest_span(guessed)
    rate = fitted.keypoints.fps
    unseen = float((_feet_confidence(fitted) < 0.3).mean())
    strange = float(np.sqrt(2 * fit.costs["rough"] / len(fit.points)))
    held = 100 * float(_held_by_nothing(fitted).mean())
    bones = float(np.sqrt(2 * fit.costs["bones"] / len(fit.points) / _PAIRS))
    below = max(0.0, -float(fitted.camera.center[..., 2].min()))
    lens = float(np.abs(np.asarray(fit.film.zoom)).max()) / fitted.camera.focal_sd
    findings = [
        grade(
            "gravity", gravity, GRAVITY_DEG, "degrees (sd)",
            f"which way is down in {name} is known to {gravity:.0f} degrees only, and forces follow it: {_POSE}",
        ),
        grade(
            "keypoints", median, MISS_MM, "mm",
            f"half of the keypoints of {name} are {median:.0f} mm or more away from the body that fits best: {_PART}",
        ),
        grade(
            "far keypoints", far, FAR_PCT, "% of the keypoints",
            f"{far:.0f} % of the keypoints of {name} are {FAR_MM:g} mm or more away from the body that fits best, as "
            f"where limbs, sides or persons are taken for one another: {_PART}",
        ),
        grade(
            "joints", (end - first) / rate, GUESSED_S, "s with few joints",
            f"{name} shows fewer than {LEAST_JOINTS} of twelve joints for {(end - first) / rate:.1f} s, "
            f"{first / rate:.1f} s after the start of the motion, which is guessed there: {_PART}",
        ),
        grade(
            "pose", strange, STRANGE, "times the usual",
            f"no pose of people looks like the keypoints of {name} from this camera: correct how it is held "
            "(--camera-pitch, --camera-roll, --camera-up), or the names of the keypoints",
        ),
        grade("bones", bones, BONE_CHANGE, "times the usual", f"no body of constant bones fits {name}: {_PART}"),
        grade(
            "lens", lens, LENS, "sd",
            f"the person in {name} fits another lens than the given one: correct --fov, --camera or --height",
        ),
        grade(
            "camera", below, BELOW_M, "m below the ground",
            f"the camera of {name} would be {below:.1f} m below the ground: correct --fov or --camera, or give "
            "--camera-height",
        ),
        grade(
            "feet", 100 * unseen, UNSEEN_FEET_PCT, "% of the frames unseen",
            f"the feet are not seen in {100 * unseen:.0f} % of the frames of {name}, so the ground is guessed: {_PART}",
        ),
        grade(
            "stand", held, HELD_PCT, "% of the frames",
            f"nothing bears the person in {held:.0f} % of the frames of {name}, as where the camera moves or somebody "
            "stands on more than the floor: give the camera's poses with --camera, or scene.boxes with --config",
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


def _misses_mm(fitted: FittedPerson) -> Float[np.ndarray, " N"]:
    """Return how far the fitted places are from the N keypoints that were found, mm at the depth of the hips."""
    view, fit = fitted.view, fitted.fit
    place = np.einsum("kp,tpc->tkc", view.places, fit.points)
    place = np.einsum("tij,tkj->tki", view.rotation, place) + view.translation[:, None]
    away = place[..., :2] / np.maximum(place[..., 2:], 0.3) - view.ray * np.exp(-float(fit.film.zoom[0]))
    miss = fit.phase.depth[:, :1] * np.linalg.norm(away, axis=-1)
    return 1000 * miss[np.asarray(view.confidence) > 0.3]


def _held_by_nothing(fitted: FittedPerson) -> Bool[np.ndarray, " S"]:
    """Return the frames in which no sole stands, the hips are not near the ground, and the body does not fall."""
    fit = fitted.fit
    height = fit.points @ np.asarray(fit.film.up, float) + float(fit.film.height)
    hips = height[:, [index("left_hip"), index("right_hip")]].mean(axis=1)
    upward = np.gradient(np.gradient(height @ mass_shares())) * fitted.keypoints.fps**2
    borne = 1.0 - upward / GRAVITY[2]
    return (fit.phase.stands.max(axis=1) < 0.3) & (hips > LOW * float(fit.film.stature)) & (borne > FALLS)


def _joints_seen(fitted: FittedPerson) -> Int[np.ndarray, " S"]:
    """Return how many joints of arms and legs are seen in each frame."""
    view = fitted.view
    joints = [index(name) for limb in LIMBS for name in limb]
    seen = (np.asarray(view.confidence) > 0.3).astype(float) @ (np.asarray(view.places)[:, joints] == 1.0)
    return (seen > 0).sum(axis=1)


def _feet_confidence(fitted: FittedPerson) -> Float[np.ndarray, " S"]:
    """Return the confidence of the foot that is seen best in each frame: its sole, or else its ankle."""
    view = fitted.view
    soles = np.abs(view.places[:, list(SOLES)]).sum(axis=1) > 0
    ankles = np.abs(view.places[:, [index("left_ankle"), index("right_ankle")]]).sum(axis=1) > 0
    shown = soles if soles.any() else ankles
    return np.asarray(view.confidence)[:, shown].max(axis=1, initial=0.0)
