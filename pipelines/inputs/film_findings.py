"""What makes the fit of a film doubtful: each measurement with its limit."""

from collections.abc import Iterator

import numpy as np

from data.finding import Finding, assume, grade
from data.keypoints.clip import SEEN
from data.trajectories import longest_span
from diffphy.film.body_points import BONES
from diffphy.film.evidence import ADULTS
from pipelines.inputs.camera import ASSUMED_LENS
from pipelines.inputs.film_fit import FittedPerson
from pipelines.inputs.film_measures import (
    away_from_adults,
    body_axis_from_up,
    disagreement,
    distance_sd,
    feet_confidence,
    held_by_nothing,
    is_measured_in_space,
    joints_seen,
    keypoint_noise,
    mean_lean,
    misses_mm,
    strangeness,
)
from pipelines.inputs.film_remedies import choose_part, find_gravity, tell_or_correct

# Limits: doubtful above the first, bad above the second. Our choice, by films with markers and plates. Distances from
# keypoints are for the usual noise of keypoints: who says that there is more is allowed more.
LEAST_S = 0.4  # our choice
GRAVITY_DEG = (3.0, 8.0)  # sd of the direction against gravity
DISAGREEMENT = (1.5, 3.0)  # angle between edges and bodies, over its sd (which LASTING has made honest)
LENS = (2.5, 5.0)  # how far the focal length is from the given one, over its sd
DISTANCE_PCT = (15.0, np.inf)  # sd of the distance of the person from the camera
MISS_MM = (25.0, 60.0)  # median distance of the body from its keypoints
# One camera's errors hide in the depth, several cameras' do not: 5 pixels at 5 m are 25 mm, and leave 15 mm in space.
MISS_OF_SEVERAL_MM = (35.0, 60.0)
FAR_MM, FAR_PCT = 80.0, (3.0, 40.0)  # share of the keypoints that are farther from the body
STRANGE = (0.45, 1.0)  # root mean square of how far the body is from the first guess of its poses, over its sd
# A motion in space that was not guessed from the keypoints errs along three axes. Errors as large as is said, of which
# each frame has some that the next one has too, leave 1.3 in a body that is right.
STRANGE_IN_SPACE = (1.5, 3.0)
BONE_CHANGE = (1.4, 3.7)  # root mean square of the bones' changes of length, over what bones give
LEAST_JOINTS = 8  # of the twelve of arms and legs: in a frame that shows fewer, the body is guessed
GUESSED_S = (0.5, np.inf)  # so long at a time
LEAN_DEG = (15.0, 40.0)  # mean angle of the centre of mass over the soles that stand
LYING_DEG = (60.0, np.inf)  # mean direction from the feet to the shoulders, from the vertical
UNUSUAL_HEIGHT = (0.4, 0.9)  # from that of adults, m: below 1.3 m and above 2.1 m
BELOW_M = (0.05, 1.0)  # depth of the camera below the ground
UNSEEN_FEET_PCT = (50.0, 110.0)  # of the frames
HELD_PCT = (50.0, 110.0)  # of the frames in which nothing bears a body that does not fall
_PAIRS = sum(len(bone.pairs) for bone in BONES.values())
_TOGETHER = "make sure that it begins with the others, shows the same person, and is by its camera"


def find_doubts(fitted: FittedPerson) -> tuple[Finding, ...]:
    """Return what was measured of a film's fit, and whether it can be trusted."""
    return tuple(finding for judge in _JUDGEMENTS for finding in judge(fitted))


def _judge_gravity(fitted: FittedPerson) -> Iterator[Finding]:
    gravity = float(np.degrees(fitted.fit.up_sd.max()))
    yield grade(
        "gravity", gravity, GRAVITY_DEG, "degrees (sd)",
        f"which way is down in {fitted.name} is known to {gravity:.1f} degrees only, and forces follow it: "
        f"{find_gravity(fitted)}",
    )  # fmt: skip


def _judge_length(fitted: FittedPerson) -> Iterator[Finding]:
    """Judge how long the motion is. A moment tells neither velocities nor gravity."""
    keypoints = fitted.seen[0].keypoints
    level = "good" if keypoints.duration >= LEAST_S else "doubtful"
    sentence = (
        f"{fitted.name} lasts {keypoints.duration:.2f} s only, which tells neither velocities nor gravity well: give a "
        "longer film"
    )
    value, limit = f"{keypoints.duration:.2f} s", f"at least {LEAST_S:g} s"
    yield Finding(level, "length", value, limit, "" if level == "good" else sentence)


