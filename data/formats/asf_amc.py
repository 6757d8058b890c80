"""Acclaim motion (AMC) on its skeleton (ASF, see `asf`), the original format of the CMU recordings.

No library on PyPI reads these files. Source: J. Lander, "Working with motion capture file formats", Game Developer,
January 1998.
"""

from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from data.clip import InputError, MotionClip, require_frames
from data.conventions import parse_numbers, to_clip
from data.formats.asf import ROOT, Acclaim, read_lines, read_skeleton
from data.formats.reading import NO_OPTIONS, ReadOptions
from data.plausibility.angle_unit import LARGEST
from data.rotations import to_wxyz
from data.skeleton import Skeleton

MAX_DIGITS = 18  # a longer number is not a frame's
LISTED_SKELETONS = 5  # a message names no more skeletons


def read(path: str | Path, options: ReadOptions = NO_OPTIONS) -> MotionClip:
    """Read the clip of an AMC file on its ASF skeleton.

    The skeleton is `options.asf`, or is looked for beside the file. The unit is the skeleton's unless the options give
    one. The format has no frame rate: it is `conventions.ASSUMED_FPS` unless the options give one.

    Raises:
        InputError: One of the files is missing, of another format, or broken.
    """
    path = Path(path)
    first_frame, frames, degrees = _frames(path)
    skeleton_path = Path(options.asf) if options.asf is not None else _skeleton_beside(path)
    acclaim = read_skeleton(skeleton_path)
    skeleton, motion = acclaim.skeleton, _motion(frames, first_frame, acclaim, path)
    degrees = _in_degrees(motion, acclaim, degrees)
    translations, rotations = _local_motion(acclaim, skeleton, motion, degrees=degrees)
    return to_clip(
        path.stem,
        str(path),
        None,
        skeleton,
        translations,
        rotations,
        up_axis=options.up_axis,
        unit=options.unit,
        fps=options.fps,
        header_metres=acclaim.metres,
        first_frame=first_frame,
        notes=(f"skeleton: {skeleton_path.name}",),
    )


def _skeleton_beside(path: Path) -> Path:
    """Return the ASF file of the same subject ("02.asf" for "02_01.amc"), or the only one in the folder.

    If several fit, it is the one that shares most of the motion's name, up to one of its underscores.
    """
    found = sorted(other for other in path.parent.iterdir() if other.suffix.lower() == ".asf")
    if len(found) == 1:
        return found[0]
    parts = path.stem.lower().split("_")
    for count in range(len(parts), 0, -1):
        named = [other for other in found if other.stem.lower() == "_".join(parts[:count])]
        if len(named) == 1:
            return named[0]
    if not found:
        raise InputError(
            f"{path} needs its skeleton: put {path.stem.partition('_')[0]}.asf beside it or give one with --asf"
        )
    names = ", ".join(other.name for other in found[:LISTED_SKELETONS])
    more = len(found) - LISTED_SKELETONS
    raise InputError(
        f"{path} needs its skeleton, and several are beside it ({names}{f' and {more} more' if more > 0 else ''}): "
        "name one with --asf"
    )


def _frames(path: Path) -> tuple[int, list[dict[str, list[str]]], bool | None]:
    """Return the number of the first frame, the words that each frame has for each bone, and the unit of the angles.

    The unit is whether they are degrees; None where the file does not tell.
    """
    frames: list[dict[str, list[str]]] = []
    first, degrees = 1, None
    for words in read_lines(path):
        if words[0].startswith(":"):
            degrees = {":DEGREES": True, ":RADIANS": False}.get(words[0].upper(), degrees)
            continue
        if len(words) == 1 and words[0].isdecimal() and len(words[0]) <= MAX_DIGITS:
            number = int(words[0])
            first = number if not frames else first
            if number != first + len(frames):
                raise InputError(
                    f"{path} has frame {number} after frame {first + len(frames) - 1}: get the whole file, or cut it "
                    "there"
                )
            frames.append({})
        elif frames:
            frames[-1][words[0]] = words[1:]
        else:
            raise InputError(
                f"{path} is not an AMC file: it does not begin with the number of a frame; export or download one"
            )
    require_frames(len(frames), path)
    return first, frames, degrees


def _motion(
    frames: list[dict[str, list[str]]], first_frame: int, acclaim: Acclaim, path: Path
) -> dict[str, Float[np.ndarray, "T D"]]:
    """Return the values of each bone's degrees of freedom over the frames, by bone."""
    unknown = sorted({name for frame in frames for name in frame} - acclaim.bones.keys())
    if unknown and list(frames[-1])[-1:] == unknown and not frames[-1][unknown[0]]:
        raise InputError(f"{path} is cut short: it ends within the line '{unknown[0]}'; get the whole file")
    if unknown:
        raise InputError(f"{path} moves bones that its skeleton lacks ({', '.join(unknown)}): give its own with --asf")
    motion: dict[str, Float[np.ndarray, "T D"]] = {}
    for name, bone in acclaim.bones.items():
        rows = [frame.get(name, []) for frame in frames]
        wrong = next((k for k, row in enumerate(rows) if len(row) != len(bone.dof)), None)
        if wrong is not None:
            raise InputError(
                f"{path} is cut short or damaged: bone {name} has {len(rows[wrong])} values in frame "
                f"{wrong + first_frame}, but its skeleton has {len(bone.dof)} degrees of freedom for it; get the whole "
                "file, or give its own skeleton with --asf"
            )
        words = [word for row in rows for word in row]
        motion[name] = parse_numbers(words, len(frames), str(path), of=f" for bone {name}", first_frame=first_frame)
    return motion


def _in_degrees(motion: dict[str, Float[np.ndarray, "T D"]], acclaim: Acclaim, header: bool | None) -> bool:
    """Return whether angles are in degrees. Where the headers of motion and skeleton differ, their size tells.

    Args:
        motion: The values of each bone's degrees of freedom.
        acclaim: The skeleton.
        header: What the header of the motion says; None where it says nothing.
    """
    if header is None or header == acclaim.degrees:
        return acclaim.degrees
    turns = [np.abs(motion[name][:, [dof[0] == "r" for dof in bone.dof]]) for name, bone in acclaim.bones.items()]
    return any((angles > LARGEST).any() for angles in turns)


def _local_motion(
    acclaim: Acclaim, skeleton: Skeleton, motion: dict[str, Float[np.ndarray, "T D"]], *, degrees: bool
) -> tuple[Float[np.ndarray, "T J 3"], Float[np.ndarray, "T J 4"]]:
    """Return each joint's translation and rotation (wxyz) relative to its parent, in file units and axes."""
    num_frames = len(motion[ROOT])
    translations = np.tile(skeleton.offsets, (num_frames, 1, 1))
    rotations = np.tile([1.0, 0.0, 0.0, 0.0], (num_frames, len(skeleton.joint_names), 1))
    for joint, (name, bone) in enumerate(acclaim.bones.items()):
        values = motion[name]
        turns = [k for k, dof in enumerate(bone.dof) if dof[0] == "r"]
        if turns:  # extrinsic: the first one listed turns first, about the fixed axes of the bone's frame
            order = "".join(bone.dof[k][1] for k in turns)
            turned = Rotation.from_euler(order, values[:, turns], degrees=degrees)
            # The root's axis is its orientation at zero. The axes of other bones only say about what they turn.
            rotations[:, joint] = to_wxyz(bone.axis * turned if name == ROOT else bone.axis * turned * bone.axis.inv())
        for k, dof in enumerate(bone.dof):
            if dof[0] == "t":
                translations[:, joint, "xyz".index(dof[1])] += values[:, k]
    return translations, rotations
