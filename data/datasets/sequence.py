"""What a dataset's recording is called, and what its folder may hold of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from data.camera import CalibratedCamera
from data.clip import InputError, MotionClip
from data.keypoints.clip import KeypointClip


@dataclass(frozen=True)
class DatasetSequence:
    """A recording of a dataset.

    name: unique in it, such as "S9/Walking 1". action: by which results are grouped. group: a larger one, such as the
    actions that optimizers were trained on.
    """

    name: str
    subject: str
    action: str
    group: str


@runtime_checkable
class Tree(Protocol):
    """A folder that holds a dataset, or a part of it. Every method raises InputError for what is not there."""

    path: Path
    sequences: Mapping[str, DatasetSequence]
    """Those whose motion is there, by name."""

    def truth(self, name: str) -> MotionClip:
        """The recorded motion at the dataset's own frame rate; the world as the dataset has it, but Z up, m."""
        ...

    def cameras(self, name: str) -> Mapping[str, CalibratedCamera]:
        """Lenses and poses in the world of `truth`, by the cameras' names."""
        ...

    def keypoints(self, name: str, camera: str) -> KeypointClip:
        """What a camera saw of it, frame by frame of `truth`."""
        ...

    def video(self, name: str, camera: str) -> Path:
        """A camera's video of it, whose frames are those of `truth`."""
        ...

    def has(self, name: str, what: str, camera: str) -> bool:
        """Whether there are "keypoints" or a "video" of a camera; the motion is asked for with "mocap"."""
        ...

    def files(self, name: str, what: str, camera: str) -> tuple[Path, ...]:
        """What is read for it."""
        ...


def existing_folder(path: str | Path) -> Path:
    """Raises InputError where a dataset's folder is none."""
    path = Path(path)
    if not path.is_dir():
        raise InputError(f"there is no folder {path}: name the one that holds the dataset with --root")
    return path


def find_sequence(tree: Tree, name: str) -> DatasetSequence:
    """A sequence by name. Raises InputError, naming some that there are, if the folder does not hold it."""
    if name not in tree.sequences:
        some = ", ".join(list(tree.sequences)[:3]) or "none at all"
        raise InputError(f"{tree.path} holds no sequence '{name}', but {some}: name one that it holds, or get the rest")
    return tree.sequences[name]