def _judge_keypoints(fitted: FittedPerson) -> Iterator[Finding]:
    name, rate = fitted.name, fitted.seen[0].keypoints.fps
    misses = [misses_mm(fitted, camera) for camera in range(len(fitted.seen))]
    medians = [float(np.median(miss)) if len(miss) else 0.0 for miss in misses]
    median, worst = max(medians), fitted.seen[int(np.argmax(medians))].keypoints.name
    noise = keypoint_noise(fitted)
    usual = MISS_MM if len(misses) == 1 else MISS_OF_SEVERAL_MM
    yield grade(
        "keypoints", median, (noise * usual[0], noise * usual[1]), "mm",
        f"half of the keypoints of {worst} are {median:.0f} mm or more away from the body that fits best: "
        f"{choose_part(fitted) if len(misses) == 1 else _TOGETHER}",
    )  # fmt: skip
    miss = np.concatenate(misses)
    far_mm = noise * FAR_MM
    far = 100 * float((miss > far_mm).mean()) if len(miss) else 100.0
    yield grade(
        "far keypoints", far, FAR_PCT, "% of the keypoints",
        f"{far:.0f} % of the keypoints of {name} are {far_mm:.0f} mm or more away from the body that fits best, as "
        f"where limbs, sides or persons are taken for one another: {choose_part(fitted)}",
    )  # fmt: skip
    first, end = longest_span(joints_seen(fitted) < LEAST_JOINTS)
    yield grade(
        "joints", (end - first) / rate, GUESSED_S, "s with few joints",
        f"{name} shows fewer than {LEAST_JOINTS} of twelve joints for {(end - first) / rate:.1f} s, "
        f"{first / rate:.1f} s after the start of the motion, which is guessed there: {choose_part(fitted)}",
    )  # fmt: skip


def _judge_body(fitted: FittedPerson) -> Iterator[Finding]:
    fit, name = fitted.fit, fitted.name
    limits, wrong = (
        (STRANGE_IN_SPACE, f"the motion in space of {name} does not look like its keypoints from this camera")
        if is_measured_in_space(fitted)
        else (STRANGE, f"no pose of people looks like the keypoints of {name} from this camera")
    )
    sentence = f"{wrong}, or they have wrong names: {find_gravity(fitted)}"
    yield grade("pose", strangeness(fitted), limits, "sd", sentence)
    lean = mean_lean(fitted)
    if lean is not None:
        yield grade(
            "lean", np.degrees(lean), LEAN_DEG, "degrees on average",
            f"the person in {name} leans by {np.degrees(lean):.0f} degrees to one side on average, so gravity is wrong "
            f"by about as much: {find_gravity(fitted)}",
        )  # fmt: skip
    away = float(np.degrees(body_axis_from_up(fitted)))
    yield grade(
        "upright", away, LYING_DEG, "degrees",
        f"the body of the person in {name} lies, {away:.0f} degrees from the vertical on average, unless which way is "
        f"down is wrong: {find_gravity(fitted)}",
    )  # fmt: skip
    yield grade(
        "height of the person", away_from_adults(fitted), UNUSUAL_HEIGHT, "m from the usual",
        f"the person in {name} would be {fitted.height_m:.2f} m tall, which is unusual: correct "
        f"{'--camera or --camera-unit' if fitted.placed else '--camera-height'}, or give --height",
    )  # fmt: skip
    bones = float(np.sqrt(2 * fit.costs["bones"] / len(fit.points) / _PAIRS))
    yield grade(
        "bones", bones, BONE_CHANGE, "times the usual", f"no body of constant bones fits {name}: {choose_part(fitted)}"
    )


