"""Unit, up axis and frame rate of a file: detected where it does not say them, taken from the user where he does."""

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from data.clip import MAX_FPS, MIN_FPS, InputError, MotionClip, bone_reach, check_clip
from data.rotations import from_wxyz, make_continuous, to_wxyz
from data.skeleton import Skeleton

METRES_PER_UNIT = {
    "m": 1.0,
    "cm": 0.01,
    "mm": 0.001,
    "inch": 0.0254,
    "cmu": 0.0254 / 0.45,  # the raw unit of the CMU recordings, 5.644 cm
}
ASSUMED_FPS = 120.0  # of AMC files, which have no frame rate: that of CMU's recordings
ADULT_REACH_M = 1.05  # `bone_reach` of an adult of 1.7 m
MAX_JOINT_SPEED = 20.0  # m/s, of a pitcher's hand
LEAD_IN_S = 0.25
MAX_VALUE = 1e7  # in file units: beyond it no recording is meant

# Cyclic permutations of the axes, so that no file is mirrored; a body that faces +z in a Y-up file comes to face +x.
_TO_Z_UP = {
    "x": np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]),
    "y": np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
    "z": np.eye(3),
}


def frame_rate(frame_time: float, source: str) -> float:
    """Frames a second from a frame time in s; whole where the file rounded it, as in 0.0083333 for 120 frames a second.

    Raises InputError, calling the file `source`, for a frame time that no recording has.
    """
    if not 1.0 / MAX_FPS <= frame_time <= 1.0 / MIN_FPS:
        raise InputError(
            f"{source} has a frame time of {frame_time:g} s: write the true one, such as 0.0083333, or give --fps"
        )
    whole = round(1.0 / frame_time)
    return float(whole) if abs(whole * frame_time - 1.0) < 1e-4 else 1.0 / frame_time


def choose_frame_rate(frame_time: float | None, source: str, given: float | None) -> tuple[float, str]:
    """The frame rate, and how it was found.

    Args:
        frame_time: that of the file, s; None where it has none.
        source: how errors call the file.
        given: frames a second, if the user named them: these count, whatever the file has.

    Raises:
        InputError: a rate or a frame time that no recording has.
    """
    if given is not None:
        if not MIN_FPS <= given <= MAX_FPS:
            raise InputError(f"no recording has {given:g} frames a second: give --fps from {MIN_FPS:g} to {MAX_FPS:g}")
        return given, f"frame rate: {given:g} per second, as given"
    if frame_time is None:
        return ASSUMED_FPS, f"frame rate: {ASSUMED_FPS:g} per second, assumed, as AMC files have none"
    rate = frame_rate(frame_time, source)
    return rate, f"frame rate: {rate:g} per second, from the file"


def parse_numbers(
    words: list[str], num_frames: int, source: str, *, of: str = "", first_frame: int = 1
) -> Float[np.ndarray, "T C"]:
    """The words of T frames, C a frame, as numbers.

    Raises InputError if one is no number, NaN, infinity or beyond MAX_VALUE; it calls the file `source`, what moves
    `of` (such as " for bone thigh") and the first frame `first_frame`.
    """
    try:
        values = np.array(words, dtype=float).reshape(num_frames, -1)
    except ValueError:
        at, word = next((at, word) for at, word in enumerate(words) if not _is_number(word))
        frame = at * num_frames // len(words) + first_frame
        raise InputError(
            f"{source} has '{word}'{of} in frame {frame}, which is no number: {remedy_for_number(word)}"
        ) from None
    bad = ~(np.abs(values) <= MAX_VALUE).all(axis=1)
    if bad.any():
        raise InputError(
            f"{source} holds a NaN or absurd value in frame {int(bad.argmax()) + first_frame}: repair or cut that frame"
        )
    return values


def remedy_for_number(word: str) -> str:
    """What to do about a word that is no number; a comma in it is one of a country that writes 24,5."""
    return "export it with decimal points" if "," in word else "correct it"


def _is_number(word: str) -> bool:
    try:
        np.array(word, dtype=float)
    except ValueError:
        return False
    return True


def choose_unit(reach: float, source: str, unit: str | None, header: float | None) -> tuple[float, str]:
    """Scale to metres, and how it was found.

    Args:
        reach: `bone_reach` in file units.
        source: how errors call the file.
        unit: what the user named, if anything.
        header: metres a unit as the file has it, if it does. Where neither says it, the known unit is taken in which
            the body comes nearest, in ratio, to an adult's size.

    Raises:
        InputError: a unit that is not in METRES_PER_UNIT, or a skeleton without extent.
    """
    if unit is not None:
        if unit not in METRES_PER_UNIT:
            raise InputError(f"unknown unit '{unit}': use one of {', '.join(METRES_PER_UNIT)}")
        return METRES_PER_UNIT[unit], f"unit: {unit}, as given"
    if header is not None:
        return header, f"unit: {header:.6g} m, from the file's header"
    if not reach > 0:
        raise InputError(f"{source} has bones of no length: correct its offsets")
    found = min(METRES_PER_UNIT, key=lambda name: abs(np.log(reach * METRES_PER_UNIT[name] / ADULT_REACH_M)))
    return METRES_PER_UNIT[found], f"unit: {found}, from the body's size"


