"""Acclaim skeleton and motion (ASF/AMC), the original format of the CMU recordings.

A bone of the skeleton becomes the joint at its beginning, with the bone's name. The last bone of each limb also gives
"<bone>_end". A length in metres is value x 0.0254 / length, with `length` from the skeleton's :units. No library on
PyPI reads these files.

Sources: J. Lander, "Working with motion capture file formats", Game Developer, January 1998. M. Schafer, "ASF skeleton
file format", 1994.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from data.clip import InputError, MotionClip, require_frames
from data.conventions import MAX_VALUE, parse_numbers, remedy_for_number, to_clip
from data.formats.reading import NO_OPTIONS, ReadOptions
from data.rotations import to_wxyz
from data.skeleton import Skeleton

INCH = 0.0254
ROOT = "root"
MAX_DIGITS = 18  # a longer number is not a frame's
LISTED_SKELETONS = 5  # a message names no more skeletons
_DOF = ("tx", "ty", "tz", "rx", "ry", "rz")


@dataclass(frozen=True)
class _Bone:
    """A bone.

    Attributes:
        axis: The frame about whose axes the bone turns.
        dof: The degrees of freedom, from `_DOF`.
        vector: From the bone's beginning to its end, in file units.
    """

    axis: Rotation
    dof: tuple[str, ...]
    vector: Float[np.ndarray, "3"]


@dataclass(frozen=True)
class _Acclaim:
    """The content of an ASF file.

    Attributes:
        bones: Bones by name, the root first, parents before children.
        parents: Name of each bone's parent.
        metres: Metres per file unit.
        degrees: Whether angles are in degrees.
    """

    bones: dict[str, _Bone]
    parents: dict[str, str]
    metres: float
    degrees: bool

    @property
    def skeleton(self) -> Skeleton:
        """Joints at the bones' beginnings, then the ends of the last bones."""
        names = list(self.bones)
        last = [name for name in names if name not in self.parents.values()]
        parents = [-1, *(names.index(self.parents[name]) for name in names[1:]), *(names.index(name) for name in last)]
        offsets = [
            np.zeros(3),
            *(self.bones[self.parents[name]].vector for name in names[1:]),
            *(self.bones[n].vector for n in last),
        ]
        return Skeleton((*names, *(f"{name}_end" for name in last)), tuple(parents), np.array(offsets))


def read(path: str | Path, options: ReadOptions = NO_OPTIONS) -> MotionClip:
    """Read the clip of an AMC file on its ASF skeleton.

    The skeleton is `options.asf`, or is looked for beside the file. The unit is the skeleton's unless the options give
    one. The format has no frame rate: it is `conventions.ASSUMED_FPS` unless the options give one.

    Raises:
        InputError: One of the files is missing, of another format, or broken.
    """
    path = Path(path)
    first_frame, frames = _frames(path)
    skeleton_path = Path(options.asf) if options.asf is not None else _skeleton_beside(path)
    acclaim = _acclaim(skeleton_path)
    skeleton, motion = acclaim.skeleton, _motion(frames, first_frame, acclaim, path)
    translations, rotations = _local_motion(acclaim, skeleton, motion)
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


