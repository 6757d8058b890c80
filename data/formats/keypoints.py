"""Keypoints as OpenPose, COCO and MediaPipe write them, and as .npz.

- A folder of OpenPose's `*_keypoints.json`, one a frame: {"people": [{"pose_keypoints_2d": [x, y, confidence, ...]}]}.
- COCO's results, a list of {"image_id", "keypoints": [x, y, score, ...]}, or its annotations, {"images": ...,
  "annotations": ...}, whose third number is 0 for a keypoint that is not labelled, 1 for an occluded, 2 for a visible
  one. Images are frames in the order of their identifiers.
- MediaPipe's landmarks of a video as JSON: a list over frames of lists of 33 {"x", "y", "visibility"}, x and y as
  shares of the image.
- .npz with `keypoints` (T, K, 3) of one person or (T, P, K, 3) of several, `set` or `names`, and perhaps `fps`.

Formats: OpenPose, "Output format"; COCO, "Data format" and "Results format"; MediaPipe, "Pose landmark detection".
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from data.clip import MAX_FPS, MIN_FPS, InputError, require_frames
from data.formats.safe_pickle import DAMAGED
from data.keypoints.clip import KeypointClip
from data.keypoints.people import Crop, choose
from data.keypoints.sets import BY_NUMBER, NAMES

DEFAULT_FPS = 30.0
LARGEST_PIXEL = 1e5
MOST_MISSING = 100  # images in which nobody was found, for each with somebody, in COCO's results
People = list[Float[np.ndarray, "_ K 3"]]  # of which a frame may have any number


def read(
    source: str | Path,
    *,
    fps: float | None = None,
    default_fps: float = DEFAULT_FPS,
    size: tuple[int, int] | None = None,
    person: int | None = None,
    crop: Crop | None = None,
) -> KeypointClip:
    """The keypoints of one person.

    Args:
        source: a folder of OpenPose files, or a .json or .npz file.
        fps: frames a second, in place of the file's own.
        default_fps: where neither this nor the file says; 30, or that of a video they are of.
        size: width and height of the images, pixels, for formats that give shares of it.
        person: which person, 1 for the most prominent.
        crop: left, top, right, bottom, pixels: only people inside count.

    Raises:
        InputError: the source cannot be read as keypoints of a person.
    """
    path = Path(source)
    names, people, own_fps, first = _read(path, size)
    require_frames(len(people), path)
    rate = own_fps if fps is None else fps
    notes = () if rate is not None else (f"frame rate: {default_fps:g} fps, assumed; give --fps where it is another",)
    rate = default_fps if rate is None else rate
    if not MIN_FPS <= rate <= MAX_FPS:
        raise InputError(f"{path} says {rate:g} frames a second: give the true rate with --fps")
    for frame, here in enumerate(people):
        _check(here, frame, path)
    beyond = sum(bool((here[..., 2] > 1).any()) for here in people)
    if beyond:
        notes += (f"confidences above 1 in {beyond} of {len(people)} frames, taken as 1",)
        people = [np.concatenate([here[..., :2], np.minimum(here[..., 2:], 1.0)], axis=-1) for here in people]
    keypoints, who = choose(people, str(path), person, crop)
    confidence = keypoints[..., 2]
    pixel = np.where(confidence[..., None] > 0, keypoints[..., :2], 0.0)
    if first:
        notes += (f"the first keypoints are those of frame {first}, counted from 0",)
    return KeypointClip(path.stem, rate, names, pixel, confidence, notes + who, first)


def holds_keypoints(source: str | Path) -> bool:
    """Whether it is a folder of .json files of frames, or such a file by its content; what cannot be read is none."""
    path = Path(source)
    if path.is_dir():  # frames have numbers, the metrics of a run have none
        return any(re.search(r"\d", file.stem) for file in path.glob("*.json"))
    try:
        if path.suffix.lower() == ".npz":
            with np.load(path, allow_pickle=False) as file:
                return "keypoints" in file.files
        is_json = path.suffix.lower() == ".json"
        content = json.loads(path.read_text(encoding="utf-8", errors="replace")) if is_json else {}
    except (OSError, RecursionError, *DAMAGED):
        return False
    return isinstance(content, list) or (isinstance(content, dict) and "annotations" in content)


def _read(path: Path, size: tuple[int, int] | None) -> tuple[tuple[str, ...], People, float | None, int]:
    """Names of the keypoints, people in every frame, the file's own frame rate, and the number of the first frame."""
    if path.is_dir():
        frames = _openpose(path)
        return *_named(_in_order(frames, path), path), None, min(frames)
    if not path.is_file():
        raise InputError(f"there is no {path}: give a folder of OpenPose files, or a .json or .npz file of keypoints")
    if path.suffix.lower() == ".npz":
        return *_npz(path), 0
    content = _json(path)
    if isinstance(content, list) and content and all(isinstance(each, list) for each in content):
        return NAMES["mediapipe_33"], _mediapipe(content, path, size), None, 0
    frames = _coco(content, path)
    # Images are counted from 1, unless there is one of number 0.
    return *_named(_in_order(frames, path), path), None, max(0, min(frames, default=1) - 1)


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8", errors="replace"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; give a file that can be read") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is no JSON, or is cut short: {error}; get the whole file") from None


