"""Keypoints of a person in a video, and a first motion in space."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from data.clip import InputError, require_frames
from data.keypoints.blazepose import open_blazepose
from data.keypoints.clip import KeypointClip
from data.keypoints.detection import Detection, PoseDetector
from data.keypoints.footage import FilmWatcher, Footage
from data.keypoints.mirroring import AlternatingDetector, average_with_neighbours
from data.keypoints.people import Crop, box_around, choose
from data.keypoints.sets import NAMES
from data.video import Video, at_true_rate, frames, open_video

SLOWEST = 15.0  # frames per second: in a slower film a person moves too far between the pictures for their mean
FEW = 1  # frames: a file may say one more or one less than it has

OpenDetector = Callable[[], contextlib.AbstractContextManager[PoseDetector]]


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


def detect(
    path: Path,
    *,
    fps: float | None = None,
    crop: Crop | None = None,
    part: slice = slice(None),
    progress: Callable[[int], None] = lambda frame: None,
    open_detector: OpenDetector = open_blazepose,
) -> DetectedPerson:
    """Return the person in a video, or in some of its frames.

    Every second picture is shown in a mirror, except in slow films.

    Args:
        path: The video.
        fps: Frames per second, instead of the file's own rate.
        crop: Left, top, right, bottom, pixels: only the inside is searched. The whole picture if None.
        part: The frames that are searched.
        progress: Called after each frame with the number of frames done.
        open_detector: Opens a detector that follows nobody yet.

    Raises:
        InputError: The video cannot be read, nobody is found in it, or the detector is not installed.
    """
    video = open_video(path, fps)
    left, top, right, bottom = _inside(crop, video.size, path)
    watcher = FilmWatcher(video)
    found: list[Detection | None] = []
    times: list[float] = []
    with contextlib.ExitStack() as opened:
        detector = opened.enter_context(open_detector())
        if video.fps >= SLOWEST:
            detector = AlternatingDetector(detector, opened.enter_context(open_detector()))
        for number, picture in enumerate(frames(video, times, part), start=1):
            found.append(detector.find(np.ascontiguousarray(picture[top:bottom, left:right])))
            watcher.add(picture, _box_around(found[-1], left, top))
            progress(number)
    require_frames(len(found), path)
    rate_notes = ()
    if fps is None:
        video, rate_notes = at_true_rate(video, np.array(times))
    names = NAMES[detector.keypoint_set]
    everybody, positions = _stack(found, len(names))
    everybody[..., :2] += [left, top]
    # When the person is gone, a detector goes on with somebody else: `choose` tells them apart.
    people = [everybody[[frame]] if each is not None else everybody[:0] for frame, each in enumerate(found)]
    person, notes, doubts = choose(people, video.fps, str(path), crop=crop, first=part.start or 0)
    there = np.asarray(person[..., 2].any(axis=1))
    if not there.all():
        notes += (f"a person was found in {there.sum()} of {len(there)} frames",)
    footage = replace(watcher.footage(None if fps is not None else times), video=video)
    positions[~there] = np.nan
    mirrored = np.array([each is not None and each.mirrored for each in found])
    joined = there[1:] & there[:-1] & (mirrored[1:] != mirrored[:-1])
    joined[np.array(footage.cuts, int) - 1] = False
    person, positions = average_with_neighbours(person, joined), average_with_neighbours(positions, joined)
    notes += (*rate_notes, *_count(video, part, len(found)))
    first = part.start or 0
    clip = KeypointClip(path.stem, video.fps, names, person[..., :2], person[..., 2], notes, first, findings=doubts)
    return DetectedPerson(clip, positions, footage)


def _count(video: Video, part: slice, found: int) -> tuple[str, ...]:
    """Return a note where a file that was read to its end has fewer or more pictures than it says."""
    number = (part.start or 0) + found
    if part.stop is not None or not video.frames or abs(number - video.frames) <= FEW:
        return ()
    return (f"the file says that it has {video.frames} frames, and {number} can be read: these count",)


def _box_around(found: Detection | None, left: int, top: int) -> Crop | None:
    """Return the box in the whole picture around a person who was found in a crop at `left` and `top`."""
    if found is None:
        return None
    return box_around(np.column_stack([found.pixel + np.array([left, top]), found.confidence]))


def _stack(found: list[Detection | None], number: int) -> tuple[Float[np.ndarray, "T K 3"], Float[np.ndarray, "T K 3"]]:
    """Return columns, rows and confidences, and positions, of all frames. Where nobody was found: zeros and NaN."""
    keypoints, positions = np.zeros((len(found), number, 3)), np.full((len(found), number, 3), np.nan)
    for frame, each in enumerate(found):
        if each is not None:
            keypoints[frame] = np.column_stack([each.pixel, each.confidence])
            if each.positions is not None:
                positions[frame] = each.positions
    return keypoints, positions


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
