"""Readers of motion files, one format a module, and the choice among them."""

from dataclasses import replace
from pathlib import Path

from data.clip import InputError, MotionClip
from data.formats import amass, asf_amc, builtin, bvh, c3d, deepmimic, safe_pickle

_BUILTIN = "builtin:"


def read(
    source: str | Path,
    *,
    up_axis: str | None = None,
    unit: str | None = None,
    fps: float | None = None,
    asf: str | Path | None = None,
    body_model: str | Path | None = None,
) -> MotionClip:
    """The clip in a file, by its suffix, or a built-in one, as "builtin:walk".

    Args:
        source: a .bvh, .amc, .c3d, AMASS .npz or DeepMimic .json or .txt file, or "builtin:NAME".
        up_axis: "x", "y" or "z" where the detected one is wrong.
        unit: a key of `conventions.METRES_PER_UNIT` where the detected one is wrong.
        fps: frames a second where the file's own, or the one assumed of an .amc file, is wrong.
        asf: the skeleton of an .amc file; found beside it if None.
        body_model: the file of the SMPL, SMPL-H or SMPL-X model by which an .npz file of AMASS was made.

    Raises:
        InputError: the source cannot be read as a person's motion.
    """
    if str(source).startswith(_BUILTIN):
        name = str(source).removeprefix(_BUILTIN)
        return replace(deepmimic.read(builtin.clip_path(name), up_axis=up_axis, unit=unit, fps=fps), name=name)
    path = Path(source)
    if not path.is_file():
        if path.is_dir():
            raise InputError(f"{path} is a folder: name one of the motion files in it")
        raise InputError(f"there is no file {path}: give a .bvh, .amc, .c3d, .npz, .json or .txt file, or builtin:NAME")
    suffix = path.suffix.lower()
    if suffix == ".bvh":
        return bvh.read(path, up_axis=up_axis, unit=unit, fps=fps)
    if suffix == ".amc":
        return asf_amc.read(path, asf=asf, up_axis=up_axis, unit=unit, fps=fps)
    if suffix == ".c3d":
        return c3d.read(path, up_axis=up_axis, unit=unit, fps=fps)
    if suffix == ".npz":
        if amass.is_motion(keys := safe_pickle.keys(path)):
            return amass.read(path, body_model, up_axis=up_axis, unit=unit, fps=fps)
        raise InputError(
            f"{path} holds {', '.join(keys[:12]) or 'nothing'}, not poses and trans: give a file in the form of AMASS's"
        )
    if suffix in (".json", ".txt"):
        return deepmimic.read(path, up_axis=up_axis, unit=unit, fps=fps)
    if suffix == ".asf":
        raise InputError(f"{path} is a skeleton without motion: give the .amc file, and this one with --asf")
    raise InputError(
        f"{path} has the unknown suffix '{suffix}': give a .bvh, .amc, .c3d, .npz, .json or .txt file, or builtin:NAME"
    )