def _openpose(folder: Path) -> dict[int, list[np.ndarray]]:
    """The people of each frame, by its number, which is counted from 0."""
    files = sorted(folder.glob("*_keypoints.json")) or sorted(folder.glob("*.json"))
    if not files:
        raise InputError(f"{folder} holds no OpenPose files: name a folder of *_keypoints.json, one for each frame")
    frames: dict[int, list[np.ndarray]] = {}
    for file in files:
        content = _json(file)
        people = content.get("people") if isinstance(content, dict) else None
        if not isinstance(people, list):
            raise InputError(f'{file} is not of OpenPose: it lacks the list "people"; write it with --write_json')
        keypoints = [each.get("pose_keypoints_2d") if isinstance(each, dict) else None for each in people]
        number = _frame(file.name, file)
        if number in frames:
            raise InputError(f"{folder} has two files of frame {number}: give a folder of one recording")
        frames[number] = [_triples(each, file) for each in keypoints if each != []]
    return frames


def _frame(name: Any, path: Path) -> int:
    """Number of a frame: an integer itself, of a file's name the last number in it, since not all are padded."""
    if isinstance(name, int):
        return name
    numbers = re.findall(r"\d{1,18}", Path(name).stem) if isinstance(name, str) else []
    if not numbers:
        raise InputError(f"{path} names a frame that has no number: give the images numbers from one on")
    return int(numbers[-1])


def _in_order(frames: Mapping[int, list[np.ndarray]], path: Path) -> list[list[np.ndarray]]:
    """The people of every frame from the first to the last; nobody is in those that are missing."""
    if not frames:
        return []
    first, last = min(frames), max(frames)
    if last - first >= MOST_MISSING * len(frames):
        raise InputError(f"the image_id of {path} are no numbers of frames: give the images numbers from one on")
    return [frames.get(number, []) for number in range(first, last + 1)]


def _coco(content: Any, path: Path) -> dict[int, list[np.ndarray]]:
    """The people of each image, by its number."""
    results = content.get("annotations") if isinstance(content, dict) else content
    if not isinstance(results, list) or not all(
        isinstance(each, dict) and {"image_id", "keypoints"} <= each.keys() for each in results
    ):
        raise InputError(
            f"{path} holds no keypoints: give COCO's results or annotations, MediaPipe's landmarks, or a .npz file"
        )
    images = content.get("images", []) if isinstance(content, dict) else []
    if not isinstance(images, list) or not all(isinstance(image, dict) and "id" in image for image in images):
        raise InputError(f"{path} has images without an id: get the whole file")
    frames: dict[int, list[np.ndarray]] = {_frame(image["id"], path): [] for image in images}
    for each in results:
        triples = _triples(each["keypoints"], path)
        if isinstance(content, dict):
            triples[:, 2] /= 2.0  # 0, 1 or 2: not labelled, occluded, visible
        frames.setdefault(_frame(each["image_id"], path), []).append(triples)
    return frames


def _mediapipe(content: Sequence[Any], path: Path, size: tuple[int, int] | None) -> People:
    if size is None:
        raise InputError(f"{path} gives keypoints as shares of the image: give its size in pixels with --image-size")
    people: People = []
    for number, landmarks in enumerate(content):
        if not landmarks:
            people.append(np.zeros((0, 33, 3)))
            continue
        try:
            rows = [[each["x"], each["y"], each.get("visibility", 1.0)] for each in landmarks]
            person = np.array(rows, float)
        except (TypeError, KeyError, AttributeError, ValueError, OverflowError):
            raise InputError(
                f"frame {number} of {path} holds no landmarks of MediaPipe: write x, y and visibility of each"
            ) from None
        if len(person) != 33:
            raise InputError(f"frame {number} of {path} has {len(person)} landmarks: give the 33 of MediaPipe's pose")
        people.append((person * [*size, 1.0] - [0.5, 0.5, 0.0])[None])
    return people


