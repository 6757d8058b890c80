"""MediaPipe's landmarks of a video as JSON: a list over frames of lists of 33 {"x", "y", "visibility"}.

x and y are shares of the image's width and height. Source: MediaPipe, "Pose landmark detection".
"""

from pathlib import Path
from typing import Any

import numpy as np

from data.clip import InputError
from data.formats.people_in_frames import PeopleInFrames
from data.keypoints.sets import NAMES


def holds(content: Any) -> bool:
    """Return whether the content of a JSON file is a list of lists, one for each frame."""
    return isinstance(content, list) and bool(content) and all(isinstance(each, list) for each in content)


def read(content: Any, path: Path, size: tuple[int, int] | None) -> PeopleInFrames:
    """Return the person in each frame; `size` is the width and height of the images, pixels.

    Raises:
        InputError: The size is not given, or a frame does not hold 33 landmarks.
    """
    if size is None:
        raise InputError(f"{path} gives keypoints as shares of the image: give its size in pixels with --image-size")
    people: list[np.ndarray] = []
    for number, landmarks in enumerate(content):
        if not landmarks:
            people.append(np.zeros((0, 33, 3)))
            continue
        try:
            rows = [[each["x"], each["y"], each.get("visibility", 1.0)] for each in landmarks]
            person = np.array(rows, float)
        except (TypeError, KeyError, AttributeError, ValueError, OverflowError):
            raise InputError(
                f"frame {number} of {path} does not hold MediaPipe's landmarks: write x, y and visibility of each"
            ) from None
        if len(person) != 33:
            raise InputError(f"frame {number} of {path} has {len(person)} landmarks: give the 33 of MediaPipe's pose")
        people.append((person * [*size, 1.0] - [0.5, 0.5, 0.0])[None])
    return PeopleInFrames(NAMES["mediapipe_33"], people)
