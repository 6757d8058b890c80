"""`diffphy data check`: what a folder has of a dataset, what is missing, and where to get it."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from data.datasets import aist, human36m, human36m_cameras
from data.datasets.human36m import Human36m
from data.datasets.sequence import Tree
from pipelines import terminal
from pipelines.inputs.sequence import default_camera

INPUTS = ("mocap", "keypoints", "video")
HUMAN36M_SOURCES = (
    "Motions and videos: register at http://vision.imar.ro/human3.6m/ and take Poses, D3 Positions, and Videos of each "
    "subject. Free of charge, for academic use only.",
    "Keypoints, data_2d_h36m_cpn_ft_h36m_dbb.npz, and the program that makes data_3d_h36m.npz and "
    "data_2d_h36m_gt.npz from the motions: VideoPose3D, https://github.com/facebookresearch/VideoPose3D (DATASETS.md). "
    "CC BY-NC 4.0; the terms of Human3.6M hold for files made from it.",
)
AIST_SOURCES = (
    "Annotations: https://google.github.io/aistplusplus_dataset/. CC BY 4.0.",
    "Videos: the AIST Dance Video Database, https://aistdancedb.ongaaccel.jp/, under its own terms "
    "(https://aistdancedb.ongaaccel.jp/terms_of_use/); put them into a folder videos.",
)

# Dataset -> input -> the files that it needs.
_FILES = {
    "human36m": {
        "mocap": f"S9/MyPoseFeatures/D3_Positions/Walking 1.cdf and the like, or {human36m.POSES}",
        "keypoints": human36m.KEYPOINTS,
        "video": f"S9/Videos/Walking 1.{human36m.CAMERA}.mp4 and the like",
    },
    "aist": {
        "mocap": "keypoints3d",
        "keypoints": "keypoints2d, their cameras in cameras",
        "video": f"{aist.VIDEOS}, their cameras in cameras",
    },
}


def run_human36m(root: Path, followed: str | None) -> None:
    """Print what a folder has of Human3.6M. Exit with 1 if the protocol lacks something.

    Args:
        root: The folder of the dataset.
        followed: The input for which the protocol is checked. None: all of them.

    Raises:
        InputError: There is no such folder, or a file in it cannot be read.
    """
    tree = Human36m(root)
    if tree.is_archive:
        form = "VideoPose3D's archive of the motions"
    elif tree.sequences:
        form = "the official files of the motions"
    else:
        form = f"neither official files, S9/MyPoseFeatures/D3_Positions/*.cdf, nor an archive, {human36m.POSES}"
    terminal.say(f"Human3.6M in {root}: {form}")
    archives = f"of {', '.join(tree.detectors)}; {tree.detector} is used" if tree.detectors else "none"
    terminal.say(f"Archives of keypoints: {archives}")
    for subject in human36m.SUBJECTS:
        for line in _describe_subject(tree, subject):
            terminal.say(line)
    for name in human36m.CORRUPT:
        terminal.say(f"{name} is corrupt in every copy, and left out")
    protocols = {each: [s.name for s in human36m.evaluated_sequences(each)] for each in INPUTS}
    _conclude("human36m", tree, protocols, followed, HUMAN36M_SOURCES)


def run_aist(root: Path, followed: str | None, split: str) -> None:
    """Print what a folder has of AIST++. Exit with 1 if a split lacks something.

    Args:
        root: The folder of the dataset.
        followed: The input for which the split is checked. None: all of them.
        split: Name of the split.

    Raises:
        InputError: There is no such folder or split, or a file in it cannot be read.
    """
    tree = aist.Aist(root)
    terminal.say(f"AIST++ in {root}: {len(tree.sequences)} sequences, {len(tree.ignored)} in the list of bad ones")
    terminal.say(f"Splits: {', '.join(tree.splits)}; {split} is checked")
    for part in ("ignore_list.txt", "cameras/mapping.txt", aist.SPLITS):
        if not (tree.annotations / part).exists():
            terminal.say(f"There is no {part} in {tree.annotations}")
    names = [each.name for each in tree.split(split)]
    _conclude("aist", tree, dict.fromkeys(INPUTS, names), followed, AIST_SOURCES)


def _describe_subject(tree: Human36m, subject: str) -> Iterable[str]:
    """Yield what the folder has of a subject and what it lacks, a line each."""
    names = [each.name for each in human36m.usable_sequences(subject)]
    there = [name for name in names if name in tree.sequences]
    if not there:
        yield f"{subject}: nothing" + ("" if subject in human36m.TEST_SUBJECTS else "; it is not needed to evaluate")
        return
    counts, missing = [f"{len(there)} of {len(names)} motions"], {"motions": [n for n in names if n not in there]}
    for followed, title in (("keypoints", "keypoints"), ("video", "videos")):
        views = [(name, camera) for name in there for camera in human36m_cameras.NAMES]
        seen = [view for view in views if tree.has(view[0], followed, view[1])]
        counts.append(f"{len(seen)} of {len(views)} {title}")
        if seen:
            missing[title] = [f"{name} by {camera}" for name, camera in views if (name, camera) not in seen]
    yield f"{subject}: {', '.join(counts)}"
    for title, lacking in missing.items():
        if lacking:
            yield f"{subject} lacks the {title} {', '.join(name.removeprefix(f'{subject}/') for name in lacking)}"


def _conclude(
    kind: str, tree: Tree, protocols: dict[str, list[str]], followed: str | None, sources: Sequence[str]
) -> None:
    """Print for which input the folder has all files, and where to get the others. Exit with 1 if any is missing."""
    complete = True
    for each in INPUTS if followed is None else (followed,):
        lacking = [name for name in protocols[each] if not tree.has(name, each, default_camera(kind, name))]
        whole = len(protocols[each])
        if not lacking:
            terminal.say(f"--input {each}: all {whole} sequences of the protocol")
            continue
        complete = False
        if len(lacking) == whole:
            where = _FILES[kind][each]
            terminal.say(f"--input {each}: none of the {whole} sequences of the protocol; their files would be {where}")
            continue
        views = _by_subject(lacking) if each == "mocap" else _by_camera(kind, lacking)
        terminal.say(f"--input {each}: {whole - len(lacking)} of {whole} sequences of the protocol; missing: {views}")
    if not complete:
        for line in ("Where to get the missing files:", *sources):
            terminal.say(line)
        raise SystemExit(1)


def _by_camera(kind: str, names: Iterable[str]) -> str:
    """Return sequences as a text, by the camera through which they are seen."""
    cameras = {name: default_camera(kind, name) for name in names}
    each = (
        f"by camera {view}: {_by_subject(n for n in cameras if cameras[n] == view)}"
        for view in sorted(set(cameras.values()))
    )
    return "; ".join(each)


def _by_subject(names: Iterable[str]) -> str:
    """Return sequences as a text that names each subject once."""
    subjects: dict[str, list[str]] = {}
    for name in names:
        subject, slash, rest = name.rpartition("/")
        subjects.setdefault(f"{subject} " if slash else "", []).append(rest)
    return "; ".join(f"{subject}{', '.join(rest)}" for subject, rest in subjects.items())
