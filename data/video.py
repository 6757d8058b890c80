"""Pictures of a video, read with OpenCV: any container and codec that it knows, turned upright as the file says."""

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from data.clip import MAX_FPS, MIN_FPS, MIN_FRAMES, InputError

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # quiet: our own message says what cannot be decoded

SQUARE = 0.01  # by so much the sides of a pixel may differ
UNSTEADY_S = 0.05  # a picture that comes so much too late or early is off; two films from phones are up to 0.001 s off
ROUNDED_S = 0.005  # times of pictures are rounded, to milliseconds in most files


@dataclass(frozen=True)
class Video:
    """A video file.

    Attributes:
        path: The file.
        fps: Frames per second.
        size: Width and height of the pictures, pixels.
        frames: Number of pictures as the file says it; 0 where it does not.
        turned: By how many degrees the stored pictures are turned to the right to be upright.
    """

    path: Path
    fps: float
    size: tuple[int, int]
    frames: int = 0
    turned: int = 0


def open_video(path: Path, fps: float | None = None) -> Video:
    """Return what a file holds. `fps` replaces the file's own frame rate.

    Raises:
        InputError: There is no such file, it is empty, OpenCV finds no picture in it, it has no frame rate, or its
            pixels are not square.
    """
    if not path.is_file():
        raise InputError(f"there is no file {path}: give a video that exists")
    if not path.stat().st_size:
        raise InputError(f"{path} is empty: record or export it again")
    capture = cv2.VideoCapture(str(path))
    try:
        read, picture = capture.read()
        rate = fps or float(capture.get(cv2.CAP_PROP_FPS))
        pixel = capture.get(cv2.CAP_PROP_SAR_NUM), capture.get(cv2.CAP_PROP_SAR_DEN)
        turned = int(capture.get(cv2.CAP_PROP_ORIENTATION_META)) % 360
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
    return Video(path, rate, (picture.shape[1], picture.shape[0]), number, turned)


def frames(
    video: Video, times: list[float] | None = None, part: slice = slice(None)
) -> Iterator[UInt8[np.ndarray, "height width 3"]]:
    """Yield the pictures in RGB, one after another.

    Args:
        video: The video.
        times: The time of each picture in the file, s, is added to it.
        part: The frames to yield, in whole steps. Those before are read and thrown away: to jump is not exact.
    """
    capture = cv2.VideoCapture(str(video.path))
    start, stop = part.start or 0, part.stop
    try:
        for number in itertools.count():
            if number == stop or not capture.grab():
                return
            if number < start:
                continue
            read, picture = capture.retrieve()
            if not read:
                return
            if times is not None:
                times.append(capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
            yield cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
    finally:
        capture.release()


def frame_times(video: Video) -> Float[np.ndarray, " T"]:
    """Return the time of every picture in the file, s. There are often fewer pictures than the file says."""
    capture, times = cv2.VideoCapture(str(video.path)), []
    try:
        while capture.grab():
            times.append(capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
    finally:
        capture.release()
    return np.array(times)


def steady_rate(times: Float[np.ndarray, " T"]) -> float | None:
    """Return the rate at which pictures were taken, 1/s, by a line through their times, s.

    None if they lie off the line by more than `UNSTEADY_S`, or if the file does not tell the times.
    """
    if len(times) < MIN_FRAMES or np.ptp(times) <= 0:
        return None
    numbers = np.arange(len(times))
    period, start = np.polyfit(numbers, times, 1)
    return 1 / period if np.abs(times - start - period * numbers).max() <= UNSTEADY_S else None


def at_true_rate(video: Video, times: Float[np.ndarray, " T"]) -> tuple[Video, tuple[str, ...]]:
    """Return the video at the rate of its pictures, and a note if its file says another one.

    Files of phones say the mean over a time in which there are no pictures: half a per cent too little.

    Args:
        video: The video with the rate that its file says.
        times: Times of some of its pictures, one after another, s.
    """
    rate = steady_rate(times)
    if rate is None or abs(rate / video.fps - 1) * np.ptp(times) <= ROUNDED_S or not MIN_FPS <= rate <= MAX_FPS:
        return video, ()
    note = f"frame rate: {rate:.2f} a second, by the times of the pictures; the file says {video.fps:.2f}"
    return replace(video, fps=round(rate, 3)), (note,)
