"""Which sequence of which dataset a run is of."""

from pathlib import Path

from data.clip import InputError, MotionClip
from data.datasets import aist, human36m
from data.datasets.sequence import Tree
from pipelines.config import RunConfig
from pipelines.settings.recording import DATASETS, Dataset


def is_sequence(source: str | None) -> bool:
    """Whether the name is that of a dataset's sequence, such as "human36m:S9/Walking 1"."""
    return source is not None and source.partition(":")[0] in DATASETS and ":" in source


def open_tree(kind: str, root: Path, detector: str | None = None) -> Tree:
    """A dataset's folder: "human36m" or "aist". Raises InputError if there is none, or it cannot be read."""
    return human36m.Human36m(root, detector) if kind == "human36m" else aist.Aist(root)


def default_camera(kind: str, sequence: str) -> str:
    """Through which a sequence is seen where nobody says."""
    return human36m.CAMERA if kind == "human36m" else aist.default_camera(sequence)


def read_truth(config: RunConfig) -> MotionClip:
    """The recorded motion of a sequence. Raises InputError if the folder does not hold it, or it cannot be read."""
    _, tree, name, _ = opened(config)
    return tree.truth(name)


def files_of(config: RunConfig) -> tuple[Path, ...]:
    """What a run reads of a dataset; nothing if its clip is no sequence of one."""
    if not is_sequence(config.clip):
        return ()
    given, tree, name, view = opened(config)
    return tree.files(name, given.input, view)


def opened(config: RunConfig) -> tuple[Dataset, Tree, str, str]:
    """The settings, folder, sequence and camera of a run. Raises InputError where they are not to be had."""
    kind, _, name = (config.clip or "").partition(":")
    if config.dataset is None:
        raise InputError(
            f"{config.clip} is a sequence of a dataset, and nobody says where that is: give its folder as dataset.root "
            "with --config"
        )
    tree = open_tree(kind, config.dataset.root, config.dataset.keypoints)
    return config.dataset, tree, name, config.dataset.camera or default_camera(kind, name)
