"""Keypoints of a person in a video, and a first motion in space."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int

from data.clip import InputError, require_frames
from data.finding import Finding
from data.keypoints.blazepose import open_blazepose
from data.keypoints.clip import KeypointClip
from data.keypoints.detection import Detection, PoseDetector
from data.keypoints.footage import FilmWatcher, Footage
from data.keypoints.mirroring import AlternatingDetector, average_with_neighbours, black_outside, mirror_order
from data.keypoints.people import Crop, box_around, choose
from data.keypoints.sets import NAMES
from data.video import Video, at_true_rate, frames, open_video

SLOWEST = 15.0  # frames per second: in a slower film a person moves too far between the pictures for their mean
FEW = 1  # frames: a file may say one more or one less than it has

OpenDetector = Callable[[], contextlib.AbstractContextManager[PoseDetector]]
Progress = Callable[[int], None]


@dataclass(frozen=True)
class DetectedPerson:
    """A person in a video.

    Attributes:
        keypoints: The keypoints in the pictures.
        positions: The same keypoints in space about the middle of the hips, m, along the camera's axes: right, down,
            ahead. NaN in frames where nobody was found, and from a detector that only knows pictures.
        footage: What the pictures of these frames tell beside keypoints.
    """

    keypoints: KeypointClip
    positions: Float[np.ndarray, "T K 3"]
    footage: Footage

    def take(self, frames: slice) -> "DetectedPerson":
        """Return some of the frames."""
        clip = self.keypoints
        pixel, confidence, first = clip.pixel[frames], clip.confidence[frames], clip.first + frames.start
        clip = replace(clip, pixel=pixel, confidence=confidence, first=first)
        return DetectedPerson(clip, self.positions[frames], self.footage.take(frames))


@dataclass(frozen=True)
class SearchedVideo:
    """Whom a detector found in a video, before anybody is chosen.

    Attributes:
        path: The video.
        names: Names of the K keypoints.
        found: For each frame everybody who was found, in pixels of the whole picture.
        first: The number of the first frame in the file.
        footage: What the pictures of these frames tell beside keypoints.
        notes: What was found out about the file.
    """

    path: Path
    names: tuple[str, ...]
    found: tuple[tuple[Detection, ...], ...]
    first: int
    footage: Footage
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def fps(self) -> float:
        return self.footage.video.fps

    @property
    def num_frames(self) -> int:
        return len(self.found)

    @property
    def people(self) -> list[Float[np.ndarray, "_ K 3"]]:
        """For each frame the people in it: column, row and confidence of the keypoints."""
        nobody = np.zeros((0, len(self.names), 3))
        return [np.stack([_with_confidence(each) for each in here]) if here else nobody for here in self.found]

    def take(self, frames: slice) -> "SearchedVideo":
        """Return some of the frames."""
        return replace(
            self, found=self.found[frames], first=self.first + frames.start, footage=self.footage.take(frames)
        )

    def follow(
        self,
        numbers: Int[np.ndarray, " T"],
        exchanged: Bool[np.ndarray, " T"],
        notes: tuple[str, ...],
        findings: tuple[Finding, ...],
    ) -> DetectedPerson:
        """Return one of the people in each frame.

        Args:
            numbers: The person's number among those found in a frame; -1: none of them.
            exchanged: Whether the person's left side was taken for the right one.
            notes: Who this is.
            findings: What makes this doubtful.
        """
        order, count = mirror_order(self.names), (self.num_frames, len(self.names))
        keypoints, positions = np.zeros((*count, 3)), np.full((*count, 3), np.nan)
        mirrored = np.zeros(self.num_frames, bool)
        there = numbers >= 0
        for frame in np.flatnonzero(there):
            each = self.found[frame][numbers[frame]]
            columns = order if exchanged[frame] else slice(None)
            keypoints[frame] = _with_confidence(each)[columns]
            if each.positions is not None:
                positions[frame] = each.positions[columns]
            mirrored[frame] = each.mirrored
        if not there.all():
            notes = (*notes, f"a person was found in {there.sum()} of {len(there)} frames")
        joined = there[1:] & there[:-1] & (mirrored[1:] != mirrored[:-1])
        joined[np.array(self.footage.cuts, int) - 1] = False
        keypoints, positions = (average_with_neighbours(each, joined) for each in (keypoints, positions))
        pixel, confidence, notes = keypoints[..., :2], keypoints[..., 2], (*notes, *self.notes)
        clip = KeypointClip(self.name, self.fps, self.names, pixel, confidence, notes, self.first, findings)
        return DetectedPerson(clip, positions, self.footage)


def detect(
    path: Path,
    *,
    fps: float | None = None,
    crop: Crop | None = None,
    part: slice = slice(None),
    progress: Progress = lambda frame: None,
    open_detector: OpenDetector = open_blazepose,
) -> DetectedPerson:
    """Return the most prominent person in a video, or in some of its frames.

    The arguments are those of `search`.

    Raises:
        InputError: The video cannot be read, nobody is found in it, or the detector is not installed.
    """
    searched = search(path, fps=fps, crop=crop, part=part, progress=progress, open_detector=open_detector)
    # When the person is gone, a detector goes on with somebody else: `choose` tells them apart.
    person, notes, doubts = choose(searched.people, searched.fps, str(path), crop=crop, first=searched.first)
    there = np.asarray(person[..., 2].any(axis=1))
    return searched.follow(np.where(there, 0, -1), np.zeros(len(there), bool), notes, doubts)


def search(
    path: Path,
    *,
    fps: float | None = None,
    crop: Crop | None = None,
    part: slice = slice(None),
    progress: Progress = lambda frame: None,
    open_detector: OpenDetector = open_blazepose,
) -> SearchedVideo:
    """Return whom a detector finds in a video, or in some of its frames: at most one person a frame.

    Every second picture is shown in a mirror, except in slow films.

    Args:
        path: The video.
        fps: Frames per second, instead of the file's own rate.
        crop: Left, top, right, bottom, pixels: only the inside is searched. The whole picture if None.
        part: The frames that are searched.
        progress: Called after each frame with the number of frames done.
        open_detector: Opens a detector that follows nobody yet.

    Raises:
        InputError: The video cannot be read, or the detector is not installed.
    """
    video = open_video(path, fps)
    left, top, right, bottom = _inside(crop, video.size, path)
    watcher = FilmWatcher(video)
    found: list[Detection | None] = []
    times: list[float] = []
    with _open(video, open_detector) as detector:
        for number, picture in enumerate(frames(video, times, part), start=1):
            each = detector.find(np.ascontiguousarray(picture[top:bottom, left:right]))
            each = each and replace(each, pixel=each.pixel + np.array([left, top]))
            found.append(each)
            watcher.add(picture, each and box_around(_with_confidence(each)))
            progress(number)
    require_frames(len(found), path)
    notes = ()
    if fps is None:
        video, notes = at_true_rate(video, np.array(times))
    notes += _count(video, part, len(found))
    footage = replace(watcher.footage(None if fps is not None else times), video=video)
    everybody = tuple(() if each is None else (each,) for each in found)
    return SearchedVideo(path, NAMES[detector.keypoint_set], everybody, part.start or 0, footage, notes)


def search_again(
    searched: SearchedVideo,
    boxes: Sequence[Crop | None],
    *,
    progress: Progress = lambda frame: None,
    open_detector: OpenDetector = open_blazepose,
) -> SearchedVideo:
    """Return the same with whom a detector finds if it sees nothing but a box in each picture.

    Args:
        searched: The video as it was searched before.
        boxes: The box in each frame; None: the person is not in the picture.
        progress: Called after each frame with the number of frames done.
        open_detector: Opens a detector that follows nobody yet.
    """
    video, found = searched.footage.video, list[tuple[Detection, ...]]()
    part = slice(searched.first, searched.first + searched.num_frames)
    with _open(video, open_detector) as detector:
        pictures = zip(searched.found, boxes, frames(video, None, part), strict=True)
        for number, (before, box, picture) in enumerate(pictures, start=1):
            each = None if box is None else detector.find(black_outside(picture, box))
            found.append(before if each is None else (*before, each))
            progress(number)
    return replace(searched, found=tuple(found))


@contextlib.contextmanager
def _open(video: Video, open_detector: OpenDetector) -> Iterator[PoseDetector]:
    """Yield a detector for the pictures of a video."""
    with contextlib.ExitStack() as opened:
        detector = opened.enter_context(open_detector())
        if video.fps >= SLOWEST:
            detector = AlternatingDetector(detector, opened.enter_context(open_detector()))
        yield detector


def _count(video: Video, part: slice, found: int) -> tuple[str, ...]:
    """Return a note where a file that was read to its end has fewer or more pictures than it says."""
    number = (part.start or 0) + found
    if part.stop is not None or not video.frames or abs(number - video.frames) <= FEW:
        return ()
    return (f"the file says that it has {video.frames} frames, and {number} can be read: these count",)


def _with_confidence(found: Detection) -> Float[np.ndarray, "K 3"]:
    return np.column_stack([found.pixel, found.confidence])


def _inside(crop: Crop | None, size: tuple[int, int], path: Path) -> tuple[int, int, int, int]:
    """Return the crop in whole pixels, or the whole picture if None. Raises InputError for a crop outside it."""
    if crop is None:
        return 0, 0, *size
    left, top, right, bottom = (round(edge) for edge in crop)
    if not (0 <= left < right <= size[0] and 0 <= top < bottom <= size[1]):
        raise InputError(
            f"the crop {left},{top},{right},{bottom} is not inside the pictures of {path}, {size[0]} x {size[1]}: "
            "give left,top,right,bottom in pixels with --crop"
        )
    return left, top, right, bottom
