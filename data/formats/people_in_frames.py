"""The people whom a file of keypoints has in each frame, and the steps that its readers share."""

import contextlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from data.clip import InputError
from data.keypoints.limbs import choose_set
from data.keypoints.sets import NAMES, OF_NUMBER

MOST_MISSING = 100
"""Images in which nobody was found, for each image with somebody. With more, the image numbers are no frame numbers."""


@dataclass(frozen=True)
class PeopleInFrames:
    """What a file of keypoints holds.

    Attributes:
        names: Names of the K keypoints.
        people: For each frame the people in it, (P, K, 3): column and row in pixels, and confidence. P may be 0.
        fps: The file's own frame rate; None where the file has none.
        first: Number of the first frame, counted from 0.
    """

    names: tuple[str, ...]
    people: list[Float[np.ndarray, "_ K 3"]]
    fps: float | None = None
    first: int = 0


def collect_frames(frames: Mapping[int, list[np.ndarray]], path: Path, first: int) -> PeopleInFrames:
    """Return the people of every frame from the first to the last. A missing frame has nobody in it.

    Args:
        frames: The people in a frame, (K, 3) each, by the frame's number.
        path: The file, for messages.
        first: Number of the first frame, counted from 0.

    Raises:
        InputError: The numbers are not those of frames, nobody was found, or people differ in their keypoints.
    """
    in_order = _fill_missing(frames, path)
    counts = {len(person) for people in in_order for person in people}
    if not counts:
        raise InputError(f"nobody was found in {path}: give a recording in which a person is seen whole")
    if len(counts) > 1:
        raise InputError(
            f"{path} has persons with {min(counts)} and with {max(counts)} keypoints: give those of one set"
        )
    count = counts.pop()
    people = [np.array(each, float).reshape(-1, count, 3) for each in in_order]
    return PeopleInFrames(names_by_number(count, path, people), people, first=first)


def _fill_missing(frames: Mapping[int, list[np.ndarray]], path: Path) -> list[list[np.ndarray]]:
    if not frames:
        return []
    first, last = min(frames), max(frames)
    if last - first >= MOST_MISSING * len(frames):
        raise InputError(f"the image_id values of {path} are not frame numbers: give the images numbers from one on")
    return [frames.get(number, []) for number in range(first, last + 1)]


def names_by_number(number: int, path: Path, people: Sequence[Float[np.ndarray, "_ K 3"]]) -> tuple[str, ...]:
    """Return the names of a known set with so many keypoints; of several, the one whose limbs are a person's.

    Args:
        number: The number of keypoints.
        path: The file, for messages.
        people: The people in each frame.

    Raises:
        InputError: There is no such set.
    """
    if number not in OF_NUMBER:
        known = ", ".join(f"{count} ({' or '.join(names)})" for count, names in OF_NUMBER.items())
        raise InputError(f"{path} has {number} keypoints a person, which no known set has: use one of {known}")
    found = np.array([here[here[..., 2].sum(axis=1).argmax()] for here in people if len(here)])
    candidates = OF_NUMBER[number]
    return NAMES[choose_set(candidates, found) if len(found) else candidates[0]]


def frame_number(name: Any, path: Path) -> int:
    """Return the number of a frame: an integer itself, or the last number in the name of an image file.

    The numbers are compared as numbers because not all programs pad them with zeros.
    """
    if isinstance(name, int):
        return name
    numbers = re.findall(r"\d{1,18}", Path(name).stem) if isinstance(name, str) else []
    if not numbers:
        raise InputError(f"{path} names a frame that has no number: give the images numbers from one on")
    return int(numbers[-1])


def read_triples(values: Any, path: Path) -> Float[np.ndarray, "K 3"]:
    """Return column, row and confidence of each keypoint from a list of numbers, flat or in triples."""
    flat: np.ndarray = np.zeros(0)
    with contextlib.suppress(TypeError, ValueError, OverflowError):
        flat = np.array(values, float)
    if flat.ndim == 2 and flat.shape[1] == 3:
        return flat
    if flat.ndim != 1 or flat.size == 0 or flat.size % 3:
        raise InputError(f"{path} has keypoints that are not a list of x, y, confidence: get the whole file")
    return flat.reshape(-1, 3)


def load_json(path: Path) -> Any:
    """Return the content of a JSON file. Raises InputError where it cannot be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8", errors="replace"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; give a file that can be read") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not valid JSON, or is cut short: {error}; get the whole file") from None
