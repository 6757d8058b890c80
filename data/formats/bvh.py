"""Biovision Hierarchy (BVH) files, read and written.

They are parsed here because no library on PyPI reads what studios export, fast enough. `pybvh` 0.9 refuses position
channels on joints below the root, which exports of MotionBuilder and Mixamo have. `bvh` 0.3 and `bvhio` 1.5 build an
object for each value.
"""

import itertools
import re
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from data.clip import InputError, MotionClip, require_frames
from data.conventions import MAX_VALUE, parse_numbers, remedy_for_number, to_clip
from data.formats.reading import NO_OPTIONS, ReadOptions
from data.rotations import from_wxyz, to_wxyz
from data.skeleton import Skeleton

_CHANNELS = {f"{axis}{kind}": (kind, axis) for axis in "XYZ" for kind in ("position", "rotation")}


def read(path: str | Path, options: ReadOptions = NO_OPTIONS) -> MotionClip:
    """Read the clip of a BVH file.

    Rotation channels turn about the joint's own axes in the order in which they are listed. Position channels replace
    the joint's OFFSET. A given frame rate replaces the file's frame time, whatever that is.

    Raises:
        InputError: The file is not a BVH file, is cut short, or does not hold a person's motion.
    """
    path = Path(path)
    header, motion = _split(path)
    skeleton, channels = _hierarchy(header, path)
    frame_time, values = _motion(motion, sum(len(c) for c in channels), path)
    translations, rotations = _local_motion(skeleton, channels, values)
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
    )


def _split(path: Path) -> tuple[list[str], list[str]]:
    """Return the words of the HIERARCHY section and the lines of the MOTION section."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; give a file that can be read") from None
    if not text.lstrip("\ufeff \t\r\n").startswith("HIERARCHY"):
        raise InputError(f"{path} is not a BVH file: it does not begin with HIERARCHY; export or download one")
    parts = re.split(r"^[ \t]*MOTION[ \t]*\r?$", text, maxsplit=1, flags=re.MULTILINE)
    if len(parts) < 2:
        raise InputError(f"{path} is cut short: it has no MOTION section; export or download it again")
    return parts[0].split()[1:], parts[1].strip().splitlines()


def _hierarchy(words: list[str], path: Path) -> tuple[Skeleton, list[list[str]]]:
    """Return the skeleton, and each joint's channels in file order (none for end sites)."""
    names: list[str] = []
    parents: list[int] = []
    offsets: list[list[float]] = []
    channels: list[list[str]] = []
    open_joints: list[int] = []
    stream = iter(words)
    try:
        for word in stream:
            if word in ("ROOT", "JOINT", "End"):
                if (word == "ROOT") != (not names):
                    raise InputError(f"{path} has a second ROOT or does not begin with one: export one person alone")
                name = " ".join(itertools.takewhile(lambda other: other != "{", stream))
                parents.append(-1 if word == "ROOT" else open_joints[-1])
                names.append(f"{names[parents[-1]]}_end" if word == "End" else name)
                offsets.append([0.0, 0.0, 0.0])
                channels.append([])
                open_joints.append(len(names) - 1)
            elif word == "}":
                open_joints.pop()
            elif word == "OFFSET":
                offsets[open_joints[-1]] = _offset([next(stream) for _ in range(3)], names[open_joints[-1]], path)
            elif word == "CHANNELS":
                listed = [next(stream) for _ in range(int(next(stream)))]
                channels[open_joints[-1]] = _channel_list(listed, names[open_joints[-1]], path)
            else:
                where = names[-1] if names else "ROOT"
                raise InputError(f"{path} has '{word}' out of place after joint {where}: export it again")
    except (StopIteration, IndexError, ValueError):
        where = names[-1] if names else "ROOT"
        raise InputError(f"{path} has a broken HIERARCHY section near joint {where}: export it again") from None
    if open_joints or not names:
        raise InputError(f"{path} has a broken HIERARCHY section: its braces do not match; export it again")
    if len(set(names)) < len(names):
        repeated = sorted({name for name in names if names.count(name) > 1})
        raise InputError(f"{path} names several joints alike ({', '.join(repeated)}): rename them")
    for name, offset in zip(names, offsets, strict=True):
        if not (np.abs(offset) <= MAX_VALUE).all():
            raise InputError(f"{path} gives joint {name} an absurd OFFSET, {' '.join(map(str, offset))}: correct it")
    return Skeleton(tuple(names), tuple(parents), np.array(offsets)), channels


def _offset(words: list[str], joint: str, path: Path) -> list[float]:
    """Return three numbers.

    Raises:
        ValueError: A word is not a number.
        InputError: A number has a decimal comma.
    """
    comma = next((word for word in words if "," in word), None)
    if comma is not None:
        raise InputError(
            f"{path} has the OFFSET '{comma}' at joint {joint}, which is not a number: {remedy_for_number(comma)}"
        )
    return [float(word) for word in words]


def _channel_list(names: list[str], joint: str, path: Path) -> list[str]:
    unknown = [name for name in names if name not in _CHANNELS]
    if unknown or len(set(names)) < len(names):
        raise InputError(
            f"{path} gives joint {joint} the channels {' '.join(names)}: use each of {', '.join(_CHANNELS)} "
            "at most once"
        )
    return names


def _motion(lines: list[str], num_channels: int, path: Path) -> tuple[float, Float[np.ndarray, "T C"]]:
    """Return the frame time as the file has it, s, and the channel values."""
    if len(lines) < 2 or not all(":" in line for line in lines[:2]):
        raise InputError(
            f"{path} is cut short: its MOTION section lacks 'Frames:' or 'Frame Time:'; export or download it again"
        )
    num_frames, frame_time = _num_frames(lines[0], path), _frame_time(lines[1], path)
    require_frames(num_frames, path)
    rows = [row for line in lines[2:] if (row := line.split())]
    if len(rows) == num_frames:  # one line per frame; otherwise frames span several lines, or lines are missing
        _check_lengths([len(row) for row in rows], num_channels, path)
    words = list(itertools.chain.from_iterable(rows))
    if len(words) != num_frames * num_channels:
        raise InputError(
            f"{path} is cut short or damaged: {num_frames} frames of {num_channels} channels should be "
            f"{num_frames * num_channels} values, it holds {len(words)}; export or download it again"
        )
    return frame_time, parse_numbers(words, num_frames, str(path))


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


def _local_motion(
    skeleton: Skeleton, channels: list[list[str]], values: Float[np.ndarray, "T C"]
) -> tuple[Float[np.ndarray, "T J 3"], Float[np.ndarray, "T J 4"]]:
    """Return each joint's translation and rotation (wxyz) relative to its parent, in file units."""
    num_frames, num_joints = len(values), len(channels)
    translations = np.tile(skeleton.offsets, (num_frames, 1, 1))
    rotations = np.tile([1.0, 0.0, 0.0, 0.0], (num_frames, num_joints, 1))
    column = 0
    for joint, names in enumerate(channels):
        order, columns = "", []
        for name in names:
            kind, axis = _CHANNELS[name]
            if kind == "position":
                translations[:, joint, "XYZ".index(axis)] = values[:, column]
            else:
                order += axis
                columns.append(column)
            column += 1
        if order:
            rotations[:, joint] = to_wxyz(Rotation.from_euler(order, values[:, columns], degrees=True))
    return translations, rotations


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