def _judge_camera(fitted: FittedPerson) -> Iterator[Finding]:
    name = fitted.name
    spreads = np.array([each.camera.focal_sd for each in fitted.seen])
    assumed = fitted.seen[0].camera.focal_sd >= ASSUMED_LENS
    yield grade(
        "lens", float((np.abs(np.asarray(fitted.fit.film.zoom)) / spreads).max()), LENS, "sd",
        f"the person in {name} fits another lens than the {'usual' if assumed else 'given'} one: "
        f"{tell_or_correct(fitted, 'lens', 'height')}",
    )  # fmt: skip
    distance = 100 * distance_sd(fitted)
    yield grade(
        "distance", distance, DISTANCE_PCT, "% (sd)",
        f"how far away the person in {name} is, is known to {distance:.0f} % only, and so is the way along the "
        f"camera's axis: {tell_or_correct(fitted, 'lens', 'height')}",
    )  # fmt: skip
    below = max(0.0, *(-float(each.camera.center[..., 2].min()) for each in fitted.seen))
    yield grade(
        "camera", below, BELOW_M, "m below the ground",
        f"the camera of {name} would be {below:.1f} m below the ground: "
        f"{tell_or_correct(fitted, 'camera height', 'lens')}",
    )  # fmt: skip


def _judge_ground(fitted: FittedPerson) -> Iterator[Finding]:
    name = fitted.name
    unseen = 100 * float((feet_confidence(fitted) < SEEN).mean())
    yield grade(
        "feet", unseen, UNSEEN_FEET_PCT, "% of the frames unseen",
        f"the feet are not seen in {unseen:.0f} % of the frames of {name}, so the ground is guessed: "
        f"{choose_part(fitted)}",
    )  # fmt: skip
    held = 100 * float(held_by_nothing(fitted).mean())
    yield grade(
        "stand", held, HELD_PCT, "% of the frames",
        f"nothing bears the person in {held:.0f} % of the frames of {name}, as where the camera moves, or somebody is "
        "on a treadmill, a ladder or stairs, for which the fit has no ground: choose another part (--start, --end)",
    )  # fmt: skip


def _judge_convergence(fitted: FittedPerson) -> Iterator[Finding]:
    fit = fitted.fit
    yield grade(
        "convergence", 0.0 if fit.converged else 1.0, (0.5, 1.5), "",
        f"the fit of {fitted.name} was still moving after {fit.steps} steps: {choose_part(fitted)}",
    )  # fmt: skip


def _judge_edges(fitted: FittedPerson) -> Iterator[Finding]:
    """Judge whether edges and person agree. The first camera's edges are those that the fit has taken."""
    fit, edges = fitted.fit, fitted.seen[0].vertical
    if edges is None or fit.bodies_up is None:
        return
    apart, spread = disagreement(fit, edges, fit.bodies_up)
    yield grade(
        "edges", float((apart / spread).max()), DISAGREEMENT, "sd",
        f"upright edges and the person's balance in {fitted.name} disagree about gravity by "
        f"{np.degrees(np.linalg.norm(apart)):.0f} degrees: {find_gravity(fitted)}",
    )  # fmt: skip


def _list_assumptions(fitted: FittedPerson) -> Iterator[Finding]:
    """Say what neither the user nor the film tells, and what follows it."""
    fit = fitted.fit
    if fitted.height_is == "assumed":
        off = 100 * float(ADULTS.sd / ADULTS.mean)
        yield assume(
            "height",
            f"{fitted.height_m:g} m",
            f"a height of {fitted.height_m:g} m; all lengths, speeds and forces grow with it, and most adults differ "
            f"by up to {2 * off:.0f} %: give --height",
        )
    if fitted.seen[0].camera.focal_sd >= ASSUMED_LENS:
        off = 100 * float(np.max(fit.zoom_sd))
        yield assume(
            "assumed lens",
            f"known to {off:.0f} %",
            f"the usual lens of phones, which the fit corrected; the focal length is known to {off:.0f} %, and the "
            "distance of the person too: give --fov or --camera",
        )
    seconds = np.count_nonzero(fit.phase.even) / fitted.seen[0].keypoints.fps
    if seconds > 0:
        yield assume(
            "assumed load of the feet",
            f"even for {seconds:.1f} s",
            f"that both feet bear the same for {seconds:.1f} s, in which both stand for a while; which way is down "
            "follows it too where no edges tell it",
        )


_JUDGEMENTS = (
    _judge_length,
    _judge_gravity,
    _judge_keypoints,
    _judge_body,
    _judge_camera,
    _judge_ground,
    _judge_convergence,
    _judge_edges,
    _list_assumptions,
)
