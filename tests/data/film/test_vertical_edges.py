"""The vertical of drawn scenes whose camera is known."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from data.camera import CalibratedCamera, from_field_of_view
from data.film.vertical_edges import MeasuredVertical, find_vertical

SIZE = (720, 960)
CAMERA = from_field_of_view(65.0, SIZE)
ENDS = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)


def up_of(pitch: float, roll: float) -> np.ndarray:
    """Up in the axes of a camera that looks up by `pitch` and is turned anticlockwise by `roll`, degrees."""
    return Rotation.from_euler("xz", [-pitch, roll], degrees=True).apply([0.0, -1.0, 0.0])


def project(points: np.ndarray, camera: CalibratedCamera, pitch: float, roll: float) -> np.ndarray:
    """Pixels of points in the axes of a level camera."""
    turn = Rotation.from_euler("xz", [-pitch, roll], degrees=True).as_rotvec()
    fx, fy, (cx, cy) = *camera.focal, camera.principal
    matrix = np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])
    return cv2.projectPoints(points, turn, np.zeros(3), matrix, camera.distortion)[0][:, 0]


def fill(picture: np.ndarray, corners: np.ndarray, grey: int) -> None:
    cv2.fillPoly(picture, [np.round(corners * 64).astype(np.int32)], grey, cv2.LINE_AA, shift=6)


def room(
    seed: int, pitch: float, roll: float, *, panels: int = 12, leaning: int = 0, camera: CalibratedCamera = CAMERA
) -> np.ndarray:
    """Doors and boxes, which stand upright and face anywhere, and boards that lean anyhow; with noise."""
    rng = np.random.default_rng(seed)
    picture = np.full(SIZE[::-1], 120, np.uint8)
    outline = np.concatenate([np.linspace(a, b, 20) for a, b in zip(ENDS, np.roll(ENDS, -1, axis=0), strict=True)])
    for number in rng.permutation(panels + leaning):
        flat = (outline - 0.5) * rng.uniform([0.3, 0.8], [1.0, 2.2])
        board = np.column_stack([flat, np.zeros(len(flat))])
        if number >= panels:
            board = Rotation.from_euler("z", rng.uniform(-40, 40), degrees=True).apply(board)
        board = Rotation.from_euler("y", rng.uniform(-60, 60), degrees=True).apply(board)
        depth = rng.uniform(4.0, 6.0)
        place = np.array([depth * rng.uniform(-0.4, 0.4), rng.uniform(-1.0, 1.0), depth])
        fill(picture, project(board + place, camera, pitch, roll), int(rng.uniform(30, 230)))
    return np.clip(picture + rng.normal(0, 4, picture.shape), 0, 255).astype(np.uint8)


def angle(found: MeasuredVertical | None, up: np.ndarray) -> float:
    """Degrees between the measured and the true vertical."""
    assert found is not None
    return float(np.degrees(np.arccos(np.clip(found.up @ up, -1, 1))))


@pytest.mark.parametrize("leaning", [0, 12])
def test_upright_edges_say_where_is_up(leaning: int) -> None:
    rng = np.random.default_rng(leaning)
    misses, sds = [], []
    for seed in range(8):
        pitch, roll = rng.uniform(-15, 15), rng.uniform(-5, 5)
        found = find_vertical([room(seed, pitch, roll, leaning=leaning)], CAMERA)
        sds.append(np.degrees(found.sd if found else np.inf))
        misses.append(angle(found, up_of(pitch, roll)) / sds[-1])
    assert np.sqrt(np.mean(np.square(misses))) < 1.0
    assert max(misses) < 2.0
    assert max(sds) < 1.6


def test_the_same_picture_again_tells_nothing_more() -> None:
    picture = room(0, -5.0, 1.0)
    once, often = find_vertical([picture], CAMERA), find_vertical([picture] * 4, CAMERA)
    assert once is not None
    assert often is not None
    assert often.sd == pytest.approx(once.sd)
    assert often.segments == once.segments


def test_the_lens_is_used() -> None:
    bent = replace(CAMERA, distortion=np.array([-0.25, 0.08, 0, 0, 0, 0, 0, 0]))
    picture = room(3, -8.0, 1.0, panels=16, camera=bent)
    assert angle(find_vertical([picture], bent), up_of(-8.0, 1.0)) < 0.4
    # A focal length that is wrong by a factor moves up as the docstring says.
    straight = room(3, -8.0, 1.0, panels=16)
    short = find_vertical([straight], replace(CAMERA, focal=CAMERA.focal / 1.2))
    assert short is not None
    longer = short.up * [1, 1, 1.2]
    assert np.degrees(np.arccos(longer @ up_of(-8.0, 1.0) / np.linalg.norm(longer))) < 0.4


def test_large_pictures_and_colours_are_the_same_scene() -> None:
    picture = room(5, 6.0, -2.0)
    large = cv2.resize(picture, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    camera = replace(CAMERA, focal=2 * CAMERA.focal, principal=2 * CAMERA.principal + 0.5)
    assert angle(find_vertical([np.dstack([large] * 3)], camera), up_of(6.0, -2.0)) < 0.4


def grass(seed: int) -> np.ndarray:
    """Blades that stand up, each a bit aslant."""
    rng = np.random.default_rng(seed)
    picture = np.full(SIZE[::-1], 90, np.uint8)
    for foot in rng.uniform((0, 0), SIZE, (1500, 2)):
        tip = foot + rng.uniform(30, 80) * np.array([np.sin(lean := rng.normal(0, 0.35)), -np.cos(lean)])
        blade = np.stack([foot - np.array([2, 0]), foot + np.array([2, 0]), tip])
        fill(picture, blade, int(rng.uniform(40, 180)))
    return picture


def noise(seed: int) -> np.ndarray:
    pixels = np.random.default_rng(seed).uniform(0, 255, SIZE[::-1]).astype(np.uint8)
    return cv2.GaussianBlur(pixels, (0, 0), 3.0) if seed % 2 else pixels


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(np.full(SIZE[::-1], 80, np.uint8), id="plain"),
        *(pytest.param(noise(seed), id=f"noise-{seed}") for seed in range(2)),
        *(pytest.param(grass(seed), id=f"grass-{seed}") for seed in range(3)),
        *(pytest.param(room(seed, 0, 0, panels=0, leaning=20), id=f"leaning-{seed}") for seed in range(3)),
        pytest.param(room(0, 0, 0, panels=1), id="one-door"),
    ],
)
def test_no_clear_vertical_is_none(picture: np.ndarray) -> None:
    assert find_vertical([picture], CAMERA) is None


def test_the_edges_of_a_person_do_not_decide() -> None:
    picture = np.full(SIZE[::-1], 120, np.uint8)
    stripes = np.concatenate([np.linspace(ENDS[k], ENDS[(k + 1) % 4], 2)[:1] for k in range(4)])
    lean = Rotation.from_euler("z", 6.0, degrees=True).as_matrix()[:2, :2]
    for number in range(8):
        fill(picture, (stripes * [12, 300]) @ lean.T + [300 + 24 * number, 300], 220)
    assert find_vertical([picture], CAMERA) is not None
    person = (200.0, 200.0, 600.0, 700.0)
    assert find_vertical([picture], CAMERA, [person]) is None
    scene = np.where(picture == 120, room(1, -4.0, 1.0), picture)
    assert angle(find_vertical([scene], CAMERA, [person]), up_of(-4.0, 1.0)) < 1.0


def test_nothing_is_found_in_no_pictures() -> None:
    assert find_vertical([], CAMERA) is None


def test_up_turns_with_the_lens_and_its_vanishing_point_stays() -> None:
    up = np.array([0.1, -0.9, 0.3]) / np.linalg.norm([0.1, -0.9, 0.3])
    measured = MeasuredVertical(up, 0.01, 20, 9.0)
    other = measured.through_lens(1.2)
    assert np.linalg.norm(other) == pytest.approx(1.0)
    np.testing.assert_allclose(1.2 * other[:2] / other[2], up[:2] / up[2])
