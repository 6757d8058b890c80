"""Keypoints as an .npz file: `keypoints`, and optionally `set` or `names`, and `fps`.

`keypoints` is (T, K, 3) for one person or (T, P, K, 3) for several: column, row, confidence.
"""

from pathlib import Path

import numpy as np

from data.clip import InputError
from data.formats.people_in_frames import PeopleInFrames, names_by_number
from data.formats.safe_pickle import DAMAGED
from data.keypoints.pictures import are_in_space
from data.keypoints.sets import NAMES


def holds(path: Path) -> bool:
    """Return whether an .npz file has an array of keypoints, and they are no joints in space."""
    with np.load(path, allow_pickle=False) as file:
        if "keypoints" not in file.files:
            return False
        values = file["keypoints"]
        return not (values.dtype.kind in "fiu" and values.shape[-1:] == (3,) and are_in_space(values.astype(float)))


def read(path: Path) -> PeopleInFrames:
    """Return the people in the frames of a file.

    Raises:
        InputError: The file cannot be read, or its arrays have a wrong shape or unknown names.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files if name in ("keypoints", "set", "names", "fps")}
    except (OSError, *DAMAGED) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"{path} cannot be read: {reason}; write it with numpy.savez, without pickled objects"
        ) from None
    keypoints = arrays.get("keypoints")
    if (
        keypoints is None
        or keypoints.dtype.kind not in "fiu"
        or keypoints.ndim not in (3, 4)
        or keypoints.shape[-1] != 3
    ):
        raise InputError(
            f"{path} holds no keypoints: write an array 'keypoints' of shape (frames, keypoints, 3), with column, row "
            "and confidence, or one of shape (frames, persons, keypoints, 3)"
        )
    if keypoints.ndim == 3:
        keypoints = keypoints[:, None]
    number = keypoints.shape[2]
    if "names" in arrays:
        names = _check_names(arrays["names"], path)
    elif "set" in arrays:
        names = _names_of_set(str(arrays["set"]), path)
    else:
        names = names_by_number(number, path, list(keypoints))
    if len(names) != number:
        raise InputError(f"{path} has {number} keypoints, but {len(names)} names: write a name for each")
    fps = arrays.get("fps")
    if fps is not None and (fps.size != 1 or fps.dtype.kind not in "fiu"):
        raise InputError(f"{path} has an fps that is not one number: write one number, or give --fps")
    own_fps = None if fps is None else float(fps.ravel()[0])
    return PeopleInFrames(names, list(keypoints.astype(float)), own_fps)


def _check_names(names: np.ndarray, path: Path) -> tuple[str, ...]:
    """Return the names in an array. Raises InputError unless each is known and appears once."""
    if names.dtype.kind == "S":
        names = np.char.decode(names, "latin1")
    listed = tuple(map(str, names.ravel()))
    known = {name for each in NAMES.values() for name in each}
    wrong = sorted({name for name in listed if name not in known or listed.count(name) > 1})
    if wrong:
        raise InputError(f"{path} has unknown or repeated names of keypoints, {', '.join(wrong)}: use those of a set")
    return listed


def _names_of_set(name: str, path: Path) -> tuple[str, ...]:
    if name not in NAMES:
        raise InputError(f"{path} names the unknown set of keypoints '{name}': use one of {', '.join(NAMES)}")
    return NAMES[name]
