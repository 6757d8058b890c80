"""People in the JSON files of pose detectors, whatever names the program gives to frames, people and keypoints.

Known so: MMPose's inferencer, AlphaPose (also in CMU's and OpenPose's layouts), ultralytics, MediaPipe's landmarks (as
lists, as tables of frames, as people of its tasks) and the skeletons of Kinetics. A frame is a list of people or a
table that holds one; a person is a table or a list of keypoints; keypoints are numbers one after another, lists of two
or three, tables of x and y, or a table of columns.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from data.formats.people_in_frames import PeopleInFrames, collect_frames, frame_number

FEWEST = 10  # keypoints: a shorter list is something else, such as a box
DEEPEST = 5  # lists and tables around a person; nobody writes more
FRAME_LISTS = ("instance_info", "data", "frames", "results", "predictions")
PEOPLE_LISTS = ("people", "instances", "bodies", "skeleton", "persons", "predictions", "pose_landmarks", "poses")
POINTS = ("pose_keypoints_2d", "keypoints", "joints", "pose", "landmarks", "pose_landmarks")
SCORES = ("keypoint_scores", "keypoints_scores", "scores", "score", "visible", "visibility", "confidence")
NUMBERS = ("frame_id", "frame_index", "image_id", "frame", "frame_number")

Points = Float[np.ndarray, "K 3"]


def holds(content: Any) -> bool:
    """Return whether the content of a JSON file has people with keypoints."""
    return any(person is not None for _, people in _frames(content) for person in people)


def read(content: Any, path: Path, size: tuple[int, int] | None = None) -> PeopleInFrames:
    """Return the people in the frames of a file.

    Raises:
        InputError: Nobody was found, or people differ in their keypoints.
    """
    frames: dict[int, list[Points]] = {}
    for at, (number, people) in enumerate(_frames(content)):
        frame = at if number is None else frame_number(number, path)
        frames.setdefault(frame, []).extend(person for person in people if person is not None)
    return collect_frames(frames, path, max(0, min(frames, default=1) - 1))


def people_of_frame(content: Any) -> list[Points]:
    """Return the people in a file of one frame: column, row and confidence of their keypoints."""
    return [person for person in _people(content) if person is not None]


def _frames(content: Any, deepest: int = DEEPEST) -> Iterator[tuple[Any, list[Points | None]]]:
    """Yield the number of each frame, None where it has none, and the people in it."""
    if deepest == 0:
        return
    if isinstance(content, dict):
        inner = next((content[key] for key in FRAME_LISTS if isinstance(content.get(key), list)), None)
        if inner is not None:
            yield from _frames(inner, deepest - 1)
        elif content and all(isinstance(each, dict | list) for each in content.values()):
            for name, frame in content.items():  # AlphaPose: the name of the image
                if any(letter.isdigit() for letter in name):
                    yield name, _people(frame)
    elif isinstance(content, list):
        for frame in content:
            if isinstance(frame, dict | list):
                number = (
                    next((frame[key] for key in NUMBERS if key in frame), None) if isinstance(frame, dict) else None
                )
                yield number, _people(frame)


def _people(frame: Any, deepest: int = DEEPEST) -> list[Points | None]:
    """Return the people in a frame, or in lists and tables inside it."""
    if deepest == 0 or not isinstance(frame, list | dict):
        return []
    if isinstance(frame, list):
        alone = _points(frame, None)
        return [alone] if alone is not None else [found for each in frame for found in _people(each, deepest - 1)]
    person = next((_points(frame[key], _scores(frame)) for key in POINTS if key in frame), None)
    if person is not None:
        return [person]
    inner = next((frame[key] for key in PEOPLE_LISTS if isinstance(frame.get(key), list)), None)
    return [] if inner is None else _people(inner, deepest - 1)


def _scores(person: dict[str, Any]) -> Any:
    return next((person[key] for key in SCORES if isinstance(person.get(key), list)), None)


def _points(value: Any, scores: Any) -> Points | None:
    """Return column, row and confidence of the keypoints in a value; None if it holds none."""
    if isinstance(value, dict):
        return _table(value.get("x"), value.get("y"), next((value[key] for key in SCORES if key in value), scores))
    if not isinstance(value, list) or not value:
        return None
    if all(isinstance(each, dict) and {"x", "y"} <= each.keys() for each in value):
        seen = [next((each[key] for key in SCORES if key in each), 1.0) for each in value]
        return _table([each["x"] for each in value], [each["y"] for each in value], seen)
    numbers = _numbers(value)
    if numbers is None:
        return None
    count = _numbers(scores)
    if numbers.ndim == 1:
        width = 2 if count is not None and 2 * count.size == numbers.size else 3
        if numbers.size % width:
            return None
        numbers = numbers.reshape(-1, width)
    if numbers.ndim != 2 or numbers.shape[1] not in (2, 3):
        return None
    third = numbers[:, 2] if numbers.shape[1] == 3 else count if count is not None else np.ones(len(numbers))
    return _table(numbers[:, 0], numbers[:, 1], third)


def _table(x: Any, y: Any, confidence: Any) -> Points | None:
    columns = [_numbers(column) for column in (x, y)]
    seen = _numbers(confidence)
    if columns[0] is None or columns[1] is None or len(columns[0]) != len(columns[1]) or len(columns[0]) < FEWEST:
        return None
    third = np.ones(len(columns[0])) if seen is None or seen.size != len(columns[0]) else seen.ravel()
    return np.stack([columns[0].ravel(), columns[1].ravel(), third], axis=1)


def _numbers(value: Any) -> np.ndarray | None:
    try:
        numbers = np.array(value, float)
    except (TypeError, ValueError, OverflowError):
        return None
    return numbers if value is not None and numbers.size and math.prod(numbers.shape) else None
