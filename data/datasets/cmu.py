"""Recordings of the CMU Graphics Lab Motion Capture Database (mocap.cs.cmu.edu), as BVH or as AMC beside their ASF."""

from pathlib import Path

from data.clip import InputError

SUFFIXES = (".bvh", ".amc")


def find_clips(root: str | Path) -> dict[str, Path]:
    """Return the motion files below a folder by name, in alphabetical order.

    The name of a clip is its file's stem. Where two files have the same stem, it is the path below `root`.

    Raises:
        InputError: There is no such folder, it is a file, or it holds no motion files.
    """
    root = Path(root)
    if root.is_file():
        raise InputError(f"{root} is a file: give its folder, {root.parent}, with --root")
    if not root.is_dir():
        raise InputError(f"there is no folder {root}: give the folder that holds the .bvh or .amc files with --root")
    paths = sorted(path for path in root.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    if not paths:
        raise InputError(f"{root} holds no .bvh or .amc file: give the folder that does with --root")
    stems = [path.stem for path in paths]
    return {path.stem if stems.count(path.stem) == 1 else path.relative_to(root).as_posix(): path for path in paths}
