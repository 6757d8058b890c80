"""Pictures of a video, read with OpenCV: any container and codec that it knows, turned upright as the file says."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from data.clip import MAX_FPS, MIN_FPS, InputError

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # quiet: our own message says what cannot be decoded

# A film is cut where the mean difference of a picture from the one before exceeds both limits.
CUT = 0.12  # share of the full brightness
CUT_FACTOR = 6.0  # times the median difference
SQUARE = 0.01  # by so much the sides of a pixel may differ
_SMALL = (32, 32)  # pixels: pictures are reduced to this size for the comparison


@dataclass(frozen=True)
class Video:
    """A video file.

    Attributes:
        path: The file.
        fps: Frames per second.
        size: Width and height of the pictures, pixels.
        frames: Number of pictures as the file says it; 0 where it does not.
    """

    path: Path
    fps: float
    size: tuple[int, int]
    frames: int = 0


def open_video(path: Path, fps: float | None = None) -> Video:
    """Return what a file holds. `fps` replaces the file's own frame rate.

    Raises:
        InputError: There is no such file, OpenCV finds no picture in it, it has no frame rate, or its pixels are not
            square.
    """
    if not path.is_file():
        raise InputError(f"there is no file {path}: give a video that exists")
    capture = cv2.VideoCapture(str(path))
    try:
        read, picture = capture.read()
        rate = fps or float(capture.get(cv2.CAP_PROP_FPS))
        pixel = capture.get(cv2.CAP_PROP_SAR_NUM), capture.get(cv2.CAP_PROP_SAR_DEN)
        number = max(0, int(capture.get(cv2.CAP_PROP_FRAME_COUNT)))
    finally:
        capture.release()
    if not read or picture is None:
        raise InputError(f"OpenCV cannot decode {path}: export it as MP4 with H.264")
    if min(pixel) > 0 and abs(pixel[0] / pixel[1] - 1) > SQUARE:
        raise InputError(
            f"{path} has pixels that are {pixel[0] / pixel[1]:.2f} times as wide as high: export it with square "
            "pixels, for example with ffmpeg -i FILM -vf scale=iw*sar:ih,setsar=1 OUT.mp4"
        )
    if not MIN_FPS <= rate <= MAX_FPS:
        raise InputError(f"{path} says {rate:g} frames a second: give the true rate with --fps")
    return Video(path, rate, (picture.shape[1], picture.shape[0]), number)


def frames(video: Video, times: list[float] | None = None) -> Iterator[UInt8[np.ndarray, "height width 3"]]:
    """Yield the pictures in RGB, one after another. The time of each in the file, s, is added to `times`."""
    capture = cv2.VideoCapture(str(video.path))
    try:
        while True:
            read, picture = capture.read()
            if not read:
                return
            if times is not None:
                times.append(capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
            yield cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
    finally:
        capture.release()


@dataclass(frozen=True)
class Still:
    """A picture of a video.

    Attributes:
        frame: Its number, from 0.
        grey: The picture.
    """

    frame: int
    grey: UInt8[np.ndarray, "height width"]


class Stills:
    """Keeps some pictures that are spread over a video, in one pass. Files often hold fewer pictures than they say."""

    def __init__(self, number: int = 4) -> None:
        """Keep at least `number` pictures of a video that has so many, and less than twice as many."""
        self._number, self._step, self._next = number, 1, 0
        self._kept: list[Still] = []

    def add(self, picture: UInt8[np.ndarray, "height width 3"]) -> None:
        """Add the next picture, in RGB."""
        if self._next % self._step == 0:
            self._kept.append(Still(self._next, cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)))
        if len(self._kept) == 2 * self._number:
            self._kept, self._step = self._kept[::2], 2 * self._step
        self._next += 1

    def kept(self) -> tuple[Still, ...]:
        """Return the pictures, in order."""
        return tuple(self._kept)


class CutFinder:
    """Finds the pictures that have nothing in common with the picture before."""

    def __init__(self) -> None:
        self._before: np.ndarray | None = None
        self._changes: list[float] = []

    def add(self, picture: UInt8[np.ndarray, "height width 3"]) -> None:
        """Add the next picture."""
        small = cv2.resize(picture, _SMALL, interpolation=cv2.INTER_AREA).astype(float) / 255
        if self._before is not None:
            self._changes.append(float(np.abs(small - self._before).mean()))
        self._before = small

    def cuts(self) -> list[int]:
        """Return the numbers of the frames that follow a cut."""
        changes: Float[np.ndarray, " T"] = np.array(self._changes)
        if not len(changes):
            return []
        usual = float(np.median(changes))
        return (1 + np.flatnonzero((changes > CUT) & (changes > CUT_FACTOR * max(usual, 1e-3)))).tolist()
