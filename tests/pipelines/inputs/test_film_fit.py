"""What is known before the fit, and how its result comes into a world on the floor."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from data.camera import CalibratedCamera, Held, from_field_of_view
from data.film.limb_prior import limb_pose
from data.film.vertical_edges import MeasuredVertical
from data.keypoints.clip import KeypointClip
from data.rotations import from_wxyz, to_wxyz
from diffphy.film.body_points import BONES, LIMBS, POINTS, SOLE_HEIGHT, index
from diffphy.film.fit import FittedFilm
from diffphy.film.parameters import FilmFacts
from diffphy.film.phases import find_phase
from diffphy.film.terms.limbs import directions
from pipelines.inputs.film_fit import LEVEL, TOLD_ANGLE, _known, _tell_size, _to_world, _vertical, fit_person
from pipelines.inputs.seen_by_camera import SeenPerson
from tests.diffphy.film import mannequin

EDGES = MeasuredVertical(np.array([0.0, -np.cos(0.1), -np.sin(0.1)]), 0.01, 20, 9.0)  # the camera looks down by 0.1 rad


def angles(up: np.ndarray) -> tuple[float, float]:
    return float(np.arcsin(up[2])), float(np.arctan2(up[0], -up[1]))


@pytest.mark.parametrize(
    ("measured", "held", "pitch", "roll", "sd"),
    [
        (None, Held(), 0.0, 0.0, LEVEL),
        (EDGES, Held(), -0.1, 0.0, (0.01, 0.01)),
        (EDGES, Held(pitch=-0.3), -0.3, 0.0, (0.01, TOLD_ANGLE)),
        (None, Held(pitch=0.2, roll=-0.1), 0.2, -0.1, (TOLD_ANGLE, TOLD_ANGLE)),
    ],
)
def test_the_vertical_is_the_best_known(
    measured: MeasuredVertical | None, held: Held, pitch: float, roll: float, sd: tuple[float, float]
) -> None:
    prior = _vertical(measured, held)
    assert angles(np.asarray(prior.mean)) == pytest.approx((pitch, roll), abs=1e-9)
    np.testing.assert_allclose(prior.sd, sd)


def seen_by(camera: CalibratedCamera, vertical: MeasuredVertical | None = None) -> SeenPerson:
    view = mannequin.see(mannequin.points(5))
    clip = KeypointClip("walk", mannequin.RATE, POINTS, np.asarray(view.ray), np.asarray(view.confidence))
    return SeenPerson(clip, camera, POINTS, mannequin.points(5), vertical=vertical)


def test_the_lens_turns_what_edges_tell_and_not_what_the_user_tells() -> None:
    lens = from_field_of_view(60.0, (1280, 720))
    assert _known([seen_by(lens, EDGES)], None, None).vanishing == 1.0
    assert _known([seen_by(lens)], None, None).vanishing == 0.0
    assert _known([seen_by(replace(lens, held=Held(pitch=-0.1)), EDGES)], None, None).vanishing == 0.0
    assert _known([seen_by(replace(lens, held=Held(roll=0.1)), EDGES)], None, None).vanishing == 1.0


def test_one_camera_that_stands_still_tells_the_height_of_a_person_only_by_its_own() -> None:
    lens = from_field_of_view(60.0, (1280, 720))
    placed = replace(lens, has_pose=True)
    assert not _tell_size([seen_by(lens)], None)
    assert not _tell_size([seen_by(placed)], None)
    assert _tell_size([seen_by(placed)], 0.0)
    assert _tell_size([seen_by(replace(lens, held=Held(height=1.2)))], None)
    assert _tell_size([seen_by(placed)] * 2, None)
    moving = replace(placed, rotation=np.tile(lens.rotation, (5, 1)), translation=np.zeros((5, 3)))
    assert _tell_size([seen_by(moving)], None)


def fit_of(points: np.ndarray, up: np.ndarray, height: float) -> FittedFilm:
    """Return a fit that found these points."""
    film = FilmFacts(up, height, 1.75, np.zeros(len(BONES)), np.array([0.1]), np.zeros((1, 2)), np.zeros(1))
    view = mannequin.see(mannequin.points(len(points)))
    phase = find_phase(points, film, [view], mannequin.RATE, (), ground_known=True)
    nothing = {"height_sd": 0.0, "stature_sd": 0.0, "zoom_sd": np.zeros(1), "root_sd": np.zeros(3), "costs": {}}
    return FittedFilm(points, film, phase, np.zeros(2), None, **nothing, steps=1, converged=True)


def in_camera(camera: CalibratedCamera, world: np.ndarray) -> np.ndarray:
    return from_wxyz(camera.rotation).apply(world.reshape(-1, 3)).reshape(world.shape) + camera.translation


def test_points_and_camera_stand_in_one_world_whose_pose_is_found() -> None:
    up = mannequin.true_up()
    points = mannequin.points(5) @ np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]]) + [0.3, 1.0, 4.0]
    lens = from_field_of_view(60.0, (1280, 720))
    world, (placed,) = _to_world(fit_of(points, up, 1.3), [lens])
    np.testing.assert_allclose(in_camera(placed, world), points, atol=1e-6)
    np.testing.assert_allclose(world[..., 2], points @ up + 1.3, atol=1e-6)
    assert placed.has_pose
    assert placed.center[2] == pytest.approx(1.3, abs=1e-6)
    turn = from_wxyz(placed.rotation).inv()
    assert turn.apply([0.0, 0.0, 1.0])[1] > 0.9  # y is ahead
    assert turn.apply([1.0, 0.0, 0.0])[0] > 0.9  # x is to the right
    hips = world[:, [index("left_hip"), index("right_hip")]].mean(axis=(0, 1))
    np.testing.assert_allclose(hips[:2], 0.0, atol=1e-9)
    np.testing.assert_allclose(placed.focal, lens.focal * np.exp(0.1))


def test_a_camera_with_a_pose_keeps_its_world_but_for_the_height() -> None:
    lens = from_field_of_view(60.0, (1280, 720))
    rotation = to_wxyz(from_wxyz(np.array([0.5, 0.5, -0.5, 0.5])))
    camera = replace(lens, rotation=rotation, translation=np.array([0.1, 1.2, 4.0]), has_pose=True)
    points = mannequin.points(5)
    world, (moved,) = _to_world(fit_of(points, np.array([0.0, 0.0, 1.0]), -0.25), [camera])
    np.testing.assert_allclose(world, points - [0.0, 0.0, 0.25], atol=1e-9)
    np.testing.assert_allclose(in_camera(moved, world), in_camera(camera, points), atol=1e-9)


def test_who_stands_on_soles_that_are_thicker_is_not_seen_farther_away() -> None:
    """A camera that stands lower sees feet on a known floor farther away: 2 cm are 6 cm here."""
    thicker = 0.02
    world = mannequin.points(12) + np.array([0.0, 0.0, thicker])
    view = mannequin.see(world, placed=True)
    lens = replace(from_field_of_view(60.0, (1280, 720), 0.002), has_pose=True)
    camera = replace(lens, rotation=to_wxyz(Rotation.from_matrix(view.rotation[0])), translation=view.translation[0])
    pixel = np.asarray(view.ray) * camera.focal + camera.principal
    keypoints = KeypointClip("walk", mannequin.RATE, POINTS, pixel, np.asarray(view.confidence))
    relative = np.asarray(view.lifted)
    away = {}
    for sole in (SOLE_HEIGHT, SOLE_HEIGHT + thicker):
        seen = SeenPerson(keypoints, camera, POINTS, relative, sole_height=sole)
        fitted = fit_person([seen], None, mannequin.RATE, floor_m=0.0)
        away[sole] = (fitted.points - world).mean(axis=(0, 1))
        np.testing.assert_allclose(fitted.seen[0].camera.center, camera.center, atol=0.005)
    assert np.linalg.norm(away[SOLE_HEIGHT]) > 0.05
    assert np.linalg.norm(away[SOLE_HEIGHT + thicker]) < 0.02


def test_the_prior_of_limbs_and_the_fit_mean_the_same_directions() -> None:
    """The file that ships is learned in `data`, and its poses are compared with those of `diffphy`."""
    rng = np.random.default_rng(0)
    points = mannequin.points(5) + 0.1 * rng.normal(size=(5, len(POINTS), 3))
    at = {name: points[:, number] for number, name in enumerate(POINTS)}
    expected = [limb_pose(at, limb[0].split("_")[0], "arm" if "shoulder" in limb[0] else "leg") for limb in LIMBS]
    found = [directions(jnp.asarray(frame, jnp.float32)) for frame in points]
    np.testing.assert_allclose(np.stack(found), np.stack(expected, axis=1), atol=1e-5)
