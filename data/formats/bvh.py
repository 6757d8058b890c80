"""Biovision Hierarchy (BVH) files, read and written.

They are parsed here because no library on PyPI reads what studios export, fast enough. `pybvh` 0.9 refuses position
channels on joints below the root, which exports of MotionBuilder and Mixamo have. `bvh` 0.3 and `bvhio` 1.5 build an
object for each value.
"""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from data.clip import InputError, MotionClip, require_frames
from data.conventions import parse_numbers, to_clip
from data.finding import Finding
from data.formats.bvh_hierarchy import CHANNELS, parse_hierarchy
from data.formats.reading import NO_OPTIONS, ReadOptions
from data.plausibility.angle_unit import LARGEST, RADIANS, SMALLEST, are_radians
from data.plausibility.person import Person
from data.rigs import joint_maps
from data.rotations import from_wxyz, to_wxyz
from data.skeleton import Skeleton

_BEFORE_MOTION = re.compile(r"^[ \t]*MOTION[ \t]*$", re.MULTILINE | re.IGNORECASE)
_COMMENT = re.compile(r"^[ \t]*(#|//|;).*$", re.MULTILINE)


def read(path: str | Path, options: ReadOptions = NO_OPTIONS) -> MotionClip:
    """Read the clip of a BVH file.

    Rotation channels turn about the joint's own axes in the order in which they are listed. Position channels replace
    the joint's OFFSET, or are differences from it. A given frame rate replaces the file's frame time, whatever that is.

    Raises:
        InputError: The file is not a BVH file, is cut short, or does not hold a person's motion.
    """
    path = Path(path)
    header, motion = _split(path)
    skeleton, channels = parse_hierarchy(header, path)
    frame_time, values, notes, findings = _motion(motion, sum(len(c) for c in channels), path)
    translations, shift_note = _translations(skeleton, channels, values)
    rotations = _rotations(channels, values, degrees=True)
    if _are_radians(skeleton, translations, channels, values):
        rotations, findings = _rotations(channels, values, degrees=False), (*findings, RADIANS)
    return to_clip(
        path.stem,
        str(path),
        frame_time,
        skeleton,
        translations,
        rotations,
        up_axis=options.up_axis,
        unit=options.unit,
        fps=options.fps,
        notes=(*notes, *shift_note),
        findings=findings,
    )


def _split(path: Path) -> tuple[list[str], list[str]]:
    """Return the words of the HIERARCHY section and the lines of the MOTION section."""
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; give a file that can be read") from None
    text = _COMMENT.sub("", text).lstrip()
    if not text[:9].upper() == "HIERARCHY":
        raise InputError(f"{path} is not a BVH file: it does not begin with HIERARCHY; export or download one")
    parts = _BEFORE_MOTION.split(text, maxsplit=1)
    if len(parts) < 2:
        raise InputError(f"{path} is cut short: it has no MOTION section; export or download it again")
    return parts[0].split()[1:], parts[1].strip().splitlines()


def _motion(
    lines: list[str], num_channels: int, path: Path
) -> tuple[float, Float[np.ndarray, "T C"], tuple[str, ...], tuple[Finding, ...]]:
    """Return the frame time as the file has it, s, the channel values, and what is said of their number."""
    if len(lines) < 2 or not all(":" in line for line in lines[:2]):
        raise InputError(
            f"{path} is cut short: its MOTION section lacks 'Frames:' or 'Frame Time:'; export or download it again"
        )
    num_frames, frame_time = _num_frames(lines[0], path), _frame_time(lines[1], path)
    rows = [row for line in lines[2:] if (row := line.split())]
    lengths = [len(row) for row in rows]
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    if len(rows) != num_frames and set(lengths) == {num_channels}:
        if len(rows) < num_frames:
            findings = (_lack_of_frames(num_frames, len(rows), path),)
        notes = (f"frames: {len(rows)}, though the header says {num_frames}",)
        num_frames = len(rows)
    require_frames(num_frames, path)
    if len(rows) == num_frames:  # one line per frame; otherwise frames span several lines, or lines are missing
        _check_lengths(lengths, num_channels, path)
    words = list(itertools.chain.from_iterable(rows))
    if len(words) != num_frames * num_channels:
        raise InputError(
            f"{path} is cut short or damaged: {num_frames} frames of {num_channels} channels should be "
            f"{num_frames * num_channels} values, it holds {len(words)}; export or download it again"
        )
    return frame_time, parse_numbers(words, num_frames, str(path)), notes, findings


