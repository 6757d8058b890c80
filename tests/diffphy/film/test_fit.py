"""The fit of a film finds a known person: points, gravity, ground and lens."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from diffphy.arrays import AnyArray
from diffphy.film.body_points import POINTS, SOLES, index
from diffphy.film.evidence import Known, Prior, Spread
from diffphy.film.first_guess import guess
from diffphy.film.fit import FittedFilm, fit_film
from diffphy.film.parameters import FilmFacts
from diffphy.film.priors import prior_residuals
from tests.diffphy.film import mannequin
from tests.diffphy.film.mannequin import CAMERA_HEIGHT, RATE, STATURE, known, points, see, true_up, without

FEET = [POINTS[sole] for sole in SOLES]


def in_world(fit: FittedFilm) -> np.ndarray:
    return fit.points @ fit.to_world().T + np.array([0.0, 0.0, float(fit.film.height)])


def misses(found: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Return distances after a shift along the ground and a turn about the vertical, (T, P) in m."""
    a, b = (each - each.mean(axis=(0, 1)) * [1.0, 1.0, 0.0] for each in (found, true))
    angle = np.angle(np.sum((b[..., 0] + 1j * b[..., 1]) * np.conj(a[..., 0] + 1j * a[..., 1])))
    c, s = np.cos(angle), np.sin(angle)
    return np.linalg.norm(a @ np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]]) - b, axis=-1)


def degrees_between(a: AnyArray, b: np.ndarray) -> float:
    return float(np.degrees(np.arccos(np.clip(np.asarray(a) @ b, -1.0, 1.0))))


@pytest.fixture(scope="module")
def fitted() -> FittedFilm:
    return fit_film([see(points(), noise=0.01)], known(), RATE)


def test_the_person_is_where_it_was(fitted: FittedFilm) -> None:
    apart = misses(in_world(fitted), points())
    assert apart.mean() < 0.04
    assert apart[:, SOLES].mean() < 0.03


def test_gravity_is_found_by_balance_and_feet(fitted: FittedFilm) -> None:
    """The camera was taken to be level; it looks down by 5.7 degrees."""
    assert degrees_between(fitted.film.up, true_up()) < 3.0
    assert degrees_between(fitted.film.up, np.array([0.0, -1.0, 0.0])) > 3.0


def test_the_errors_are_about_as_large_as_they_are_said_to_be(fitted: FittedFilm) -> None:
    off = np.radians(degrees_between(fitted.film.up, true_up()))
    assert off < np.linalg.norm(fitted.up_sd) < np.radians(8.0)
    assert abs(float(fitted.film.height) - CAMERA_HEIGHT) < fitted.height_sd < 0.5
    assert 0.0 < fitted.stature_sd < 0.01


def test_soles_stand_and_bones_keep_their_length(fitted: FittedFilm) -> None:
    assert fitted.phase.stands.mean() > 0.9
    world = in_world(fitted)
    assert np.abs(world[:, SOLES, 2] - mannequin.SOLE_HEIGHT).max() < 0.02
    thigh = np.linalg.norm(world[:, index("left_hip")] - world[:, index("left_knee")], axis=1)
    assert thigh.std() < 0.005
    assert thigh.mean() == pytest.approx(0.240 * STATURE, rel=0.03)


def test_a_measured_vertical_is_kept() -> None:
    measured = Known((Prior(true_up(), 0.005),), stature=Prior(np.array(STATURE), 0.005), zoom=0.002)
    fit = fit_film([see(points(14))], measured, RATE)
    assert degrees_between(fit.film.up, true_up()) < 0.4
    assert np.degrees(np.linalg.norm(fit.up_sd)) < 0.7


def test_the_height_of_the_camera_tells_its_pitch() -> None:
    """And not that the person stands on nothing, where the camera was taken to be level."""
    told = replace(known(), height=Prior(np.array(CAMERA_HEIGHT), 0.02))
    fit = fit_film([see(points())], told, RATE)
    assert degrees_between(fit.film.up, true_up()) < 2.0
    assert float(fit.film.height) == pytest.approx(CAMERA_HEIGHT, abs=0.02)
    assert fit.phase.stands.mean() > 0.9
    assert fit.converged


