"""Human3.6M: which sequences there are, which are evaluated, and where a folder holds them.

A folder is the official tree, `S9/MyPoseFeatures/D3_Positions/Walking 1.cdf` and `S9/Videos/Walking 1.60457274.mp4`,
or holds VideoPose3D's archives, `data_3d_h36m.npz`; `data_2d_h36m_*.npz` may be in either.

Sources: Ionescu et al., Human3.6M, 2014, and the names of its files; Pavllo et al., 2019 (VideoPose3D), for the
archives and for the file that is corrupt; the code of Le et al., Optimal-state dynamics estimation for physics-based
human motion capture from videos, 2024 (OSDCap), which compares itself with DiffPhy, for the actions with foot-ground
contact and for the one camera through which the test subjects are seen.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np

from data.camera import CalibratedCamera
from data.clip import InputError, MotionClip
from data.datasets import human36m_cameras
from data.datasets.sequence import DatasetSequence, existing_folder, find_sequence
from data.formats import human36m as formats
from data.formats import safe_pickle
from data.keypoints.clip import KeypointClip
from data.keypoints.sets import NAMES

FPS = 25.0
"""At which it is evaluated: every second of the recorded frames."""
SUBJECTS = ("S1", "S5", "S6", "S7", "S8", "S9", "S11")
TEST_SUBJECTS = ("S9", "S11")
CAMERA = "60457274"
"""Through which the test subjects are seen."""
FOOT_CONTACT = (
    *("Directions", "Discussion", "Greeting", "Posing", "Purchases"),
    *("Photo", "Waiting", "Walking", "WalkDog", "WalkTogether"),
)
"""Actions in which feet touch the ground, and no chair carries anybody."""
ACTIONS = (*FOOT_CONTACT, "Eating", "Phoning", "Sitting", "SittingDown", "Smoking")
WALKING = ("Walking", "WalkTogether")
"""What the paper trains optimizers on (its footnote 5): the domain that the others are outside of."""
IN_DOMAIN, OUT_OF_DOMAIN = "in domain (walking)", "out of domain"
CORRUPT = ("S11/Directions",)
"""Damaged in every copy; VideoPose3D's archive leaves it out too."""
POSES, KEYPOINTS = "data_3d_h36m.npz", "data_2d_h36m_*.npz"
DETECTORS = ("cpn_ft_h36m_dbb", "detectron_ft_h36m", "sh_ft_h36m", "sh_pt_mpii")
"""Of the archives of keypoints, the best first; "gt", the true joints as the cameras see them, comes last."""

# The two trials of an action are called "X 1" and "X", but for these.
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
_OTHER_NAMES = {"TakingPhoto": "Photo", "WalkingDog": "WalkDog"}  # of S1's official files
# Set of keypoints -> which of an archive's are left and right.
_SIDES = {
    "h36m_17": [[4, 5, 6, 11, 12, 13], [1, 2, 3, 14, 15, 16]],
    "coco_17": [[1, 3, 5, 7, 9, 11, 13, 15], [2, 4, 6, 8, 10, 12, 14, 16]],
}


def trials(subject: str, action: str) -> tuple[DatasetSequence, DatasetSequence]:
    """The two sequences of an action, in the dataset's order."""
    first, second = _TRIALS[subject].get(action, (" 1", ""))
    group = IN_DOMAIN if action in WALKING else OUT_OF_DOMAIN
    return (
        DatasetSequence(f"{subject}/{action}{first}", subject, action, group),
        DatasetSequence(f"{subject}/{action}{second}", subject, action, group),
    )


def usable_sequences(subject: str) -> tuple[DatasetSequence, ...]:
    """A subject's sequences that can be used: thirty, and one less of S11."""
    return _usable(sequence for action in ACTIONS for sequence in trials(subject, action))


def mocap_sequences() -> tuple[DatasetSequence, ...]:
    """The 20 sequences that are followed as motion capture. The paper has 20 and does not name them; these are ours:
    the first trial of every action with foot-ground contact, by both test subjects.
    """
    return tuple(trials(subject, action)[0] for subject in TEST_SUBJECTS for action in FOOT_CONTACT)


def video_sequences() -> tuple[DatasetSequence, ...]:
    """The 39 sequences that are followed from keypoints or videos: of the test subjects, with foot-ground contact."""
    both = (trials(subject, action) for subject in TEST_SUBJECTS for action in FOOT_CONTACT)
    return _usable(sequence for pair in both for sequence in pair)


def evaluated_sequences(what: str) -> tuple[DatasetSequence, ...]:
    """What is evaluated from "mocap", "keypoints" or "video"."""
    return mocap_sequences() if what == "mocap" else video_sequences()


def _usable(sequences: Iterable[DatasetSequence]) -> tuple[DatasetSequence, ...]:
    return tuple(sequence for sequence in sequences if sequence.name not in CORRUPT)