def _lack_of_frames(said: int, found: int, path: Path) -> Finding:
    return Finding(
        "doubtful",
        "frames",
        f"{found}",
        f"{said}, as the header says",
        f"the end is doubtful: the header of {path} says {said} frames, and {found} are there; "
        "get the whole file if it was cut short",
    )


def _num_frames(line: str, path: Path) -> int:
    try:
        return int(line.partition(":")[2])
    except ValueError:
        raise InputError(
            f"{path} has '{' '.join(line.split())}', which is not a whole number: write how many frames it has"
        ) from None


def _frame_time(line: str, path: Path) -> float:
    try:
        return float(line.partition(":")[2])
    except ValueError:
        raise InputError(
            f"{path} has '{' '.join(line.split())}', which is not a number: write the seconds from one frame to the "
            "next, such as 0.0083333"
        ) from None


def _check_lengths(lengths: list[int], num_channels: int, path: Path) -> None:
    """Raise InputError unless each frame has a value for each channel."""
    wrong = next((frame for frame, length in enumerate(lengths) if length != num_channels), None)
    if wrong is not None:
        where = "a frame" if len(set(lengths)) == 1 else f"frame {wrong + 1}"
        raise InputError(
            f"{path} has {lengths[wrong]} values in {where}, but its joints have {num_channels} channels: "
            "export or download it again"
        )


def _columns(channels: list[list[str]], kind: str) -> Iterator[tuple[int, str, list[int]]]:
    """Yield each joint that has channels of a kind, the axes in file order, and the columns."""
    column = 0
    for joint, names in enumerate(channels):
        of_kind = [(CHANNELS[name][1], column + k) for k, name in enumerate(names) if CHANNELS[name][0] == kind]
        column += len(names)
        if of_kind:
            yield joint, "".join(axis for axis, _ in of_kind), [at for _, at in of_kind]


def _translations(
    skeleton: Skeleton, channels: list[list[str]], values: Float[np.ndarray, "T C"]
) -> tuple[Float[np.ndarray, "T J 3"], tuple[str, ...]]:
    """Return each joint's translation relative to its parent, in file units, and a note where that needs one.

    Position channels below the root are places, or differences from the OFFSET: whichever keeps the bones.
    """
    translations = np.tile(skeleton.offsets, (len(values), 1, 1))
    below = [(joint, axes, columns) for joint, axes, columns in _columns(channels, "position") if joint]
    as_places = as_differences = 0.0
    for joint, axes, columns in below:
        offset = skeleton.offsets[joint, ["XYZ".index(axis) for axis in axes]]
        as_places += float(np.abs(values[:, columns] - offset).mean())
        as_differences += float(np.abs(values[:, columns]).mean())
    differences = as_differences < as_places
    for joint, axes, columns in _columns(channels, "position"):
        places = ["XYZ".index(axis) for axis in axes]
        base = skeleton.offsets[joint, places] if joint and differences else 0.0
        translations[:, joint, places] = base + values[:, columns]
    note = "positions of joints: differences from their OFFSET, as they keep the bones' length"
    return translations, (note,) if differences else ()


def _rotations(
    channels: list[list[str]], values: Float[np.ndarray, "T C"], *, degrees: bool
) -> Float[np.ndarray, "T J 4"]:
    """Return each joint's rotation relative to its parent, wxyz."""
    rotations = np.tile([1.0, 0.0, 0.0, 0.0], (len(values), len(channels), 1))
    for joint, axes, columns in _columns(channels, "rotation"):
        rotations[:, joint] = to_wxyz(Rotation.from_euler(axes, values[:, columns], degrees=degrees))
    return rotations