def _npz(path: Path) -> tuple[tuple[str, ...], People, float | None]:
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files if name in ("keypoints", "set", "names", "fps")}
    except (OSError, *DAMAGED) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"{path} cannot be read: {reason}; write it with numpy.savez, without pickled objects"
        ) from None
    keypoints = arrays.get("keypoints")
    if (
        keypoints is None
        or keypoints.dtype.kind not in "fiu"
        or keypoints.ndim not in (3, 4)
        or keypoints.shape[-1] != 3
    ):
        raise InputError(
            f"{path} holds no keypoints: write an array 'keypoints' of shape (frames, keypoints, 3), with column, row "
            "and confidence, or one of shape (frames, persons, keypoints, 3)"
        )
    if keypoints.ndim == 3:
        keypoints = keypoints[:, None]
    number = keypoints.shape[2]
    if "names" in arrays:
        names = _listed(arrays["names"], path)
    elif "set" in arrays:
        names = _set(str(arrays["set"]), path)
    else:
        names = _by_number(number, path)
    if len(names) != number:
        raise InputError(f"{path} has {number} keypoints, and names of {len(names)}: write a name for each")
    fps = arrays.get("fps")
    if fps is not None and (fps.size != 1 or fps.dtype.kind not in "fiu"):
        raise InputError(f"{path} has an fps that is no number: write one number, or give --fps")
    return names, list(keypoints.astype(float)), None if fps is None else float(fps.ravel()[0])


def _listed(names: np.ndarray, path: Path) -> tuple[str, ...]:
    """Names of keypoints in an array. Raises InputError unless each is known, and named once."""
    if names.dtype.kind == "S":
        names = np.char.decode(names, "latin1")
    listed = tuple(map(str, names.ravel()))
    known = {name for each in NAMES.values() for name in each}
    wrong = sorted({name for name in listed if name not in known or listed.count(name) > 1})
    if wrong:
        raise InputError(
            f"{path} names keypoints that we do not know, or twice, {', '.join(wrong)}: use those of a set"
        )
    return listed


def _set(name: str, path: Path) -> tuple[str, ...]:
    if name not in NAMES:
        raise InputError(f"{path} names the unknown set of keypoints '{name}': use one of {', '.join(NAMES)}")
    return NAMES[name]


def _by_number(number: int, path: Path) -> tuple[str, ...]:
    if number not in BY_NUMBER:
        known = ", ".join(f"{count} ({name})" for count, name in sorted(BY_NUMBER.items()))
        raise InputError(f"{path} has {number} keypoints a person, which no known set has: use one of {known}")
    return NAMES[BY_NUMBER[number]]


def _triples(values: Any, path: Path) -> Float[np.ndarray, "K 3"]:
    """Column, row and confidence from a flat list."""
    try:
        flat = np.array(values, float)
    except (TypeError, ValueError, OverflowError):
        flat = np.zeros(0)
    if flat.ndim != 1 or flat.size == 0 or flat.size % 3:
        raise InputError(f"{path} has keypoints that are no list of x, y, confidence: get the whole file")
    return flat.reshape(-1, 3)


def _named(frames: list[list[np.ndarray]], path: Path) -> tuple[tuple[str, ...], People]:
    """Names of the keypoints, and each frame's people in one array."""
    numbers = {len(person) for people in frames for person in people}
    if not numbers:
        raise InputError(f"nobody was found in {path}: give a recording in which a person is seen whole")
    if len(numbers) > 1:
        raise InputError(
            f"{path} has persons with {min(numbers)} and with {max(numbers)} keypoints: give those of one set"
        )
    number = numbers.pop()
    return _by_number(number, path), [np.array(people, float).reshape(-1, number, 3) for people in frames]


def _check(people: Float[np.ndarray, "P K 3"], frame: int, path: Path) -> None:
    """Raises InputError for pixels that are no numbers, or confidences that are none, where a keypoint was found.

    Some detectors' scores are above 1 at times (those of RTMPose and AlphaPose).
    """
    confidence = people[..., 2]
    if not ((confidence >= 0) & np.isfinite(confidence)).all():
        raise InputError(
            f"{path} has a confidence below 0 in frame {frame}, or none: write 0 for not found, 1 for certain"
        )
    pixels = people[confidence > 0][:, :2]
    if not (np.abs(pixels) <= LARGEST_PIXEL).all():
        raise InputError(f"{path} has a keypoint that is no pixel in frame {frame}: give it the confidence 0")