class Human36m:
    """A folder of Human3.6M; see `data.datasets.sequence.Tree`.

    is_archive: whether the motions are VideoPose3D's archive. detector: whose archive of keypoints is taken; None
    where there is none.
    """

    def __init__(self, path: str | Path, detector: str | None = None):
        """Looks what is there.

        Args:
            path: the official tree, or a folder with the archives.
            detector: which archive of keypoints, such as "gt" of data_2d_h36m_gt.npz; the best one if None.

        Raises:
            InputError: there is no such folder or archive, or an archive cannot be read.
        """
        self.path = existing_folder(path)
        self._poses = _official(self.path)
        self.is_archive = not self._poses and (self.path / POSES).is_file()
        names = list(self._poses)
        if self.is_archive:
            names = [f"{subject}/{action}" for subject, actions in self._archive().items() for action in actions]
        usable = {sequence.name: sequence for subject in SUBJECTS for sequence in usable_sequences(subject)}
        self.sequences: Mapping[str, DatasetSequence] = {name: usable[name] for name in usable if name in names}
        self.detectors = sorted(_detector(each) for each in self.path.glob(KEYPOINTS))
        self.detector = self._chosen(detector)

    def truth(self, name: str) -> MotionClip:
        """At 50 fps; see `Tree`."""
        sequence = find_sequence(self, name)
        if self.is_archive:
            action = name.partition("/")[2]
            return formats.clip_of_poses(name, self._archive()[sequence.subject][action], self.path / POSES)
        return formats.clip_of_poses(name, formats.read_poses(self._poses[name]), self._poses[name])

    def cameras(self, name: str) -> Mapping[str, CalibratedCamera]:
        """The four of the subject; see `Tree`."""
        subject = find_sequence(self, name).subject
        return {each: human36m_cameras.camera(subject, each) for each in human36m_cameras.NAMES}

    def keypoints(self, name: str, camera: str) -> KeypointClip:
        """Of the detector's archive, at 50 fps, none with more confidence than another; see `Tree`."""
        if not self.has(name, "keypoints", camera):
            raise InputError(
                f"{self.path} has no keypoints of {name} by camera {camera}: get an archive {KEYPOINTS} that has them"
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
        return KeypointClip(f"{name} {camera}", formats.FPS, names, pixel, seen.astype(float), (note,))

    def video(self, name: str, camera: str) -> Path:
        """At 50 fps; see `Tree`."""
        found = self._video(name, camera)
        if found is None:
            subject, _, action = name.partition("/")
            wanted = self.path / subject / "Videos" / f"{action}.{camera}.mp4"
            raise InputError(f"there is no video {wanted}: get the videos of {subject}, or name another --camera")
        return found

    def has(self, name: str, what: str, camera: str) -> bool:
        """See `Tree`."""
        if name not in self.sequences or what == "mocap":
            return name in self.sequences
        if what == "video":
            return self._video(name, camera) is not None
        # Four cameras in their order: of fewer nobody could say which one is missing.
        views = self._views(name)
        where = human36m_cameras.NAMES.index(camera) if camera in human36m_cameras.NAMES else None
        return where is not None and len(views) == len(human36m_cameras.NAMES) and np.size(views[where]) > 0

    def files(self, name: str, what: str, camera: str) -> tuple[Path, ...]:
        """See `Tree`."""
        find_sequence(self, name)
        motion = self.path / POSES if self.is_archive else self._poses[name]
        seen = {"keypoints": self._keypoint_file, "video": lambda: self.video(name, camera)}
        return (motion, seen[what]()) if what in seen else (motion,)

    def _archive(self) -> formats.Archive:
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


def _official(root: Path) -> dict[str, Path]:
    """The files of poses by the sequences' names, whichever way S1's are spelt."""
    found = {}
    for subject in SUBJECTS:
        for path in sorted((root / subject / "MyPoseFeatures" / "D3_Positions").glob("*.cdf")):
            action, _, trial = path.stem.partition(" ")
            found[f"{subject}/{_OTHER_NAMES.get(action, action)}{' ' if trial else ''}{trial}"] = path
    return found


def _spellings(action: str) -> tuple[str, ...]:
    """How a file of that action may be called."""
    kind, space, trial = action.partition(" ")
    return (action, *(f"{other}{space}{trial}" for other, ours in _OTHER_NAMES.items() if ours == kind))


def _detector(path: Path) -> str:
    return path.name.removeprefix("data_2d_h36m_").removesuffix(".npz")


def _read(path: Path, key: str) -> formats.Archive:
    """Kept, since every sequence is in the one archive."""
    return _read_as_it_is(path, key, path.stat().st_mtime_ns if path.is_file() else 0)


@lru_cache(maxsize=2)
def _read_as_it_is(path: Path, key: str, changed: int) -> formats.Archive:
    return formats.read_archive(path, key)


@lru_cache(maxsize=2)
def _order(path: Path) -> str:
    """Which set of keypoints an archive has, by those that are its left and right ones."""
    content = safe_pickle.load_npz(path, "metadata")
    sides = content.get("keypoints_symmetry") if isinstance(content, dict) else None
    if isinstance(sides, list | tuple):
        lists = [list(side) if isinstance(side, list | tuple) else side for side in sides]
        for name, known_sides in _SIDES.items():
            if lists == known_sides:
                return name
    raise InputError(
        f"{path} does not say in which order its keypoints are, or has another one than we know: get those of "
        f"{' or '.join(DETECTORS[:2])}"
    )