def find_up_axis(skeleton: Skeleton, positions: Float[np.ndarray, "T J 3"], given: str | None) -> tuple[str, str]:
    """The file's up axis, and how it was found.

    It is the axis along which the head lies above the feet, in the zero pose if that is an upright one, else over the
    motion; y, the custom of mocap files, if neither tells. Raises InputError for a `given` axis other than x, y, z.
    """
    if given is not None:
        return given_up_axis(given)
    for pose, source in ((skeleton.rest_positions[None], "the zero pose"), (positions, "the motion")):
        if (name := axis_along(_feet_to_head(skeleton, pose).mean(axis=0))) is not None:
            return name, f"up axis: {name}, from {source}"
    return "y", "up axis: y, assumed, as no joints named head and foot stand above each other"


def given_up_axis(given: str) -> tuple[str, str]:
    """As `up_axis_of`, where the user named it."""
    if given not in _TO_Z_UP:
        raise InputError(f"unknown up axis '{given}': use one of {', '.join(_TO_Z_UP)}")
    return given, f"up axis: {given}, as given"


def axis_along(vector: Float[np.ndarray, "3"]) -> str | None:
    """The axis, x, y or z, within 37 degrees of which a vector points; None if there is none."""
    return next((name for axis, name in enumerate("xyz") if _points_along(vector, axis)), None)


def rotation_to_z_up(up: str) -> Rotation:
    """From the axes of a file whose axis `up` points up to those of our world."""
    return Rotation.from_matrix(_TO_Z_UP[up])


def turn_z_up(positions: Float[np.ndarray, "*batch 3"], up: str) -> Float[np.ndarray, "*batch 3"]:
    """Positions of a file whose axis `up` points up, in our world."""
    return positions @ _TO_Z_UP[up].T


def to_clip(
    name: str,
    source: str,
    frame_time: float | None,
    skeleton: Skeleton,
    translations: Float[np.ndarray, "T J 3"],
    rotations: Float[np.ndarray, "T J 4"],
    *,
    up_axis: str | None,
    unit: str | None,
    fps: float | None = None,
    header_metres: float | None = None,
    first_frame: int = 1,
    notes: tuple[str, ...] = (),
) -> MotionClip:
    """The clip, Z up and in metres, of a skeleton moved by `translations` and `rotations` (wxyz) relative to each
    parent.

    The reference pose is the zero pose, or, where that is not upright, the frame in which the head is highest above
    the feet. `source` is how errors call the file; `frame_time` (s) is the file's, None where it has none; `up_axis`,
    `unit` and `fps` (frames a second) are what the user named, `header_metres` the unit in the file's header,
    `first_frame` the number of its first frame.
    Raises InputError where it cannot be a person's motion.
    """
    rate, rate_note = choose_frame_rate(frame_time, source, fps)
    positions, orientations = skeleton.forward_kinematics(translations, rotations)
    reach = bone_reach(skeleton.parents, skeleton.rest_positions)
    scale, unit_note = choose_unit(reach, source, unit, header_metres)
    up, up_note = find_up_axis(skeleton, positions, up_axis)
    basis = rotation_to_z_up(up)
    world = make_continuous(to_wxyz(basis * from_wxyz(orientations) * basis.inv()))
    rest_positions = skeleton.rest_positions
    rest_rotations = np.tile([1.0, 0.0, 0.0, 0.0], (len(skeleton.parents), 1))
    if not _points_along(_feet_to_head(skeleton, rest_positions[None])[0], axis="xyz".index(up)):
        heights = _feet_to_head(skeleton, positions)[:, "xyz".index(up)]
        frame = int(heights.argmax())
        if heights[frame] > 0:
            rest_positions, rest_rotations = positions[frame], world[frame]
            notes = (*notes, f"reference pose: frame {frame + first_frame}, as the zero pose is not upright")
    start = _first_frame(scale * positions, rate)
    if start:
        notes = (
            *notes,
            f"start: frame {start + first_frame}, as nobody can move so fast from the pose before it (often a T-pose)",
        )
    clip = MotionClip(
        name=name,
        fps=rate,
        joint_names=skeleton.joint_names,
        parents=skeleton.parents,
        positions=turn_z_up(scale * positions[start:], up),
        rotations=world[start:],
        rest_positions=turn_z_up(scale * rest_positions, up),
        rest_rotations=rest_rotations,
        notes=(*notes, rate_note, unit_note, up_note),
    )
    return check_clip(clip, source, first_frame + start)


def _first_frame(positions: Float[np.ndarray, "T J 3"], fps: float) -> int:
    """Index of the frame at which the motion begins, from positions in m.

    Converters put a T-pose before the motion, some with a few frames that blend into it: these are left as long as a
    joint would have to move faster than a human can, unless that lasts longer than the lead-in.
    """
    speed = np.linalg.norm(np.diff(positions[: 2 + int(LEAD_IN_S * fps)], axis=0), axis=-1).max(axis=1) * fps
    possible = np.flatnonzero(speed <= MAX_JOINT_SPEED)
    return int(possible[0]) if possible.size else 0


def _feet_to_head(skeleton: Skeleton, positions: Float[np.ndarray, "T J 3"]) -> Float[np.ndarray, "T 3"]:
    """The way from the feet's to the head's middle, of the joints that are named so; zero if none are."""
    names = [name.lower() for name in skeleton.joint_names]
    head = [joint for joint, name in enumerate(names) if "head" in name or "neck" in name]
    feet = [joint for joint, name in enumerate(names) if "foot" in name or "ankle" in name or "toe" in name]
    if not head or not feet:
        return np.zeros((len(positions), 3))
    return positions[:, head].mean(axis=1) - positions[:, feet].mean(axis=1)


def _points_along(vector: Float[np.ndarray, "3"], axis: int) -> bool:
    """Whether a vector lies within 37 degrees of an axis."""
    return bool(vector[axis] > 0.8 * np.linalg.norm(vector))
