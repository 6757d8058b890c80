"""A dataset's sequence as the clip of a run: its folder, its name and the camera that filmed it."""

from dataclasses import dataclass
from pathlib import Path

from data.clip import InputError
from data.datasets import aist, human36m
from data.datasets.sequence import Tree
from pipelines.settings.recording import DATASETS, Dataset, Followed


@dataclass(frozen=True)
class OpenedSequence:
    """A sequence in the folder of a dataset.

    Attributes:
        tree: The dataset's folder.
        name: The sequence's name in the dataset, such as "S9/Walking 1".
        followed: What the run follows: "mocap", "keypoints" or "video".
        camera: The camera whose keypoints or video the run uses: the configured one or the protocol's.
    """

    tree: Tree
    name: str
    followed: Followed
    camera: str


def is_sequence(source: str | None) -> bool:
    """Return whether the name is one of a dataset's sequence, such as "human36m:S9/Walking 1"."""
    return source is not None and source.partition(":")[0] in DATASETS and ":" in source


def open_tree(kind: str, root: Path, detector: str | None = None) -> Tree:
    """Open the folder of a dataset.

    Args:
        kind: "human36m" or "aist".
        root: The folder.
        detector: Whose archive of keypoints to use (Human3.6M only). None: the best detector's.

    Raises:
        InputError: The folder does not exist or cannot be read.
    """
    return human36m.Human36m(root, detector) if kind == "human36m" else aist.Aist(root)


def default_camera(kind: str, sequence: str) -> str:
    """Return the camera of a sequence that the dataset's protocol uses."""
    return human36m.CAMERA if kind == "human36m" else aist.default_camera(sequence)


def open_sequence(source: str, settings: Dataset | None) -> OpenedSequence:
    """Open the dataset's folder that holds a sequence.

    Args:
        source: Dataset and sequence, such as "human36m:S9/Walking 1".
        settings: Where the dataset is and what to use of it.

    Raises:
        InputError: No folder is given, or it cannot be read.
    """
    kind, _, name = source.partition(":")
    if settings is None:
        raise InputError(
            f"{source} is a sequence of a dataset, but the dataset's folder is not given: give it as dataset.root "
            "with --config"
        )
    tree = open_tree(kind, settings.root, settings.keypoints)
    return OpenedSequence(tree, name, settings.input, settings.camera or default_camera(kind, name))


def sequence_files(source: str | None, settings: Dataset | None) -> tuple[Path, ...]:
    """Return the dataset's files that a run reads; none if the clip is not a sequence of a dataset.

    Raises:
        InputError: The dataset's folder is not given or cannot be read.
    """
    if source is None or not is_sequence(source):
        return ()
    sequence = open_sequence(source, settings)
    return sequence.tree.files(sequence.name, sequence.followed, sequence.camera)
