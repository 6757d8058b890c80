"""The skeleton of an Acclaim motion: an ASF file.

A bone of the skeleton becomes the joint at its beginning, with the bone's name. The last bone of each limb also gives
"<bone>_end". A length in metres is value x 0.0254 / length, with `length` from the skeleton's :units.

Source: M. Schafer, "ASF skeleton file format", 1994.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from data.clip import InputError
from data.conventions import MAX_VALUE, remedy_for_number
from data.skeleton import Skeleton

INCH = 0.0254
ROOT = "root"
_DOF = ("tx", "ty", "tz", "rx", "ry", "rz")


@dataclass(frozen=True)
class Bone:
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
class Acclaim:
    """The content of an ASF file.

    Attributes:
        bones: Bones by name, the root first, parents before children.
        parents: Name of each bone's parent.
        metres: Metres per file unit.
        degrees: Whether angles are in degrees.
    """

    bones: dict[str, Bone]
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


def read_lines(path: Path) -> list[list[str]]:
    """Return the words of each line, without comments and empty lines."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; give a file that can be read") from None
    lines = (line.partition("#")[0].split() for line in text.splitlines())
    return [line for line in lines if line]


def read_skeleton(path: Path) -> Acclaim:
    """Return the content of an ASF file. Raises InputError where it is another format or broken."""
    sections: dict[str, list[list[str]]] = {}
    for line in read_lines(path):
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
        return Acclaim({name: bones[name] for name in ordered}, parents, metres, degrees)
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


def _root(lines: list[list[str]], degrees: bool) -> Bone:
    fields = {line[0]: line[1:] for line in lines}
    axis = Rotation.from_euler(fields["axis"][0].lower(), _numbers(fields["orientation"], 3), degrees=degrees)
    return Bone(axis, _dof(fields["order"]), np.zeros(3))


def _bones(lines: list[list[str]], degrees: bool) -> dict[str, Bone]:
    bones: dict[str, Bone] = {}
    fields: dict[str, list[str]] = {}
    for line in lines:
        if line[0] == "begin":
            fields = {}
        elif line[0] == "end":
            axis = Rotation.from_euler(fields["axis"][3].lower(), _numbers(fields["axis"], 3), degrees=degrees)
            name, length = fields["name"][0], _numbers(fields["length"], 1)
            if length < 0:
                raise ValueError(f"bone {name} has the length {length[0]:g}")
            bones[name] = Bone(axis, _dof(fields.get("dof", [])), length * _numbers(fields["direction"], 3))
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