def _are_radians(
    skeleton: Skeleton,
    translations: Float[np.ndarray, "T J 3"],
    channels: list[list[str]],
    values: Float[np.ndarray, "T C"],
) -> bool:
    """Return whether the angles make a person only if they are in radians."""
    largest = max((float(np.abs(values[:, at]).max()) for _, _, at in _columns(channels, "rotation")), default=0.0)
    joint_map = joint_maps.match(skeleton.joint_names, skeleton.parents)
    if not SMALLEST <= largest <= LARGEST or not set(joint_maps.REQUIRED) <= joint_map.keys():
        return False
    joints = {ours: skeleton.joint_names.index(name) for ours, name in joint_map.items()}
    readings = []
    for degrees in (True, False):
        turned = _rotations(channels, values, degrees=degrees)
        positions, _ = skeleton.forward_kinematics(translations, turned)
        readings.append(Person({ours: positions[:, joint] for ours, joint in joints.items()}))
    return are_radians(*readings)


def write(
    path: str | Path,
    joint_names: tuple[str, ...],
    parents: tuple[int, ...],
    offsets: Float[np.ndarray, "J 3"],
    positions_root: Float[np.ndarray, "T 3"],
    local_rotations: Float[np.ndarray, "T J 4"],
    fps: float,
    end_sites: dict[str, Float[np.ndarray, "3"]] | None = None,
) -> None:
    """Write a motion of our Z-up world, metres, as a BVH file that Blender and MotionBuilder open upright.

    The file is Y up and in centimetres. Our (x, y, z) become its (z, x, y). A body that faces our +x faces its +z.
    Blender: File > Import > Motion Capture (.bvh), scale 0.01, forward -Z, up Y (its defaults except for the scale).

    Args:
        path: The file.
        joint_names: Names of the J joints, the root first.
        parents: Index of each joint's parent, -1 for the root.
        offsets: Position of each joint in the parent's frame, m. In the zero pose all frames are parallel to the world.
        positions_root: World position of the root, m.
        local_rotations: Rotation of each joint relative to the parent, the root's relative to the world, wxyz.
        fps: Frames per second.
        end_sites: End of the bone of joints without children, in the joint's frame, m, by joint name. Where it is
            missing, the offset of the joint itself is used, so that the bone goes on straight.
    """
    to_file = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    basis = Rotation.from_matrix(to_file)
    angles = (basis * from_wxyz(local_rotations) * basis.inv()).as_euler("ZXY", degrees=True)
    ends = {name: 100.0 * to_file @ end for name, end in (end_sites or {}).items()}
    lines, order = _hierarchy_lines(joint_names, parents, 100.0 * offsets @ to_file.T, ends)
    values = np.concatenate([100.0 * positions_root @ to_file.T, angles[:, order].reshape(len(angles), -1)], axis=1)
    lines += ["MOTION", f"Frames: {len(values)}", f"Frame Time: {1.0 / fps:.9f}"]
    lines += [" ".join(f"{value:.6f}" for value in frame) for frame in values]
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _hierarchy_lines(
    names: tuple[str, ...],
    parents: tuple[int, ...],
    offsets: Float[np.ndarray, "J 3"],
    ends: dict[str, Float[np.ndarray, "3"]],
) -> tuple[list[str], list[int]]:
    """Return the HIERARCHY section, and the joints in its order: depth first, children below parents."""
    order: list[int] = []

    def offset(vector: Float[np.ndarray, "3"]) -> str:
        return "OFFSET " + " ".join(f"{value:.6f}" for value in vector)

    def block(joint: int, depth: int) -> list[str]:
        order.append(joint)
        root = parents[joint] < 0
        positions = "6 Xposition Yposition Zposition" if root else "3"
        children = [child for child, parent in enumerate(parents) if parent == joint]
        inner = [offset(offsets[joint]), f"CHANNELS {positions} Zrotation Xrotation Yrotation"]
        for child in children:
            inner += block(child, depth + 1)
        if not children:
            inner += [
                "End Site",
                "{",
                "  " + offset(ends[names[joint]] if names[joint] in ends else offsets[joint]),
                "}",
            ]
        return [f"{'ROOT' if root else 'JOINT'} {names[joint]}", "{", *("  " + line for line in inner), "}"]

    return ["HIERARCHY", *block(parents.index(-1), 0)], order