def _lines(path: Path) -> list[list[str]]:
    """Return the words of each line, without comments and empty lines."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; give a file that can be read") from None
    lines = (line.partition("#")[0].split() for line in text.splitlines())
    return [line for line in lines if line]


def _acclaim(path: Path) -> _Acclaim:
    sections: dict[str, list[list[str]]] = {}
    for line in _lines(path):
        if line[0].startswith(":"):
            sections[line[0]] = []
        elif sections:
            sections[next(reversed(sections))].append(line)
    missing = [name for name in (":units", ":root", ":bonedata", ":hierarchy") if name not in sections]
    if missing:
        raise InputError(
            f"{path} is not an ASF skeleton, or is cut short: it lacks {', '.join(missing)}; get the whole file"
        )
    try:
        units = {line[0]: line[1] for line in sections[":units"]}
        degrees = _in_degrees(units.get("angle", "deg"), path)
        metres = INCH / _length_unit(units.get("length", "1"), path)
        bones = {ROOT: _root(sections[":root"], degrees)} | _bones(sections[":bonedata"], degrees)
        parents = {
            child: line[0] for line in sections[":hierarchy"] if line[0] not in ("begin", "end") for child in line[1:]
        }
        ordered = _parents_first(parents)
        return _Acclaim({name: bones[name] for name in ordered}, parents, metres, degrees)
    except (ValueError, KeyError, IndexError) as error:
        raise InputError(f"{path} is a broken ASF skeleton ({type(error).__name__}: {error}): get it again") from None


def _in_degrees(word: str, path: Path) -> bool:
    if not word.lower().startswith(("deg", "rad")):
        raise InputError(f"{path} has the angle '{word}' in its :units: write deg or rad")
    return word.lower().startswith("deg")


def _length_unit(word: str, path: Path) -> float:
    """Return file units per inch."""
    try:
        length = float(word)
    except ValueError:
        raise InputError(
            f"{path} has the length '{word}' in its :units, which is not a number: {remedy_for_number(word)}"
        ) from None
    if not 1.0 / MAX_VALUE <= length <= MAX_VALUE:
        raise InputError(
            f"{path} has the length '{word}' in its :units: write how many units an inch has, such as 0.45 in CMU's"
        )
    return length


def _root(lines: list[list[str]], degrees: bool) -> _Bone:
    fields = {line[0]: line[1:] for line in lines}
    axis = Rotation.from_euler(fields["axis"][0].lower(), _numbers(fields["orientation"], 3), degrees=degrees)
    return _Bone(axis, _dof(fields["order"]), np.zeros(3))


def _bones(lines: list[list[str]], degrees: bool) -> dict[str, _Bone]:
    bones: dict[str, _Bone] = {}
    fields: dict[str, list[str]] = {}
    for line in lines:
        if line[0] == "begin":
            fields = {}
        elif line[0] == "end":
            axis = Rotation.from_euler(fields["axis"][3].lower(), _numbers(fields["axis"], 3), degrees=degrees)
            name, length = fields["name"][0], _numbers(fields["length"], 1)
            if length < 0:
                raise ValueError(f"bone {name} has the length {length[0]:g}")
            bones[name] = _Bone(axis, _dof(fields.get("dof", [])), length * _numbers(fields["direction"], 3))
        else:
            fields[line[0]] = line[1:]
    return bones


def _numbers(words: list[str], count: int) -> Float[np.ndarray, "n"]:
    numbers = np.array(words[:count], dtype=float)
    if len(numbers) < count or not (np.abs(numbers) <= MAX_VALUE).all():
        raise ValueError(f"{count} numbers expected, found '{' '.join(words)}'")
    return numbers


def _dof(words: list[str]) -> tuple[str, ...]:
    dof = tuple(word.lower() for word in words)
    if not set(dof) <= set(_DOF) or len(set(dof)) < len(dof):
        raise ValueError(f"degrees of freedom '{' '.join(words)}' are not among {' '.join(_DOF)}, each at most once")
    return dof


def _parents_first(parents: dict[str, str]) -> list[str]:
    """Return the root and the bones below it, level by level."""
    if ROOT in parents:
        raise ValueError("the root hangs on a bone")
    ordered = [ROOT]
    for name in ordered:
        ordered += [child for child, parent in parents.items() if parent == name]
    if len(ordered) != len(parents) + 1:
        raise ValueError("not all bones hang on the root")
    return ordered


def _frames(path: Path) -> tuple[int, list[dict[str, list[str]]]]:
    """Return the number of the first frame, and the words that each frame has for each bone."""
    frames: list[dict[str, list[str]]] = []
    first = 1
    for words in _lines(path):
        if words[0].startswith(":"):
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
    return first, frames


def _motion(
    frames: list[dict[str, list[str]]], first_frame: int, acclaim: _Acclaim, path: Path
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


def _local_motion(
    acclaim: _Acclaim, skeleton: Skeleton, motion: dict[str, Float[np.ndarray, "T D"]]
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
            turned = Rotation.from_euler(order, values[:, turns], degrees=acclaim.degrees)
            # The root's axis is its orientation at zero. The axes of other bones only say about what they turn.
            rotations[:, joint] = to_wxyz(bone.axis * turned if name == ROOT else bone.axis * turned * bone.axis.inv())
        for k, dof in enumerate(bone.dof):
            if dof[0] == "t":
                translations[:, joint, "xyz".index(dof[1])] += values[:, k]
    return translations, rotations
