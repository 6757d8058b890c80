"""Whether keypoints are places in pictures: columns and rows in pixels, rows counted downwards, and confidences."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float

from data.clip import InputError
from data.finding import Finding
from data.keypoints.clip import FOUND
from data.keypoints.sets import NAMES

LARGEST_SHARE = 2.0  # a share of the picture is 0 to 1, a little more outside it; a person in pixels is larger
LARGEST_SCORE = 20.0  # scores of some detectors exceed 1
AT_HIPS_M = 0.02  # how far the middle of the hips of MediaPipe's world landmarks is from zero, m
UPSIDE_DOWN = 0.9  # share of the frames

People = list[Float[np.ndarray, "_ K 3"]]


def require_pictures(people: People, names: Sequence[str], path: Path) -> None:
    """Check that the numbers are columns, rows and confidences.

    Raises:
        InputError: They are places in space.
    """
    every = np.concatenate(people) if people else np.zeros((0, len(names), 3))
    places = every[..., :2]
    if are_in_space(every):
        raise InputError(
            f"{path} holds x, y and z in space, not columns, rows and confidences: give them as a motion, in an .npz "
            "file with the arrays joints, names, unit and fps"
        )
    if tuple(names) == NAMES["mediapipe_33"] and len(every):
        hips = [names.index("left_hip"), names.index("right_hip")]
        if (np.abs(places[:, hips].mean(axis=1)) < AT_HIPS_M).all():
            raise InputError(
                f"{path} holds MediaPipe's world landmarks, in metres from the hips and without a path: "
                "give the landmarks in the picture (pose_landmarks)"
            )


def in_pixels(people: People, size: tuple[int, int] | None, path: Path) -> tuple[People, tuple[str, ...]]:
    """Return keypoints in pixels, and a note where the file has shares of the picture.

    Args:
        people: The people in each frame.
        size: Width and height of the pictures, pixels.
        path: The file, for messages.

    Raises:
        InputError: The keypoints are shares, and the size is not given.
    """
    seen = [here[here[..., 2] > FOUND][:, :2] for here in people]
    places = np.concatenate(seen) if seen else np.zeros((0, 2))
    if not len(places) or not np.isfinite(places).all() or np.abs(places).max() > LARGEST_SHARE:
        return people, ()
    if size is None:
        raise InputError(f"{path} gives keypoints as shares of the image: give its size in pixels with --image-size")
    # OpenPose can also write shares from -1 to 1.
    half = places.min() < -0.2
    shares = [
        np.concatenate([(here[..., :2] + 1) / 2 if half else here[..., :2], here[..., 2:]], -1) for here in people
    ]
    pixels = [here * [*size, 1.0] - [0.5, 0.5, 0.0] for here in shares]
    return pixels, (f"keypoints: shares of the picture, times {size[0]} x {size[1]} pixels",)


def rows_downwards(
    people: People, names: Sequence[str], size: tuple[int, int] | None, path: Path
) -> tuple[People, tuple[Finding, ...]]:
    """Return keypoints whose rows are counted downwards. Where everybody stands on the head, they were counted upwards.

    Raises:
        InputError: The rows are counted upwards, and the size of the pictures is not given.
    """
    wanted = [f"{side}_{joint}" for joint in ("shoulder", "hip", "ankle") for side in ("left", "right")]
    every = np.concatenate(people)[:, [names.index(name) for name in wanted]] if set(wanted) <= set(names) else None
    every = None if every is None else every[(every[..., 2] > FOUND).all(axis=1)]
    if every is None or not len(every):
        return people, ()
    shoulders, hips, ankles = every[..., 1].reshape(len(every), 3, 2).mean(axis=2).T
    share = float(((shoulders > hips) & (hips > ankles)).mean())
    if share < UPSIDE_DOWN:
        return people, ()
    finding = Finding(
        "doubtful",
        "rows",
        f"head below the feet in {100 * share:.0f} % of the frames",
        "rows counted downwards",
        f"the rows are doubtful: in {100 * share:.0f} % of the frames of {path} the head is below the feet, so the "
        "rows "
        "are taken to be counted upwards; give rows counted downwards if the person stands on the hands",
    )
    if size is None:
        raise InputError(f"{path} counts rows upwards: give the size of the pictures with --image-size")
    turned = [here * [1.0, -1.0, 1.0] + [0.0, size[1] - 1.0, 0.0] for here in people]
    return turned, (finding,)


def are_in_space(points: Float[np.ndarray, "*dims 3"]) -> bool:
    """Return whether the third numbers are no confidences: too large, or all three are as small as metres."""
    places, third = points[..., :2], points[..., 2]
    small = np.abs(places).max(initial=0.0) < LARGEST_SCORE
    return bool(third.max(initial=0.0) > LARGEST_SCORE or (small and ((third < 0).any() or (third > 1.05).any())))
