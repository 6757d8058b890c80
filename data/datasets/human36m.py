"""Human3.6M: which sequences there are, which are evaluated, and where a folder holds them.

A folder is the official tree, `S9/MyPoseFeatures/D3_Positions/Walking 1.cdf` and `S9/Videos/Walking 1.60457274.mp4`,
or holds VideoPose3D's archive `data_3d_h36m.npz`. Both may also hold `data_2d_h36m_*.npz`.

Sources: Ionescu et al., Human3.6M, 2014, and the names of its files. Pavllo et al., 2019 (VideoPose3D), for the
archives and for the corrupt file. The code of Le et al., Optimal-state dynamics estimation for physics-based human
motion capture from videos, 2024 (OSDCap), which compares itself with DiffPhy, for the actions with foot-ground contact
and for the camera of the test subjects.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np

from data.camera import CalibratedCamera
from data.clip import InputError, MotionClip
from data.datasets import human36m_cameras
from data.datasets.sequence import DatasetSequence, existing_folder, find_sequence
from data.formats import human36m as pose_files
from data.formats import safe_pickle
from data.keypoints.clip import KeypointClip
from data.keypoints.sets import NAMES

FPS = 25.0
"""Frame rate of the evaluation: every second recorded frame."""
SUBJECTS = ("S1", "S5", "S6", "S7", "S8", "S9", "S11")
TEST_SUBJECTS = ("S9", "S11")
CAMERA = "60457274"
"""The camera that is used for the test subjects."""
FOOT_CONTACT = (
    *("Directions", "Discussion", "Greeting", "Posing", "Purchases"),
    *("Photo", "Waiting", "Walking", "WalkDog", "WalkTogether"),
)
"""Actions in which only the feet carry the person: no chair."""
ACTIONS = (*FOOT_CONTACT, "Eating", "Phoning", "Sitting", "SittingDown", "Smoking")
WALKING = ("Walking", "WalkTogether")
"""The actions on which the paper trains optimizers (its footnote 5); all others are out of domain."""
IN_DOMAIN, OUT_OF_DOMAIN = "in domain (walking)", "out of domain"
CORRUPT = ("S11/Directions",)
"""Sequences that are damaged in every copy. VideoPose3D's archive also leaves them out."""
POSES, KEYPOINTS = "data_3d_h36m.npz", "data_2d_h36m_*.npz"
DETECTORS = ("cpn_ft_h36m_dbb", "detectron_ft_h36m", "sh_ft_h36m", "sh_pt_mpii")
"""Detectors of the keypoint archives, the best first. "gt", the true joints as the cameras see them, comes last."""

# The two trials of an action X are called "X 1" and "X", except for these.
_TRIALS = {
    "S1": {"Eating": (" 2", ""), "Sitting": (" 1", " 2"), "SittingDown": (" 2", "")},
    "S5": {
        **dict.fromkeys(("Directions", "Greeting", "Waiting"), (" 1", " 2")),
        "Discussion": (" 2", " 3"),
        "SittingDown": ("", " 1"),
        "Photo": ("", " 2"),
    },
    "S6": {
        **dict.fromkeys(("Eating", "Sitting"), (" 1", " 2")),
        "Posing": (" 2", ""),
        "Photo": ("", " 1"),
        "Waiting": (" 3", ""),
    },
    "S7": {
        **dict.fromkeys(("SittingDown", "Photo"), ("", " 1")),
        **dict.fromkeys(("Waiting", "Walking"), (" 1", " 2")),
        "Phoning": (" 2", ""),
    },
    "S8": {"SittingDown": ("", " 1"), "WalkTogether": (" 1", " 2")},
    "S9": {"SittingDown": ("", " 1"), "Discussion": (" 1", " 2")},
    "S11": {
        "SittingDown": ("", " 1"),
        "Discussion": (" 1", " 2"),
        "Greeting": (" 2", ""),
        "Phoning": (" 3", " 2"),
        "Smoking": (" 2", ""),
    },
}
_OTHER_NAMES = {"TakingPhoto": "Photo", "WalkingDog": "WalkDog"}  # names in S1's official files -> ours
# Set of keypoints -> the indices of its left and of its right keypoints.
_SIDES = {
    "h36m_17": [[4, 5, 6, 11, 12, 13], [1, 2, 3, 14, 15, 16]],
    "coco_17": [[1, 3, 5, 7, 9, 11, 13, 15], [2, 4, 6, 8, 10, 12, 14, 16]],
}


