"""Files of keypoints in pictures: the choice of the reader, and the choice of one person.

- A folder of OpenPose's files, see `openpose`.
- A .json file in one of `JSON_LAYOUTS`, see `coco` and `keypoint_json`.
- An .npz file, see `keypoint_arrays`.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from data.clip import MAX_FPS, MIN_FPS, InputError, require_frames
from data.finding import Finding
from data.formats import coco, keypoint_arrays, keypoint_json, openpose
from data.formats.joints_in_space import PANOPTIC
from data.formats.people_in_frames import PeopleInFrames, load_json
from data.formats.safe_pickle import DAMAGED
from data.keypoints.clip import KeypointClip
from data.keypoints.mirroring import mirror_order
from data.keypoints.people import Crop, choose
from data.keypoints.pictures import in_pixels, require_pictures, rows_downwards
from data.keypoints.sets import NAMES, OF_NUMBER

DEFAULT_FPS = 30.0
LARGEST_PIXEL = 1e5


@dataclass(frozen=True)
class JsonLayout:
    """How a program writes keypoints into a JSON file.

    Attributes:
        holds: Whether the content of a file has this layout.
        read: The people in a file's content; also takes the file, for messages, and the size of its images.
    """

    holds: Callable[[Any], bool]
    read: Callable[[Any, Path, tuple[int, int] | None], PeopleInFrames]


JSON_LAYOUTS = (
    JsonLayout(coco.holds, coco.read),
    JsonLayout(keypoint_json.holds, keypoint_json.read),
    JsonLayout(lambda content: False, coco.read),
)
"""The first layout that holds the content reads it. The last one says what is wrong with content that none holds."""


@dataclass(frozen=True)
class Everybody:
    """All people in a recording.

    Attributes:
        path: The file or folder.
        fps: Frames per second.
        names: Names of the K keypoints.
        people: For each frame the people in it: column, row and confidence.
        notes: What the reader found out or assumed.
        first: The number of the first frame in the file.
        findings: What makes the keypoints doubtful.
    """

    path: Path
    fps: float
    names: tuple[str, ...]
    people: list[Float[np.ndarray, "_ K 3"]]
    notes: tuple[str, ...]
    first: int
    findings: tuple[Finding, ...]

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def num_frames(self) -> int:
        return len(self.people)

    def take(self, frames: slice) -> "Everybody":
        """Return some of the frames."""
        return replace(self, people=self.people[frames], first=self.first + frames.start)

    def one(self, person: int | None = None, crop: Crop | None = None) -> KeypointClip:
        """Return the keypoints of one person; see `read`."""
        return self._clip(*choose(self.people, self.fps, str(self.path), person, crop))

    def follow(
        self,
        numbers: Int[np.ndarray, " T"],
        exchanged: Bool[np.ndarray, " T"],
        notes: tuple[str, ...],
        findings: tuple[Finding, ...],
    ) -> KeypointClip:
        """Return the keypoints of one of the people in each frame.

        Args:
            numbers: The person's number among those in a frame; -1: none of them.
            exchanged: Whether the person's left side was taken for the right one.
            notes: Who this is.
            findings: What makes this doubtful.
        """
        keypoints, order = np.zeros((self.num_frames, len(self.names), 3)), mirror_order(self.names)
        for frame in np.flatnonzero(numbers >= 0):
            person = self.people[frame][numbers[frame]]
            keypoints[frame] = person[order] if exchanged[frame] else person
        return self._clip(keypoints, notes, findings)

    def _clip(
        self, keypoints: Float[np.ndarray, "T K 3"], notes: tuple[str, ...], findings: tuple[Finding, ...]
    ) -> KeypointClip:
        confidence = keypoints[..., 2]
        pixel = np.where(confidence[..., None] > 0, keypoints[..., :2], 0.0)
        notes, findings = self.notes + notes, self.findings + findings
        return KeypointClip(self.name, self.fps, self.names, pixel, confidence, notes, self.first, findings)


def read(
    source: str | Path,
    *,
    fps: float | None = None,
    default_fps: float = DEFAULT_FPS,
    size: tuple[int, int] | None = None,
    person: int | None = None,
    crop: Crop | None = None,
) -> KeypointClip:
    """Read the keypoints of one person.

    Args:
        source: A folder of OpenPose files, or a .json or .npz file.
        fps: Frames per second, instead of the file's own rate.
        default_fps: Frames per second where neither `fps` nor the file says it. Give the rate of the video if there
            is one.
        size: Width and height of the images, pixels. Needed for formats that give shares of the image.
        person: Which person, 1 for the most prominent.
        crop: Left, top, right, bottom, pixels: only people inside count.

    Raises:
        InputError: The source cannot be read as keypoints of a person.
    """
    return read_everybody(source, fps=fps, default_fps=default_fps, size=size).one(person, crop)


def read_everybody(
    source: str | Path,
    *,
    fps: float | None = None,
    default_fps: float = DEFAULT_FPS,
    size: tuple[int, int] | None = None,
) -> Everybody:
    """Read the keypoints of all people; see `read`."""
    path = Path(source)
    found = _read_people(path, size)
    people = found.people
    require_frames(len(people), path)
    rate = found.fps if fps is None else fps
    notes = () if rate is not None else (f"frame rate: {default_fps:g} fps, assumed; give --fps where it is another",)
    rate = default_fps if rate is None else rate
    if not MIN_FPS <= rate <= MAX_FPS:
        raise InputError(f"{path} says {rate:g} frames a second: give the true rate with --fps")
    require_pictures(people, found.names, path)
    usual = OF_NUMBER.get(len(found.names), ())
    if len(usual) > 1 and found.names != NAMES[usual[0]]:
        chosen = next((name for name in usual if NAMES[name] == found.names), "its own names")
        notes += (f"keypoints: {len(found.names)}, those of {chosen}, not of {usual[0]}",)
    people, share_note = in_pixels(people, size, path)
    people, findings = rows_downwards(people, found.names, size, path)
    notes += (*share_note, *(finding.sentence for finding in findings))
    for frame, here in enumerate(people):
        _check_people(here, frame, path)
    beyond = sum(bool((here[..., 2] > 1).any()) for here in people)
    if beyond:
        notes += (f"confidences above 1 in {beyond} of {len(people)} frames, taken as 1",)
        people = [np.concatenate([here[..., :2], np.minimum(here[..., 2:], 1.0)], axis=-1) for here in people]
    if found.first:
        notes += (f"the first keypoints are those of frame {found.first}, counted from 0",)
    return Everybody(path, rate, found.names, people, notes, found.first, findings)


def holds_keypoints(source: str | Path) -> bool:
    """Return whether a source is a folder or file of keypoints. A file that cannot be read is not."""
    path = Path(source)
    if path.is_dir():  # files of frames have numbers in their names, the metrics of a run folder have none
        files = [file for file in path.glob("*.json") if re.search(r"\d", file.stem)]
        return bool(files) and not any(path.glob(PANOPTIC))
    try:
        if path.suffix.lower() == ".npz":
            return keypoint_arrays.holds(path)
        if path.suffix.lower() != ".json":
            return False
        content = json.loads(path.read_text(encoding="utf-8", errors="replace"))
    except (OSError, RecursionError, *DAMAGED):
        return False
    return any(layout.holds(content) for layout in JSON_LAYOUTS)


def _read_people(path: Path, size: tuple[int, int] | None) -> PeopleInFrames:
    if path.is_dir():
        return openpose.read(path)
    if not path.is_file():
        raise InputError(f"there is no {path}: give a folder of OpenPose files, or a .json or .npz file of keypoints")
    if path.suffix.lower() == ".npz":
        return keypoint_arrays.read(path)
    content = load_json(path)
    layout = next((each for each in JSON_LAYOUTS if each.holds(content)), JSON_LAYOUTS[-1])
    return layout.read(content, path, size)


def _check_people(people: Float[np.ndarray, "P K 3"], frame: int, path: Path) -> None:
    """Raise InputError for a confidence that is negative or no number, or for a found keypoint that is no pixel.

    Confidences above 1 pass: the scores of RTMPose and AlphaPose exceed it at times.
    """
    confidence = people[..., 2]
    if not ((confidence >= 0) & np.isfinite(confidence)).all():
        raise InputError(
            f"{path} has a confidence below 0, or none, in frame {frame}: write 0 for not found, 1 for certain"
        )
    pixels = people[confidence > 0][:, :2]
    if not (np.abs(pixels) <= LARGEST_PIXEL).all():
        raise InputError(f"{path} has a keypoint outside any picture in frame {frame}: give it the confidence 0")
