"""How the view of a camera moves: a made-up scene that is seen through a window, with somebody in front of it."""

import cv2
import numpy as np
import pytest

from data.keypoints.view_motion import ViewTracker

FPS, SIZE = 30.0, (640, 360)
_SCENE = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (900, 1400), dtype=np.uint8), (0, 0), 3)
SCENE = cv2.normalize(_SCENE, np.empty_like(_SCENE), 0, 255, cv2.NORM_MINMAX)


def film(turn: np.ndarray, shift: np.ndarray, person: int = 0) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return pictures and the true similarity from the first to each. `person`: pixels by which a square moves."""
    pictures, truth = [], []
    for number, (angle, move) in enumerate(zip(turn, shift, strict=True)):
        here = cv2.getRotationMatrix2D((SIZE[0] / 2, SIZE[1] / 2), float(np.degrees(angle)), 1.0)
        here[:, 2] += move
        to_scene = here @ np.array([[1.0, 0.0, -300.0], [0.0, 1.0, -250.0], [0.0, 0.0, 1.0]])
        picture = cv2.warpAffine(SCENE, to_scene, SIZE)
        if person:
            left = 100 + person * number
            picture[100:300, left : left + 120] = SCENE[:200, :120]
        pictures.append(np.repeat(picture[..., None], 3, axis=2))
        truth.append(here)
    return pictures, truth


def follow(pictures: list[np.ndarray], boxes: list[tuple[float, float, float, float] | None]) -> np.ndarray:
    tracker = ViewTracker(FPS)
    for picture, box in zip(pictures, boxes, strict=True):
        tracker.add(picture, box)
    return tracker.places(SIZE)


def test_the_motion_of_a_camera_is_followed() -> None:
    time = np.arange(31) / FPS
    turn, shift = 0.05 * np.sin(3 * time), np.column_stack([60 * time, 20 * np.sin(4 * time)])
    pictures, truth = film(turn, shift)
    places = follow(pictures, [None] * 31)
    first = np.array([[SIZE[0] / 2, SIZE[1] / 2], [0.0, SIZE[1] / 2], [SIZE[0] / 2, 0.0]])
    expected = np.stack([first @ each[:, :2].T + each[:, 2] for each in truth])
    compared = np.arange(0, 31, 3)  # others are as the last that was compared
    np.testing.assert_allclose(places[compared], expected[compared], atol=1.5)


@pytest.mark.parametrize("known", [True, False])
def test_a_person_who_moves_is_no_moving_camera(known: bool) -> None:
    pictures, _ = film(np.zeros(31), np.zeros((31, 2)), person=9)
    boxes = [(100.0 + 9 * number, 100.0, 220.0 + 9 * number, 300.0) if known else None for number in range(31)]
    places = follow(pictures, boxes)
    assert np.abs(places - places[0]).max() < 0.002 * SIZE[0]  # a tenth of what would be said


def test_a_scene_in_which_nothing_is_seen_counts_as_still() -> None:
    places = follow([np.full((360, 640, 3), 90, np.uint8)] * 10, [None] * 10)
    np.testing.assert_array_equal(places, np.broadcast_to(places[0], places.shape))


def test_only_the_person_moves_before_an_empty_wall() -> None:
    """Where all that is seen is the person, their motion is not the camera's."""
    pictures = []
    for number in range(16):
        picture = np.full((360, 640, 3), 90, np.uint8)
        picture[100:300, 100 + 9 * number : 220 + 9 * number] = SCENE[:200, :120, None]
        pictures.append(picture)
    places = follow(pictures, [(95.0 + 9 * each, 95.0, 225.0 + 9 * each, 305.0) for each in range(16)])
    np.testing.assert_array_equal(places, np.broadcast_to(places[0], places.shape))
