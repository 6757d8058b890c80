"""Unit, up axis and frame rate of a file: given by the user, read from the file, or found from the body."""

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from data.clip import MAX_FPS, MIN_FPS, InputError, MotionClip, bone_reach, check_clip
from data.finding import Finding
from data.plausibility import body_size
from data.plausibility.person import Person
from data.plausibility.up_axis import AXES, UpAxis, axis_along, direction, find_up
from data.rigs import joint_maps
from data.rotations import from_wxyz, make_continuous, to_wxyz
from data.skeleton import Skeleton
from data.units import METRES_PER_UNIT, metres_per_unit

ASSUMED_FPS = 120.0  # the rate of CMU's recordings, assumed for AMC files, which have none
ADULT_REACH_M = 1.05  # `bone_reach` of an adult of 1.7 m
MIN_HEIGHT_M, MAX_HEIGHT_M = 0.4, 4.0  # small child, and a giant whom the judgements will name
MAX_JOINT_SPEED = 20.0  # m/s, of a pitcher's hand
LEAD_IN_S = 0.25  # the longest lead-in that is cut off, see `_first_frame`
MAX_VALUE = 1e7  # in file units: no recording has larger values

_BY_SHAPE = Finding(
    "doubtful",
    "joints",
    "names that say nothing",
    "names of joints",
    "the joints are doubtful: no name tells which joint it is, and they are found by the shape of the skeleton; "
    "correct them with --joint-map, which diffphy info --write-joint-map begins",
)

# Cyclic permutations of the axes: they do not mirror. A body that faces +z in a Y-up file faces +x afterwards.
_TO_Z_UP = {
    "x": np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]),
    "y": np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
    "z": np.eye(3),
}
_TO_Z_UP |= {f"-{axis}": np.diag([1.0, -1.0, -1.0]) @ turn for axis, turn in _TO_Z_UP.items()}  # a half turn about x


def frame_rate(frame_time: float, source: str) -> float:
    """Return frames per second from a frame time, s.

    The rate is whole where the file rounded the frame time, as in 0.0083333 for 120 frames per second.

    Raises:
        InputError: No recording has this frame time. The message calls the file `source`.
    """
    if not 1.0 / MAX_FPS <= frame_time <= 1.0 / MIN_FPS:
        raise InputError(
            f"{source} has a frame time of {frame_time:g} s: write the true one, such as 0.0083333, or give --fps"
        )
    whole = round(1.0 / frame_time)
    return float(whole) if abs(whole * frame_time - 1.0) < 1e-4 else 1.0 / frame_time


