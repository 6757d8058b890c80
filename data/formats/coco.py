"""Keypoints in COCO's JSON files.

- Results: a list of {"image_id", "keypoints": [x, y, score, ...]}.
- Annotations: {"images": ..., "annotations": ...}. The third number of a keypoint is 0 for not labelled, 1 for
  occluded, 2 for visible.

Images are frames in the order of their identifiers. Source: COCO, "Data format" and "Results format".
"""

from pathlib import Path
from typing import Any

import numpy as np

from data.clip import InputError
from data.formats.people_in_frames import PeopleInFrames, collect_frames, frame_number, read_triples


def holds(content: Any) -> bool:
    """Return whether the content of a JSON file is COCO's: a list of results, or a table with annotations."""
    if isinstance(content, dict):
        return "annotations" in content
    return isinstance(content, list) and all(isinstance(each, dict) and "image_id" in each for each in content)


def read(content: Any, path: Path, size: tuple[int, int] | None = None) -> PeopleInFrames:
    """Return the people in the images of a file. COCO gives pixels: the size of the images is not needed.

    Raises:
        InputError: The content is not COCO's, or is damaged.
    """
    frames = _people_of_images(content, path)
    # Images are counted from 1, unless there is one with the number 0.
    return collect_frames(frames, path, max(0, min(frames, default=1) - 1))


def _people_of_images(content: Any, path: Path) -> dict[int, list[np.ndarray]]:
    results = content.get("annotations") if isinstance(content, dict) else content
    if not isinstance(results, list) or not all(
        isinstance(each, dict) and {"image_id", "keypoints"} <= each.keys() for each in results
    ):
        raise InputError(
            f"{path} holds no keypoints: give those of a detector of poses, such as COCO's results, or a .npz file"
        )
    images = content.get("images", []) if isinstance(content, dict) else []
    if not isinstance(images, list) or not all(isinstance(image, dict) and "id" in image for image in images):
        raise InputError(f"{path} has images without an id: get the whole file")
    frames: dict[int, list[np.ndarray]] = {frame_number(image["id"], path): [] for image in images}
    for each in results:
        triples = read_triples(each["keypoints"], path)
        if isinstance(content, dict):
            triples[:, 2] /= 2.0  # 0, 1 or 2: not labelled, occluded, visible
        frames.setdefault(frame_number(each["image_id"], path), []).append(triples)
    return frames
