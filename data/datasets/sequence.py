"""A sequence of a dataset, and the methods of a folder that holds a dataset."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from data.camera import CalibratedCamera
from data.clip import InputError, MotionClip
from data.keypoints.clip import KeypointClip


@dataclass(frozen=True)
class DatasetSequence:
    """One recording of a dataset.

    Attributes:
        name: Unique name in the dataset, such as "S9/Walking 1".
        subject: The person.
        action: The action; results are grouped by it.
        group: A larger group, such as the actions on which optimizers were trained.
    """

    name: str
    subject: str
    action: str
    group: str


@runtime_checkable
class Tree(Protocol):
    """A folder that holds a dataset or a part of it. Every method raises InputError for what is missing.

    Attributes:
        path: The folder.
        sequences: The sequences whose motion is in the folder, by name.
    """

    path: Path
    sequences: Mapping[str, DatasetSequence]

    def truth(self, name: str) -> MotionClip:
        """Return the recorded motion, m, at the dataset's own frame rate. The world is the dataset's, turned Z up."""
        ...

    def cameras(self, name: str) -> Mapping[str, CalibratedCamera]:
        """Return the cameras by name, with poses in the world of `truth`."""
        ...

    def keypoints(self, name: str, camera: str) -> KeypointClip:
        """Return what a camera saw, in the frames of `truth`."""
        ...

    def video(self, name: str, camera: str) -> Path:
        """Return a camera's video, which has the frames of `truth`."""
        ...

    def has(self, name: str, followed: str, camera: str) -> bool:
        """Return whether the folder holds a sequence's "mocap", or its "keypoints" or "video" by this camera."""
        ...

    def files(self, name: str, followed: str, camera: str) -> tuple[Path, ...]:
        """Return the files that are read for a sequence."""
        ...


def existing_folder(path: str | Path) -> Path:
    """Return the folder of a dataset. Raises InputError where there is none."""
    path = Path(path)
    if not path.is_dir():
        raise InputError(f"there is no folder {path}: give the folder of the dataset with --root")
    return path


def find_sequence(tree: Tree, name: str) -> DatasetSequence:
    """Return a sequence by name.

    Raises:
        InputError: The folder does not hold it. The message names some sequences that it holds.
    """
    if name not in tree.sequences:
        some = ", ".join(list(tree.sequences)[:3]) or "none at all"
        raise InputError(
            f"{tree.path} holds no sequence '{name}', but holds {some}: name one of these, or get the rest"
        )
    return tree.sequences[name]
