"""From the points of a marker set to the joints of our body, and the frames in which all of them are known."""

from dataclasses import dataclass

import numpy as np

from data.clip import InputError
from data.markers.joint_centres import SIGN
from data.markers.names import LANDMARKS
from data.markers.recipes import LEGS, ORDER, RECIPES, Feet, Points, read_feet
from data.trajectories import Span, Trajectory, longest_span, seen_frames

MOST_OF = 0.5  # share of the frames: a joint with which fewer would remain is left out


@dataclass(frozen=True)
class Joints:
    """The joints that follow from a marker set.

    Attributes:
        positions: Positions by the keys of a joint map, m.
        used: The landmarks that were used.
        notes: How each joint was made.
        span: The frames in which all joints are known.
        face: A point of the face, m; None where the markers have none.
        feet: What the markers tell of the feet; None where a marker is missing.
    """

    positions: dict[str, Trajectory]
    used: frozenset[str]
    notes: tuple[str, ...]
    span: Span
    face: Trajectory | None
    feet: Feet | None


def find_joints(points: Points, source: str) -> Joints:
    """Return the joints that follow from landmarks, and the frames in which all are known.

    Raises:
        InputError: The legs do not follow. The message calls the recording `source`.
    """
    known: dict[str, Trajectory] = dict(points)
    used: set[str] = set()
    ways: dict[str, dict[str, None]] = {}
    everywhere = np.ones(len(next(iter(points.values()))), bool)
    span, mask = (0, len(everywhere)), everywhere
    for joint in ORDER:
        for recipe in RECIPES[joint]:
            if not all(each in known for each in recipe.needs):
                continue
            made = recipe.make(joint.partition("_")[0], known)
            with_it = mask & seen_frames(made)
            shorter = longest_span(with_it)
            if not _enough(shorter, span, joint):
                continue
            known[joint], mask, span = made, with_it, shorter
            used.update(each for each in recipe.needs if each in points)
            ways.setdefault(recipe.how, {})[_part(joint)] = None
            break
        else:
            if joint in LEGS:
                raise _lacking(joint, points, known, source)
            if any(all(each in known for each in recipe.needs) for recipe in RECIPES[joint]):
                left_out = joint.replace("_", " ")
                ways.setdefault("left out, as its markers are not seen for most of the time", {})[left_out] = None
    front = [known[name] for name in ("left_head_front", "right_head_front") if name in known and "head_tip" in known]
    face = np.mean(front, axis=0) if len(front) == 2 else known.get("nose")
    positions = {joint: known[joint] for joint in ORDER if joint in known}
    notes = tuple(f"{', '.join(parts)}: {how}" for how, parts in ways.items())
    return Joints(positions, frozenset(used), notes, span, face, read_feet(known))


def _enough(shorter: Span, span: Span, joint: str) -> bool:
    length = shorter[1] - shorter[0]
    return length > 0 if joint in LEGS else length >= MOST_OF * (span[1] - span[0])


def _part(joint: str) -> str:
    side, _, part = joint.partition("_")
    name = part if side in SIGN else joint
    return {"head_tip": "head", "upper_spine": "spine", "toe": "balls of the feet", "toes_tip": "toes"}.get(
        name, f"{name}s" if side in SIGN else name
    )


def _lacking(joint: str, points: Points, known: Points, source: str) -> InputError:
    ways = " or ".join(" with ".join(_usual_name(need) for need in recipe.needs) for recipe in RECIPES[joint])
    seldom = any(all(each in known for each in recipe.needs) for recipe in RECIPES[joint])
    lack = "has no frame in which the whole legs are seen, and lacks" if seldom else "lacks"
    has = ", ".join(map(_usual_name, points)) or "none"
    return InputError(
        f"{source} {lack} {joint}: it needs {ways}, but has, of the known points, {has}; "
        "rename its points, or fill their gaps, where it was recorded"
    )


def _usual_name(landmark: str) -> str:
    return LANDMARKS.get(landmark, (landmark,))[0]