def choose_frame_rate(frame_time: float | None, source: str, given: float | None) -> tuple[float, str]:
    """Return the frame rate, and a note on how it was found.

    Args:
        frame_time: The file's frame time, s; None where it has none.
        source: What messages call the file.
        given: Frames per second that the user gave; they win over the file's.

    Raises:
        InputError: No recording has this rate or frame time.
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
    """Return the words of T frames, C words a frame, as numbers.

    Args:
        words: The words of all frames.
        num_frames: Number of frames, T.
        source: What messages call the file.
        of: What messages say that the words move, such as " for bone thigh".
        first_frame: The number that messages give to the first frame.

    Raises:
        InputError: A word is not a number, is NaN or infinite, or exceeds MAX_VALUE.
    """
    try:
        values = np.array(words, dtype=float).reshape(num_frames, -1)
    except ValueError:
        at, word = next((at, word) for at, word in enumerate(words) if not _is_number(word))
        frame = at * num_frames // len(words) + first_frame
        raise InputError(
            f"{source} has '{word}'{of} in frame {frame}, which is not a number: {remedy_for_number(word)}"
        ) from None
    bad = ~(np.abs(values) <= MAX_VALUE).all(axis=1)
    if bad.any():
        raise InputError(
            f"{source} holds a NaN or absurd value in frame {int(bad.argmax()) + first_frame}: repair or cut that frame"
        )
    return values


def remedy_for_number(word: str) -> str:
    """Return what to do about a word that is not a number. A comma means decimal commas, as in 24,5."""
    return "export it with decimal points" if "," in word else "correct it"


def _is_number(word: str) -> bool:
    try:
        np.array(word, dtype=float)
    except ValueError:
        return False
    return True


def choose_unit(
    height: float, source: str, unit: str | None, header: float | None
) -> tuple[float, str, tuple[Finding, ...]]:
    """Return the scale to metres, a note on how it was found, and what makes it doubtful.

    A header by which nobody can have this height is not believed. Where neither the user nor the file tells, it is the
    known unit in which the height is nearest, in ratio, to an adult's. Where that is unlikely, the body is an adult's.

    Args:
        height: The person's height in file units.
        source: What messages call the file.
        unit: The unit that the user gave, if any: a name or metres per unit.
        header: Metres per unit in the file's header, if it has that.

    Raises:
        InputError: The unit is unknown, or the bones have no length.
    """
    if unit is not None:
        return metres_per_unit(unit), f"unit: {unit}, as given", ()
    if not height > 0:
        raise InputError(f"{source} has bones of no length: correct its offsets")
    if header is not None and not body_size.is_absurd(header * height):
        return header, f"unit: {header:.6g} m, from the file's header", ()
    found = body_size.nearest_unit(height, METRES_PER_UNIT)
    scale, note = METRES_PER_UNIT[found], f"unit: {found}, from the body's size"
    if header is not None:
        return scale, note, (body_size.doubt_of_unit("the header's unit", header * height, found),)
    if body_size.is_likely(scale * height, found):
        return scale, note, ()
    doubt = body_size.doubt_of_unit(f"the unit {found}", scale * height, f"an adult's {body_size.ADULT_M:g} m")
    scale = body_size.ADULT_M / height
    return scale, f"unit: {scale:.4g} m, so that the person is {body_size.ADULT_M:g} m tall", (doubt,)


def given_up_axis(given: str) -> UpAxis:
    """Return the up axis that the user gave. Raises InputError if it is none."""
    if given not in AXES:
        raise InputError(f"unknown up axis '{given}': use one of {', '.join(AXES)}")
    return UpAxis(given, f"up axis: {given}, as given")


def rotation_to_z_up(up: str) -> Rotation:
    """Return the rotation to our world from the axes of a file in which `up` points up."""
    return Rotation.from_matrix(_TO_Z_UP[up])


def turn_z_up(positions: Float[np.ndarray, "*batch 3"], up: str) -> Float[np.ndarray, "*batch 3"]:
    """Return positions in our world, from those of a file in which `up` points up."""
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
    findings: tuple[Finding, ...] = (),
) -> MotionClip:
    """Return the clip, Z up and in metres, of a skeleton that moves.

    The reference pose is the zero pose. Where that is not upright, it is the frame in which the head is highest above
    the feet.

    Args:
        name: The clip's name.
        source: What messages call the file.
        frame_time: The file's frame time, s; None where it has none.
        skeleton: The skeleton, in file units and axes.
        translations: Position of each joint relative to its parent, in file units.
        rotations: Rotation of each joint relative to its parent, wxyz.
        up_axis: The axis that the user gave, if any.
        unit: The unit that the user gave, if any.
        fps: Frames per second that the user gave, if any.
        header_metres: Metres per unit in the file's header, if it has that.
        first_frame: The number of the file's first frame.
        notes: What the reader found out so far.
        findings: What the reader found doubtful so far.

    Raises:
        InputError: This cannot be a person's motion.
    """
    rate, rate_note = choose_frame_rate(frame_time, source, fps)
    positions, orientations = skeleton.forward_kinematics(translations, rotations)
    person, joint_doubts = _person(skeleton, positions)
    height = _height(skeleton, person)
    scale, unit_note, unit_doubts = choose_unit(height, source, unit, header_metres)
    if not MIN_HEIGHT_M <= scale * height <= MAX_HEIGHT_M:
        raise InputError(
            f"{source} has an absurd scale: by the length of the legs the person is {scale * height:.4g} m tall; "
            "give the unit in which it is written with --units"
        )
    found = given_up_axis(up_axis) if up_axis is not None else _find_up(skeleton, person, positions)
    up = found.axis
    basis = rotation_to_z_up(up)
    world = make_continuous(to_wxyz(basis * from_wxyz(orientations) * basis.inv()))
    rest_positions = skeleton.rest_positions
    rest_rotations = np.tile([1.0, 0.0, 0.0, 0.0], (len(skeleton.parents), 1))
    if axis_along(_feet_to_head(skeleton, rest_positions[None])[0]) != up:
        heights = _feet_to_head(skeleton, positions) @ direction(up)
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
        notes=(*notes, rate_note, unit_note, found.note),
        findings=(*findings, *joint_doubts, *unit_doubts, *found.findings),
    )
    return check_clip(clip, source, first_frame + start)


def _person(skeleton: Skeleton, positions: Float[np.ndarray, "T J 3"]) -> tuple[Person | None, tuple[Finding, ...]]:
    """Return the joints that a body needs, and what makes them doubtful. None if one is missing."""
    joint_map = joint_maps.match(skeleton.joint_names, skeleton.parents)
    doubts: tuple[Finding, ...] = ()
    if len(joint_map.keys() & set(joint_maps.REQUIRED)) <= joint_maps.FEW:
        joint_map = joint_maps.by_shape(skeleton.joint_names, skeleton.parents, positions) or joint_map
        doubts = (_BY_SHAPE,)
    if not set(joint_maps.REQUIRED) <= joint_map.keys():
        return None, ()
    return Person({ours: positions[:, skeleton.joint_names.index(name)] for ours, name in joint_map.items()}), doubts


def _height(skeleton: Skeleton, person: Person | None) -> float:
    """Return the person's height in file units, from the legs or, on an unknown rig, from all bones."""
    if person is not None:
        return body_size.height_of_leg(person.leg)
    return body_size.ADULT_M * bone_reach(skeleton.parents, skeleton.rest_positions) / ADULT_REACH_M