def trials(subject: str, action: str) -> tuple[DatasetSequence, DatasetSequence]:
    """Return the two sequences of an action, in the dataset's order."""
    first, second = _TRIALS[subject].get(action, (" 1", ""))
    group = IN_DOMAIN if action in WALKING else OUT_OF_DOMAIN
    return (
        DatasetSequence(f"{subject}/{action}{first}", subject, action, group),
        DatasetSequence(f"{subject}/{action}{second}", subject, action, group),
    )


def usable_sequences(subject: str) -> tuple[DatasetSequence, ...]:
    """Return a subject's usable sequences: thirty, and one less for S11."""
    return _usable(sequence for action in ACTIONS for sequence in trials(subject, action))


def mocap_sequences() -> tuple[DatasetSequence, ...]:
    """Return the 20 sequences that are evaluated from motion capture.

    The paper has 20 sequences and does not name them. These are our choice: the first trial of every action with
    foot-ground contact, by both test subjects.
    """
    return tuple(trials(subject, action)[0] for subject in TEST_SUBJECTS for action in FOOT_CONTACT)


def video_sequences() -> tuple[DatasetSequence, ...]:
    """Return the test subjects' 39 sequences with foot-ground contact, which are evaluated from keypoints or videos."""
    both = (trials(subject, action) for subject in TEST_SUBJECTS for action in FOOT_CONTACT)
    return _usable(sequence for pair in both for sequence in pair)


def evaluated_sequences(followed: str) -> tuple[DatasetSequence, ...]:
    """Return the sequences that are evaluated from "mocap", "keypoints" or "video"."""
    return mocap_sequences() if followed == "mocap" else video_sequences()


def _usable(sequences: Iterable[DatasetSequence]) -> tuple[DatasetSequence, ...]:
    return tuple(sequence for sequence in sequences if sequence.name not in CORRUPT)


class Human36m:
    """A folder of Human3.6M; see `data.datasets.sequence.Tree`.

    Attributes:
        is_archive: Whether the motions are in VideoPose3D's archive.
        detectors: The detectors whose keypoint archives are in the folder.
        detector: The detector whose archive is used; None where there is none.
    """

    def __init__(self, path: str | Path, detector: str | None = None):
        """Look at what the folder holds.

        Args:
            path: The official tree, or a folder with the archives.
            detector: Which archive of keypoints, such as "gt" for data_2d_h36m_gt.npz; the best one if None.

        Raises:
            InputError: There is no such folder or archive, or an archive cannot be read.
        """
        self.path = existing_folder(path)
        self._poses = _find_official_files(self.path)
        self.is_archive = not self._poses and (self.path / POSES).is_file()
        names = list(self._poses)
        if self.is_archive:
            names = [f"{subject}/{action}" for subject, actions in self._archive().items() for action in actions]
        usable = {sequence.name: sequence for subject in SUBJECTS for sequence in usable_sequences(subject)}
        self.sequences: Mapping[str, DatasetSequence] = {name: usable[name] for name in usable if name in names}
        self.detectors = sorted(_detector(each) for each in self.path.glob(KEYPOINTS))
        self.detector = self._chosen(detector)

    def truth(self, name: str) -> MotionClip:
        """Return the motion at 50 fps; see `Tree`."""
        sequence = find_sequence(self, name)
        if self.is_archive:
            action = name.partition("/")[2]
            return pose_files.clip_of_poses(name, self._archive()[sequence.subject][action], self.path / POSES)
        return pose_files.clip_of_poses(name, pose_files.read_poses(self._poses[name]), self._poses[name])

    def cameras(self, name: str) -> Mapping[str, CalibratedCamera]:
        """Return the subject's four cameras; see `Tree`."""
        subject = find_sequence(self, name).subject
        return {each: human36m_cameras.camera(subject, each) for each in human36m_cameras.NAMES}

    def keypoints(self, name: str, camera: str) -> KeypointClip:
        """Return the keypoints of the detector's archive, at 50 fps; see `Tree`. All have the same confidence."""
        if not self.has(name, "keypoints", camera):
            raise InputError(
                f"{self.path} has no keypoints of {name} by camera {camera}: get an archive {KEYPOINTS} with them"
            )
        source = self._keypoint_file()
        pixel = self._views(name)[human36m_cameras.NAMES.index(camera)]
        names = NAMES[_order(source)]
        if not isinstance(pixel, np.ndarray) or pixel.dtype.kind != "f" or pixel.shape[1:] != (len(names), 2):
            found = pixel.shape if isinstance(pixel, np.ndarray) else type(pixel).__name__
            raise InputError(f"{name} of {source} is {found}, not (frames, {len(names)}, 2): get the file again")
        seen = np.asarray(np.isfinite(pixel).all(axis=-1))
        pixel = np.where(seen[..., None], pixel, 0.0).astype(float)
        note = f"keypoints: {self.detector}, whose confidence is not known"
        return KeypointClip(f"{name} {camera}", pose_files.FPS, names, pixel, seen.astype(float), (note,))

    def video(self, name: str, camera: str) -> Path:
        """Return a camera's video, at 50 fps; see `Tree`."""
        found = self._video(name, camera)
        if found is None:
            subject, _, action = name.partition("/")
            wanted = self.path / subject / "Videos" / f"{action}.{camera}.mp4"
            raise InputError(f"there is no video {wanted}: get the videos of {subject}, or give another --camera")
        return found

    def has(self, name: str, followed: str, camera: str) -> bool:
        """See `Tree`."""
        if name not in self.sequences or followed == "mocap":
            return name in self.sequences
        if followed == "video":
            return self._video(name, camera) is not None
        # The archive has the cameras in order, without names. With fewer than four, nobody knows which one is missing.
        views = self._views(name)
        where = human36m_cameras.NAMES.index(camera) if camera in human36m_cameras.NAMES else None
        return where is not None and len(views) == len(human36m_cameras.NAMES) and np.size(views[where]) > 0

    def files(self, name: str, followed: str, camera: str) -> tuple[Path, ...]:
        """See `Tree`."""
        find_sequence(self, name)
        motion = self.path / POSES if self.is_archive else self._poses[name]
        seen = {"keypoints": self._keypoint_file, "video": lambda: self.video(name, camera)}
        return (motion, seen[followed]()) if followed in seen else (motion,)

    def _archive(self) -> pose_files.Archive:
        return _read(self.path / POSES, "positions_3d")

    def _views(self, name: str) -> list:
        subject, _, action = name.partition("/")
        if self.detector is None:
            return []
        return list(_read(self._keypoint_file(), "positions_2d").get(subject, {}).get(action, []))

    def _keypoint_file(self) -> Path:
        return self.path / KEYPOINTS.replace("*", self.detector or "*")

    def _video(self, name: str, camera: str) -> Path | None:
        subject, _, action = name.partition("/")
        every = (self.path / subject / "Videos" / f"{each}.{camera}.mp4" for each in _spellings(action))
        return next((each for each in every if each.is_file()), None)

    def _chosen(self, detector: str | None) -> str | None:
        if detector is not None and detector not in self.detectors:
            there = ", ".join(self.detectors) or "none"
            raise InputError(
                f"{self.path} has no {KEYPOINTS.replace('*', detector)}: name one that it has ({there}), or get it"
            )
        by_quality = [*DETECTORS, *(each for each in self.detectors if each not in (*DETECTORS, "gt")), "gt"]
        return detector or next((each for each in by_quality if each in self.detectors), None)


