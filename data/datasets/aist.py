"""AIST++: which dances there are, which are evaluated, and where a folder holds them.

The folder is the annotations' own folder, or has it inside as `aist_plusplus_final`. Videos of the AIST Dance Video
Database are in its folder `videos`, with names such as `gBR_sBM_c01_d04_mBR0_ch01.mp4`.

Sources: Li et al., AI choreographer, 2021, with its API, for the layout and the splits. Tsuchida et al., AIST dance
video database, 2019, for the genres. The code of Le et al., 2024 (OSDCap), which evaluates as DiffPhy does, for the
fifteen dances and their cameras.
"""

from collections.abc import Mapping
from pathlib import Path

from data.camera import CalibratedCamera
from data.clip import InputError, MotionClip
from data.datasets.sequence import DatasetSequence, existing_folder, find_sequence
from data.formats import aistpp
from data.keypoints.clip import KeypointClip

FPS = 30.0
"""Frame rate of the evaluation: every second recorded frame. No source gives the paper's rate; this is our choice."""
ANNOTATIONS, VIDEOS, SPLITS = "aist_plusplus_final", "videos", "splits"
CAMERAS = tuple(f"c{number:02}" for number in range(1, 10))
PAPER = "paper"
"""Name of the built-in split: the dances of DiffPhy and OSDCap."""
GENRES = {
    "gBR": "Break",
    "gPO": "Pop",
    "gLO": "Lock",
    "gMH": "Middle Hip-hop",
    "gLH": "LA-style Hip-hop",
    "gHO": "House",
    "gWA": "Waack",
    "gKR": "Krump",
    "gJS": "Street Jazz",
    "gJB": "Ballet Jazz",
}
_SEEN_BY = {
    "gBR_sBM_cAll_d06_mBR4_ch06": "c06",
    "gBR_sBM_cAll_d06_mBR4_ch02": "c07",
    "gBR_sBM_cAll_d05_mBR1_ch01": "c08",
    "gBR_sFM_cAll_d04_mBR0_ch01": "c03",
    "gJB_sBM_cAll_d09_mJB3_ch10": "c02",
    "gKR_sBM_cAll_d30_mKR5_ch05": "c09",
    "gLH_sBM_cAll_d18_mLH5_ch07": "c04",
    "gLH_sBM_cAll_d18_mLH4_ch03": "c07",
    "gLH_sBM_cAll_d17_mLH1_ch02": "c09",
    "gLH_sFM_cAll_d18_mLH0_ch15": "c03",
    "gLO_sBM_cAll_d14_mLO4_ch07": "c05",
    "gLO_sBM_cAll_d15_mLO4_ch09": "c07",
    "gLO_sFM_cAll_d15_mLO4_ch21": "c02",
    "gMH_sBM_cAll_d24_mMH3_ch02": "c01",
    "gMH_sBM_cAll_d24_mMH4_ch07": "c05",
}


def describe_sequence(name: str) -> DatasetSequence:
    """Return what a sequence's name says: genre, situation, cameras, dancer, music, choreography."""
    genre, situation, _, dancer, *_ = (*name.split("_"), *[""] * 4)
    level = {"sBM": "basic", "sFM": "advanced"}.get(situation, situation)
    return DatasetSequence(name, dancer, GENRES.get(genre, genre), level)


def default_camera(name: str) -> str:
    """Return the camera that is used for a dance unless the user names another.

    For the dances of DiffPhy's paper it is the paper's camera. For other dances it is the first one, which is our
    choice.
    """
    return _SEEN_BY.get(name, CAMERAS[0])


class Aist:
    """A folder of AIST++; see `data.datasets.sequence.Tree`."""

    def __init__(self, path: str | Path):
        """Look at what the folder holds. Raises InputError if there is no such folder."""
        self.path = existing_folder(path)
        inner = self.path / ANNOTATIONS
        self.annotations = inner if inner.is_dir() else self.path
        ignored = self.annotations / "ignore_list.txt"
        self.ignored = aistpp.read_ignored(self.annotations) if ignored.is_file() else frozenset[str]()
        names = sorted(path.stem for path in (self.annotations / "keypoints3d").glob("*.pkl"))
        self.sequences: Mapping[str, DatasetSequence] = {
            name: describe_sequence(name) for name in names if name not in self.ignored
        }
        self.splits = (PAPER, *sorted(path.stem for path in (self.annotations / SPLITS).glob("*.txt")))

    def split(self, name: str) -> tuple[DatasetSequence, ...]:
        """Return the sequences of a split, without those on the ignore list.

        Args:
            name: "paper", or a list in the folder `splits`.

        Raises:
            InputError: There is no split with this name. The message lists the splits.
        """
        if name not in self.splits:
            raise InputError(f"{self.annotations} has no split '{name}': use one of {', '.join(self.splits)}")
        if name == PAPER:
            names = list(_SEEN_BY)
        else:
            names = (self.annotations / SPLITS / f"{name}.txt").read_text(encoding="utf-8", errors="replace").split()
        return tuple(describe_sequence(each) for each in dict.fromkeys(names) if each not in self.ignored)

    def truth(self, name: str) -> MotionClip:
        """Return the keypoints in space as a motion, at 60 fps; see `Tree`."""
        find_sequence(self, name)
        return aistpp.read_motion(self.annotations, name)

    def cameras(self, name: str) -> Mapping[str, CalibratedCamera]:
        """See `Tree`."""
        find_sequence(self, name)
        return aistpp.read_cameras(self.annotations, name)

    def keypoints(self, name: str, camera: str) -> KeypointClip:
        """Return what a camera saw, at 60 fps; see `Tree`."""
        find_sequence(self, name)
        return aistpp.read_keypoints(self.annotations, name, camera)

    def video(self, name: str, camera: str) -> Path:
        """Return a camera's video, at 60 fps; see `Tree`."""
        find_sequence(self, name)
        path = self._video_file(name, camera)
        if not path.is_file():
            raise InputError(f"there is no video {path}: get it, or give another --camera")
        return path

    def has(self, name: str, followed: str, camera: str) -> bool:
        """See `Tree`."""
        if name not in self.sequences or followed == "mocap":
            return name in self.sequences
        if followed == "video":
            seen = self._video_file(name, camera).is_file()
        else:
            seen = camera in CAMERAS and self._keypoint_file(name).is_file()
        return seen and self._is_placed(name, camera)

    def files(self, name: str, followed: str, camera: str) -> tuple[Path, ...]:
        """See `Tree`."""
        find_sequence(self, name)
        motion = self.annotations / "keypoints3d" / f"{name}.pkl"
        seen = {"keypoints": self._keypoint_file, "video": lambda name: self.video(name, camera)}
        return (motion, seen[followed](name)) if followed in seen else (motion,)

    def _keypoint_file(self, name: str) -> Path:
        return self.annotations / "keypoints2d" / f"{name}.pkl"

    def _video_file(self, name: str, camera: str) -> Path:
        return self.path / VIDEOS / f"{name.replace('cAll', camera)}.mp4"

    def _is_placed(self, name: str, camera: str) -> bool:
        """Return whether the camera's pose is known."""
        try:
            return camera in aistpp.read_cameras(self.annotations, name)
        except InputError:
            return False