def _find_up(skeleton: Skeleton, person: Person | None, positions: Float[np.ndarray, "T J 3"]) -> UpAxis:
    at_rest = _feet_to_head(skeleton, skeleton.rest_positions[None])[0]
    custom = ("y", "as most files of motion capture have it")
    return find_up(person, _feet_to_head(skeleton, positions), at_rest, custom)


def _first_frame(positions: Float[np.ndarray, "T J 3"], fps: float) -> int:
    """Return the index of the frame at which the motion begins, from positions in m.

    Converters put a T-pose before the motion, and some add a few frames that blend into it. These frames are cut off as
    long as a joint would have to move faster than a human can, but not if that lasts longer than the lead-in.
    """
    speed = np.linalg.norm(np.diff(positions[: 2 + int(LEAD_IN_S * fps)], axis=0), axis=-1).max(axis=1) * fps
    possible = np.flatnonzero(speed <= MAX_JOINT_SPEED)
    return int(possible[0]) if possible.size else 0


def _feet_to_head(skeleton: Skeleton, positions: Float[np.ndarray, "T J 3"]) -> Float[np.ndarray, "T 3"]:
    """Return the vector from the middle of the feet to the middle of the head, by joint names; zero if none match."""
    names = [name.lower() for name in skeleton.joint_names]
    head = [joint for joint, name in enumerate(names) if "head" in name or "neck" in name]
    feet = [joint for joint, name in enumerate(names) if "foot" in name or "ankle" in name or "toe" in name]
    if not head or not feet:
        return np.zeros((len(positions), 3))
    return positions[:, head].mean(axis=1) - positions[:, feet].mean(axis=1)