def test_the_person_alone_contradicts_a_wrong_vertical() -> None:
    """A sure measurement that is 10 degrees wrong turns the fit. That the person leans to it is still told."""
    leaning = Rotation.from_euler("z", 10.0, degrees=True).apply(true_up())
    wrong = replace(known(), up=(Prior(leaning, np.radians(0.5)),), vanishing=1.0)
    fit = fit_film([see(points(), noise=0.01)], wrong, RATE)
    assert degrees_between(fit.film.up, leaning) < 2.0
    assert fit.bodies_up is not None
    assert (np.abs(fit.bodies_up.mean) / np.hypot(fit.bodies_up.sd, np.radians(0.5))).max() > 1.5
    right = fit_film([see(points(), noise=0.01)], replace(wrong, up=(Prior(true_up(), np.radians(0.5)),)), RATE)
    assert right.bodies_up is not None
    assert (np.abs(right.bodies_up.mean) < 2.0 * right.bodies_up.sd).all()


@pytest.mark.parametrize("zoom", [0.0, 0.1])
def test_a_vertical_from_edges_turns_with_the_lens(zoom: float) -> None:
    """A vanishing point was measured: with a longer focal length it is the end of a steeper direction."""
    edges = true_up() / [1.0, 1.0, np.exp(zoom)]
    before = Known(
        (Prior(edges / np.linalg.norm(edges), 0.001),), stature=Prior(np.array(1.7), 0.05), zoom=0.2, vanishing=1.0
    )
    film = first_film(before)
    at_truth = replace(film, up=true_up(), zoom=np.array([zoom]))
    residual, jacobian = prior_residuals(at_truth, before, Spread(), np.zeros(1))
    np.testing.assert_allclose(residual[:2], 0.0, atol=0.02)
    step = 0.01 * np.eye(film.size)[-4]  # of the focal length
    ahead = prior_residuals(at_truth.moved(step), before, Spread(), np.zeros(1))[0]
    np.testing.assert_allclose((ahead - residual)[:2], (jacobian @ step)[:2], atol=0.02)
    assert np.abs(jacobian[:2, -4]).max() > 10.0


def first_film(before: Known) -> FilmFacts:
    """Return the facts from which a fit begins."""
    return guess((see(points(5)),), before)[1]


def test_a_camera_with_a_pose_keeps_its_world() -> None:
    calibrated = Known(
        (Prior(np.array([0.0, 0.0, 1.0]), 0.001),), Prior(np.array(0.0), 0.002), Prior(np.array(1.7), 0.09), 0.002
    )
    fit = fit_film([see(points(14), placed=True)], calibrated, RATE)
    np.testing.assert_allclose(fit.to_world(), np.eye(3), atol=0.01)
    assert np.linalg.norm(fit.points - points(14), axis=-1).mean() < 0.03
    assert float(fit.film.stature) == pytest.approx(STATURE, abs=0.04)  # the floor tells how large the person is


def test_two_cameras_tell_the_depth() -> None:
    """Neither a detector's guess nor the person's height is known; what both see fixes it."""
    world = points(10)
    views = [see(world, turn=turn, placed=True, noise=0.005) for turn in (0.2, 1.7)]
    views = [replace(view, lifted=0.0 * view.lifted + view.lifted[:1], along=2.0) for view in views]
    calibrated = Known((Prior(np.array([0.0, 0.0, 1.0]), 0.001),), None, Prior(np.array(1.6), 0.2), 0.002)
    fit = fit_film(views, calibrated, RATE)
    assert np.linalg.norm(fit.points - world, axis=-1).mean() < 0.01
    assert float(fit.film.stature) == pytest.approx(STATURE, abs=0.03)


def test_the_fit_begins_with_what_the_best_camera_sees() -> None:
    """The first camera looks elsewhere for most of the time."""
    world = points(10)
    elsewhere, good = see(world, turn=1.7, placed=True), see(world, turn=0.2, placed=True)
    elsewhere = replace(elsewhere, ray=elsewhere.ray + 0.5, confidence=0.3 * elsewhere.confidence)
    calibrated = Known((Prior(np.array([0.0, 0.0, 1.0]), 0.001),), None, Prior(np.array(STATURE), 0.005), 0.002)
    found, _, _ = guess((elsewhere, good), calibrated)
    assert np.linalg.norm(found - world, axis=-1).mean() < 0.1


def test_feet_that_no_camera_sees_stand_below_the_ankles() -> None:
    fit = fit_film([without(see(points(14)), *FEET)], known(), RATE)
    apart = misses(in_world(fit), points(14))
    assert apart[:, SOLES].mean() < 0.08
    assert apart.mean() < 0.05


def test_wrong_keypoints_hardly_matter() -> None:
    right, wrong = (see(points(14)) for _ in range(2))
    wrong.ray[5:8, index("left_wrist")] += 0.2  # 0.8 m
    fits = [in_world(fit_film([view], known(), RATE)) for view in (right, wrong)]
    assert misses(*fits).max() < 0.05