def _find_official_files(root: Path) -> dict[str, Path]:
    """Return the pose files of the official tree by the sequences' names, in either spelling."""
    found = {}
    for subject in SUBJECTS:
        for path in sorted((root / subject / "MyPoseFeatures" / "D3_Positions").glob("*.cdf")):
            action, _, trial = path.stem.partition(" ")
            found[f"{subject}/{_OTHER_NAMES.get(action, action)}{' ' if trial else ''}{trial}"] = path
    return found


def _spellings(action: str) -> tuple[str, ...]:
    """Return the names that a file of this action may have."""
    kind, space, trial = action.partition(" ")
    return (action, *(f"{other}{space}{trial}" for other, ours in _OTHER_NAMES.items() if ours == kind))


def _detector(path: Path) -> str:
    return path.name.removeprefix("data_2d_h36m_").removesuffix(".npz")


def _read(path: Path, key: str) -> pose_files.Archive:
    """Read an archive once, as all sequences are in it, and again only when the file has changed."""
    return _read_version(path, key, path.stat().st_mtime_ns if path.is_file() else 0)


@lru_cache(maxsize=2)
def _read_version(path: Path, key: str, changed: int) -> pose_files.Archive:
    return pose_files.read_archive(path, key)


@lru_cache(maxsize=2)
def _order(path: Path) -> str:
    """Return the set of keypoints that an archive has, told by which ones are left and right."""
    content = safe_pickle.load_npz(path, "metadata")
    sides = content.get("keypoints_symmetry") if isinstance(content, dict) else None
    if isinstance(sides, list | tuple):
        lists = [list(side) if isinstance(side, list | tuple) else side for side in sides]
        for name, known_sides in _SIDES.items():
            if lists == known_sides:
                return name
    raise InputError(
        f"{path} does not say the order of its keypoints, or the order is unknown: get the archive of "
        f"{' or '.join(DETECTORS[:2])}"
    )
