"""The motions that pybullet_data ships: 15 of DeepMimic's humanoid and 5 of its walker, all in the humanoid3d layout.

The walker clips (`walker_...`) are walking steps of one gait cycle, straight on and with turns to either side, made for
a character with the same skeleton and the same 44 numbers a frame.
"""

from pathlib import Path

import pybullet_data

from data.clip import InputError


def clip_paths() -> dict[str, Path]:
    """File of each built-in clip by name: the humanoid's first, then the walker's, each in alphabetical order."""
    folder = Path(pybullet_data.getDataPath()) / "data" / "motions"
    humanoid = {path.stem.removeprefix("humanoid3d_"): path for path in sorted(folder.glob("humanoid3d_*.txt"))}
    walker = {f"walker_{path.stem.lstrip('0')}": path for path in sorted((folder / "walker").glob("*.txt"))}
    return humanoid | walker


def humanoid_names() -> tuple[str, ...]:
    """The 15 humanoid clips, those of the benchmark table."""
    return tuple(name for name in clip_paths() if not name.startswith("walker_"))


def clip_path(name: str) -> Path:
    """File of a built-in clip. Raises InputError, listing the names, if there is none."""
    known = clip_paths()
    if name not in known:
        raise InputError(f"there is no built-in clip '{name}': use one of {', '.join(known)}")
    return known[name]
