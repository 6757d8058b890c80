"""The sets of clips that `diffphy evaluate` runs over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data.builtin_clips import clip_paths, humanoid_names
from data.clip import InputError
from data.datasets import aist, cmu, human36m
from data.datasets.sequence import DatasetSequence, Tree
from pipelines.evaluation.paper_rows import AIST_VIDEO, HUMAN36M_MOCAP, HUMAN36M_VIDEO, PaperRow
from pipelines.inputs.sequence import default_camera, open_tree
from pipelines.settings.recording import Followed


@dataclass(frozen=True)
class ClipSet:
    """The clips of an evaluation.

    Attributes:
        name: Name of the folder of the results.
        clips: Name -> the setting `clip` of the configuration.
        defaults: Settings of every clip by their dotted keys. What the user gives replaces them.
        settings: Settings of every clip by their dotted keys. They replace what the user gives.
        own: Clip -> its own settings by their dotted keys. They replace a configuration's; options replace them.
        absent: Clips that belong to the set and are not there -> why.
        groups: Clip -> the groups over which means are taken.
        paper: The rows of the paper to show beside ours.
        through_cameras: Whether synthetic cameras see the clips, and their keypoints are followed.
        truth_apart: Whether the truth is in files of its own. The metrics of a run then say nothing of its errors.
    """

    name: str
    clips: Mapping[str, str]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    own: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    absent: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    paper: Sequence[PaperRow] = ()
    through_cameras: bool = False
    truth_apart: bool = False


def builtin_clips(walker: bool) -> ClipSet:
    """Return the built-in humanoid clips and, if `walker`, those of the walker."""
    names = clip_paths() if walker else humanoid_names()
    return ClipSet("builtin", {name: f"builtin:{name}" for name in names})


def cmu_clips(root: Path, cameras: str | None = None) -> ClipSet:
    """Return every BVH and AMC file in a folder and its subfolders.

    Args:
        root: The folder.
        cameras: The cameras through which the clips are seen. None: the recordings themselves are followed.

    Raises:
        InputError: The folder has no such file.
    """
    name = "cmu" if cameras is None else f"cmu_through_{cameras}_cameras"
    clips = {clip: str(path) for clip, path in cmu.find_clips(root).items()}
    return ClipSet(name, clips, through_cameras=cameras is not None)


def human36m_clips(root: Path, followed: Followed, camera: str | None = None, keypoints: str | None = None) -> ClipSet:
    """Return the protocol of Human3.6M: 20 sequences as motion capture, or 39 by one camera.

    Args:
        root: The folder of the dataset.
        followed: What is followed.
        camera: The camera of the keypoints and videos. None: that of the protocol.
        keypoints: The detector whose archive of keypoints is read. None: the best one.

    Raises:
        InputError: The folder has none of the sequences, or cannot be read.
    """
    tree = open_tree("human36m", root, keypoints)
    groups = {each.name: (each.action, each.group) for each in human36m.video_sequences()}
    paper = HUMAN36M_MOCAP if followed == "mocap" else HUMAN36M_VIDEO
    # These steps are about as long as those at the usual 30 fps.
    rates = {"simulation.control_fps": human36m.FPS, "simulation.substeps": 5}
    where = {"dataset.camera": camera, "dataset.keypoints": keypoints}
    return _of_dataset("human36m", tree, human36m.evaluated_sequences(followed), followed, where, rates, groups, paper)


def aist_clips(root: Path, followed: Followed, camera: str | None = None, split: str = aist.PAPER) -> ClipSet:
    """Return the dances of a split of AIST++.

    Args:
        root: The folder of the dataset.
        followed: What is followed.
        camera: The camera of the keypoints and videos. None: that of the protocol.
        split: Name of the split.

    Raises:
        InputError: The split is unknown, or the folder has none of its sequences or cannot be read.
    """
    tree = aist.Aist(root)
    wanted = tree.split(split)
    groups = {each.name: (each.action,) for each in wanted}
    paper = AIST_VIDEO if followed != "mocap" and split == aist.PAPER else ()
    rates = {"simulation.control_fps": aist.FPS}
    return _of_dataset("aist", tree, wanted, followed, {"dataset.camera": camera}, rates, groups, paper)


def _of_dataset(
    kind: str,
    tree: Tree,
    wanted: Sequence[DatasetSequence],
    followed: Followed,
    where: Mapping[str, Any],
    rates: Mapping[str, Any],
    groups: Mapping[str, Sequence[str]],
    paper: Sequence[PaperRow],
) -> ClipSet:
    """Return the wanted sequences of a dataset.

    Args:
        kind: "human36m" or "aist".
        tree: The folder of the dataset.
        wanted: The sequences.
        followed: What is followed.
        where: The settings that choose the camera and the keypoints.
        rates: The default rates.
        groups: Sequence -> its groups.
        paper: The rows of the paper.
    """
    cameras = {each.name: where["dataset.camera"] or default_camera(kind, each.name) for each in wanted}
    there = [name for name, camera in cameras.items() if tree.has(name, followed, camera)]
    if not there:
        raise InputError(
            f"{tree.path} holds nothing that --input {followed} needs: get what diffphy data check {kind} says it lacks"
        )
    lacking = {"mocap": "its motion", "keypoints": "its keypoints by camera {}", "video": "its video by camera {}"}
    absent = {
        name: f"{tree.path} lacks {lacking[followed].format(camera)}: get it, diffphy data check {kind} says where"
        for name, camera in cameras.items()
        if name not in there
    }
    return ClipSet(
        name=f"{kind}_{followed}",
        clips={name: f"{kind}:{name}" for name in there},
        defaults=rates,
        settings={"dataset.root": tree.path, "dataset.input": followed, **where},
        absent=absent,
        groups=groups,
        paper=paper,
    )
