"""The sets of clips that `diffphy evaluate` runs over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data.clip import InputError
from data.datasets import aist, builtin, cmu, human36m
from data.datasets.sequence import DatasetSequence, Tree
from pipelines.evaluation.paper_rows import AIST_VIDEO, HUMAN36M_MOCAP, HUMAN36M_VIDEO, PaperRow
from pipelines.inputs.sequence import default_camera, open_tree
from pipelines.settings.recording import Followed


@dataclass(frozen=True)
class ClipSet:
    """What an evaluation runs over.

    name: of its folder. clips: name -> what `RunConfig.clip` is. defaults, settings: dotted keys of the configuration
    for every clip, below and above what the user gives; absent: clips that belong to it and are not there -> why.
    groups: clip -> those over which means are taken. paper: the rows to be shown beside ours.
    """

    name: str
    clips: Mapping[str, str]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    absent: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    paper: Sequence[PaperRow] = ()


def builtin_clips(walker: bool) -> ClipSet:
    """The built-in humanoid clips, and the walker's too if asked for."""
    names = builtin.clip_paths() if walker else builtin.humanoid_names()
    return ClipSet("builtin", {name: f"builtin:{name}" for name in names})


def cmu_clips(root: Path, cameras: str | None = None) -> ClipSet:
    """Every BVH and AMC file in a folder and its subfolders, to be seen through `cameras` unless they are None.

    Raises InputError if there are none.
    """
    name = "cmu" if cameras is None else f"cmu_through_{cameras}_cameras"
    return ClipSet(name, {name: str(path) for name, path in cmu.find_clips(root).items()})


def human36m_clips(root: Path, what: Followed, camera: str | None = None, keypoints: str | None = None) -> ClipSet:
    """The protocol of Human3.6M: 20 sequences as motion capture, or 39 by one camera.

    Args:
        root: its folder.
        what: is followed.
        camera: through which keypoints and videos are seen; the protocol's if None.
        keypoints: whose archive of them; the best detector's if None.

    Raises:
        InputError: the folder holds none of the sequences, or cannot be read.
    """
    tree = open_tree("human36m", root, keypoints)
    groups = {each.name: (each.action, each.group) for each in human36m.video_sequences()}
    paper = HUMAN36M_MOCAP if what == "mocap" else HUMAN36M_VIDEO
    # Steps about as long as those at the usual 30 fps.
    rates = {"simulation.control_fps": human36m.FPS, "simulation.substeps": 5}
    where = {"dataset.camera": camera, "dataset.keypoints": keypoints}
    return _of_dataset("human36m", tree, human36m.evaluated_sequences(what), what, where, rates, groups, paper)


def aist_clips(root: Path, what: Followed, camera: str | None = None, split: str = aist.PAPER) -> ClipSet:
    """The dances of a split of AIST++. Raises InputError as `human36m_clips`, and for an unknown split."""
    tree = aist.Aist(root)
    wanted = tree.split(split)
    groups = {each.name: (each.action,) for each in wanted}
    paper = AIST_VIDEO if what != "mocap" and split == aist.PAPER else ()
    rates = {"simulation.control_fps": aist.FPS}
    return _of_dataset("aist", tree, wanted, what, {"dataset.camera": camera}, rates, groups, paper)


def _of_dataset(
    kind: str,
    tree: Tree,
    wanted: Sequence[DatasetSequence],
    what: Followed,
    where: Mapping[str, Any],
    rates: Mapping[str, Any],
    groups: Mapping[str, Sequence[str]],
    paper: Sequence[PaperRow],
) -> ClipSet:
    cameras = {each.name: where["dataset.camera"] or default_camera(kind, each.name) for each in wanted}
    there = [name for name, camera in cameras.items() if tree.has(name, what, camera)]
    if not there:
        raise InputError(
            f"{tree.path} holds nothing that --input {what} needs: get what diffphy data check {kind} says it lacks"
        )
    lacking = {"mocap": "its motion", "keypoints": "its keypoints by camera {}", "video": "its video by camera {}"}
    absent = {
        name: f"{tree.path} lacks {lacking[what].format(camera)}: get it, diffphy data check {kind} says where"
        for name, camera in cameras.items()
        if name not in there
    }
    return ClipSet(
        name=f"{kind}_{what}",
        clips={name: f"{kind}:{name}" for name in there},
        defaults=rates,
        settings={"dataset.root": tree.path, "dataset.input": what, **where},
        absent=absent,
        groups=groups,
        paper=paper,
    )
