"""The motions that pybullet_data ships: 15 of DeepMimic's humanoid and 5 of its walker, all in the humanoid3d layout.

The walker clips (`walker_...`) are steps of one gait cycle, straight on and with turns to either side. They were made
for a character with the same skeleton and the same 44 numbers a frame.
"""

from pathlib import Path

import pybullet_data

from data.clip import InputError


def clip_paths() -> dict[str, Path]:
    """Return the file of each built-in clip by name: the humanoid's, then the walker's, each in alphabetical order."""
    folder = Path(pybullet_data.getDataPath()) / "data" / "motions"
    humanoid = {path.stem.removeprefix("humanoid3d_"): path for path in sorted(folder.glob("humanoid3d_*.txt"))}
    walker = {f"walker_{path.stem.lstrip('0')}": path for path in sorted((folder / "walker").glob("*.txt"))}
    return humanoid | walker


def humanoid_names() -> tuple[str, ...]:
    """Return the names of the 15 humanoid clips: the clips of the benchmark table."""
    return tuple(name for name in clip_paths() if not name.startswith("walker_"))


def clip_path(name: str) -> Path:
    """Return the file of a built-in clip.

    Raises:
        InputError: There is no clip with this name. The message lists the names.
    """
    known = clip_paths()
    if name not in known:
        raise InputError(f"there is no built-in clip '{name}': use one of {', '.join(known)}")
    return known[name]
