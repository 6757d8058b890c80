"""The formats of motion files, and the choice of the reader.

To add a format, write a module and add one entry:

| the file holds | write a module here with | add one entry to |
| --- | --- | --- |
| a motion in space | `read(path, options) -> MotionClip`, see `reading.MotionReader` | `MOTION_FORMATS` below |
| keypoints in pictures | `holds(content)` and `read(content, path, size) -> People` | `keypoints.JSON_LAYOUTS` |
| cameras | a parser `(text) -> table` | `cameras.PARSERS` |

A format that people try but that no reader knows gets a sentence in `UNREADABLE`. The messages take the suffixes from
the registry, and the commands call `formats.read`, `keypoints.read` and `cameras.read`. A new suffix of motion files is
also named in the help of `diffphy` (`MOTION_FILES` there), in docs/inputs.md, and in
tests/data/formats/test_registry.py.

A reader turns the file's axes and unit into ours (Z up, metres) with `data.conventions`. It gives joints the names that
the file has; `data.rigs.joint_maps` finds ours among them. Joints without rotations become a clip with
`data.rigs.joint_orientations`. A file that cannot be used raises `InputError`: what is wrong, where, what to do.
"""

from dataclasses import replace
from pathlib import Path

from data import builtin_clips
from data.clip import InputError, MotionClip
from data.formats import amass, asf_amc, bvh, c3d, deepmimic, gltf, joints_in_space, trc
from data.formats.reading import FOLDER, MotionFormat, ReadOptions

MOTION_FORMATS = (
    MotionFormat("BVH", (".bvh",), bvh.read),
    MotionFormat("Acclaim", (".amc",), asf_amc.read, companions=("asf",)),
    MotionFormat("C3D", (".c3d",), c3d.read),
    MotionFormat("TRC", (".trc",), trc.read),
    MotionFormat("glTF", (".glb", ".gltf"), gltf.read),
    MotionFormat("joints in space", (".npz",), joints_in_space.read, joints_in_space.holds, companions=("sequence",)),
    MotionFormat("CMU Panoptic", (FOLDER,), joints_in_space.read_panoptic, joints_in_space.holds_panoptic),
    MotionFormat("AMASS", (".npz",), amass.read, amass.holds, companions=("body_model",)),
    MotionFormat("DeepMimic", (".json", ".txt"), deepmimic.read),
)
"""Formats may share a suffix: the first one that holds the file's content reads it, otherwise the last one."""

UNREADABLE = {
    ".asf": "is a skeleton without motion: give the .amc file, and this one with --asf",
    ".fbx": "is a closed format: export it as .bvh, for example with Blender (File > Import > FBX, Export > BVH)",
    ".mot": "holds joint angles or forces of OpenSim: give the markers, in the .trc file",
}
"""Suffix -> why such a file cannot be read, and what to do."""

_BUILTIN = "builtin:"


def motion_suffixes() -> tuple[str, ...]:
    """Return the suffixes of all motion formats, in the order of the registry."""
    suffixes = (suffix for each in MOTION_FORMATS for suffix in each.suffixes if suffix != FOLDER)
    return tuple(dict.fromkeys(suffixes))


def read(
    source: str | Path,
    *,
    up_axis: str | None = None,
    unit: str | None = None,
    fps: float | None = None,
    asf: str | Path | None = None,
    body_model: str | Path | None = None,
    sequence: str | None = None,
) -> MotionClip:
    """Read the clip in a file, or a built-in clip.

    Args:
        source: A file with one of `motion_suffixes()`, or "builtin:NAME".
        up_axis: See `reading.ReadOptions`, as for the other options.

    Raises:
        InputError: The source cannot be read as a person's motion.
    """
    options = ReadOptions(up_axis, unit, fps, asf, body_model, sequence)
    if str(source).startswith(_BUILTIN):
        _refuse_companions(str(source), "is a built-in clip", (), options)
        name = str(source).removeprefix(_BUILTIN)
        return replace(deepmimic.read(builtin_clips.clip_path(name), options), name=name)
    path = Path(source)
    if path.is_dir():
        found = next((each for each in MOTION_FORMATS if FOLDER in each.suffixes and _holds(each, path)), None)
        if found is None:
            raise InputError(f"{path} is a folder: name one of the motion files in it")
        return found.read(path, options)
    if not path.is_file():
        raise InputError(f"there is no file {path}: give a {_readable()}")
    found = find_format(path)
    _refuse_companions(str(path), f"is a file of {found.name}", found.companions, options)
    return found.read(path, options)


def _refuse_companions(source: str, kind: str, companions: tuple[str, ...], options: ReadOptions) -> None:
    """Check that no file is given which the recording is not read with.

    Raises:
        InputError: One is.
    """
    for name, flag in (("asf", "--asf"), ("body_model", "--body-model"), ("sequence", "--sequence")):
        if getattr(options, name) is not None and name not in companions:
            raise InputError(f"{source} {kind}: {flag} (input.{name}) has no effect on it, remove it")


def find_format(path: Path) -> MotionFormat:
    """Return the format of a motion file, by its suffix and, where formats share the suffix, by its content.

    Raises:
        InputError: No format has the suffix.
    """
    suffix = path.suffix.lower()
    if suffix in UNREADABLE:
        raise InputError(f"{path} {UNREADABLE[suffix]}")
    candidates = [each for each in MOTION_FORMATS if suffix in each.suffixes]
    if not candidates:
        raise InputError(f"{path} has the unknown suffix '{suffix}': give a {_readable()}")
    *others, last = candidates
    return next((each for each in others if _holds(each, path)), last)


def _holds(each: MotionFormat, path: Path) -> bool:
    return each.holds is None or each.holds(path)


def _readable() -> str:
    *suffixes, last = motion_suffixes()
    return f"{', '.join(suffixes)} or {last} file, or builtin:NAME"
