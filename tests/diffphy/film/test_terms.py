"""Every term: nothing is wrong with the true motion, and derivatives are those of the costs."""

from collections.abc import Callable
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from diffphy.film import residuals
from diffphy.film.body_points import BONES, POINTS, SOLES, index, mass_shares, places
from diffphy.film.evidence import Spread
from diffphy.film.parameters import FilmFacts, across
from diffphy.film.phases import Poses, find_phase
from diffphy.film.residuals import Frames
from diffphy.film.terms.balance import _zero_moment_point
from diffphy.film.terms.moment import Moment
from tests.diffphy.film import mannequin
from tests.diffphy.film.mannequin import RATE, STATURE

COUNT = 16  # just over a second


@pytest.fixture(scope="module")
def truth() -> tuple[np.ndarray, FilmFacts, Frames]:
    """Return the true points in the world, the true film, and what is known of it."""
    world = mannequin.points(COUNT)
    view = mannequin.see(world, placed=True)
    film = FilmFacts(
        up=jnp.array([0.0, 0.0, 1.0]),
        height=jnp.array(0.0),
        stature=jnp.array(STATURE),
        proportion=jnp.zeros(len(BONES)),
        zoom=jnp.zeros(1),
        lean=jnp.zeros((1, 2)),
        scale=jnp.full(1, -np.log(0.93)),
    )
    poses = Poses(np.ones(1), np.array([[0.0, 0.0, -1.0, 0.0, 0.0, -1.0]]), 4.0 * np.eye(6)[None])
    return world, film, Frames((view,), find_phase(world, film, [view], RATE, [poses] * 4, ground_known=True))


def costs_of(points: np.ndarray, film: FilmFacts, frames: Frames) -> dict[str, float]:
    return residuals.costs(points, film, frames, Spread(), RATE)


def test_the_true_motion_costs_next_to_nothing(truth: tuple[np.ndarray, FilmFacts, Frames]) -> None:
    costs = costs_of(*truth)
    for name in ("keypoints", "lifted", "bones", "ground", "below", "feet", "slide"):
        assert costs[name] < 0.05, name
    assert costs["balance"] < 0.1
    assert costs["acceleration"] < 1.0


def lift(points: np.ndarray) -> np.ndarray:
    return points + np.array([0.0, 0.0, 0.05])


def sink(points: np.ndarray) -> np.ndarray:
    return points - np.array([0.0, 0.0, 0.05])


def lean(points: np.ndarray) -> np.ndarray:
    return points + points[..., 2:] * np.array([0.4, 0.0, 0.0])


def shake(points: np.ndarray) -> np.ndarray:
    return points + 0.05 * (np.arange(len(points)) % 2)[:, None, None]


def grow(points: np.ndarray) -> np.ndarray:
    return 1.2 * points


def shift(points: np.ndarray) -> np.ndarray:
    """All but the feet are nearer to one foot."""
    soles = np.isin(np.arange(points.shape[1]), SOLES)
    along = points[0, SOLES[1]] - points[0, SOLES[0]]
    return points + 0.12 * (~soles)[None, :, None] * (along / np.linalg.norm(along))


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lift, "ground"),
        (sink, "below"),
        (lean, "balance"),
        (shake, "acceleration"),
        (shake, "slide"),
        (grow, "bones"),
        (grow, "lifted"),
        (lift, "keypoints"),
        (lean, "limbs"),
        (shift, "load"),
    ],
)
def test_a_wrong_motion_costs(
    truth: tuple[np.ndarray, FilmFacts, Frames], change: Callable[[np.ndarray], np.ndarray], name: str
) -> None:
    points, film, frames = truth
    before, after = costs_of(points, film, frames)[name], costs_of(change(points), film, frames)[name]
    assert after > before + 1.0


def test_derivatives_are_those_of_the_costs(truth: tuple[np.ndarray, FilmFacts, Frames]) -> None:
    """Along random directions of points and film, from a motion that is wrong everywhere."""
    points, film, frames = truth
    rng = np.random.default_rng(1)
    points = points + 0.03 * rng.normal(size=points.shape)
    film = film.moved(0.03 * rng.normal(size=film.size))
    linearised = residuals.linearise(points, film, frames, Spread(), RATE)
    for _ in range(3):
        of_points, of_film = rng.normal(size=points.shape), rng.normal(size=film.size)
        around = np.stack([np.roll(of_points, shift, axis=0) for shift in (1, 0, -1)], axis=1).reshape(COUNT, -1)
        slope = np.sum(linearised.at * np.einsum("tmd,td->tm", linearised.at_points, of_points.reshape(COUNT, -1)))
        slope += np.sum(linearised.over * np.einsum("tmd,td->tm", linearised.over_points, around))
        slope += np.sum(linearised.at * (linearised.at_film @ of_film))
        slope += np.sum(linearised.over * (linearised.over_film @ of_film))
        step = 1e-3
        costs = [
            sum(costs_of(points + sign * step * of_points, film.moved(sign * step * of_film), frames).values())
            for sign in (1.0, -1.0)
        ]
        assert (costs[0] - costs[1]) / (2 * step) == pytest.approx(slope, rel=0.02)


def test_the_size_of_the_picture_of_a_body_does_not_tell_its_distance(
    truth: tuple[np.ndarray, FilmFacts, Frames],
) -> None:
    """A body that is twice as large and twice as far away looks the same: keypoints must not prefer either."""
    points, film, frames = truth
    view = replace(frames.views[0], ray=frames.views[0].ray + 0.005)
    center = -np.asarray(view.rotation)[0].T @ np.asarray(view.translation)[0]
    both = [center + scale * (points - center) for scale in (1.0, 2.0)]
    costs = [costs_of(each, film, Frames((view,), frames.phase))["keypoints"] for each in both]
    assert costs[1] == pytest.approx(costs[0], rel=1e-3)
    assert costs[0] > 1.0


def test_a_guessed_place_of_the_root_counts_by_its_uncertainty(truth: tuple[np.ndarray, FilmFacts, Frames]) -> None:
    """Half a squared distance over the variance along each axis of the camera, two independent frames a second."""
    points, film, frames = truth
    (view,) = frames.views
    hips = points[:, [index("left_hip"), index("right_hip")]].mean(axis=1)
    in_camera = np.einsum("tij,tj->ti", view.rotation, hips) + view.translation
    for axis, sd in ((0, 0.02), (1, 0.02), (2, 0.08)):
        known = replace(view, root=in_camera + 0.1 * np.eye(3)[axis], root_along=0.08, root_aside=0.02)
        cost = costs_of(points, film, Frames((known,), frames.phase))["root"]
        assert cost == pytest.approx(COUNT * 2.0 / RATE * (0.1 / sd) ** 2 / 2, rel=0.01)
    assert costs_of(points, film, frames)["root"] == 0.0  # nobody knows where it is


def test_the_forces_on_all_points_have_no_horizontal_moment_about_the_zero_moment_point(
    truth: tuple[np.ndarray, FilmFacts, Frames],
) -> None:
    """Also for a body that begins to turn, whose force does not go through its centre of mass."""
    _, film, frames = truth
    rng = np.random.default_rng(0)
    around = mannequin.points(3) + 0.004 * rng.normal(size=(3, len(POINTS), 3))
    phase = jax.tree.map(lambda each: jnp.asarray(each)[1], frames.phase)
    before, now, after = map(jnp.asarray, around)
    moment = Moment(before, now, after, film, frames.views, phase, Spread(), RATE)
    point = np.asarray(_zero_moment_point(moment))
    force = mass_shares()[:, None] * (np.diff(around, 2, axis=0)[0] * RATE**2 + [0.0, 0.0, 9.81])
    turning = np.cross(around[1] - point, force).sum(axis=0)
    assert np.abs(force[:, :2]).max() > 0.1  # N for each kg of the body
    np.testing.assert_allclose(turning[:2], 0.0, atol=1e-3)
    assert point[2] == pytest.approx(0.0, abs=1e-4)


@pytest.mark.parametrize(("frames", "even"), [(14, 0.0), (16, 1.0)])
def test_an_even_load_needs_a_second_on_both_feet(
    truth: tuple[np.ndarray, FilmFacts, Frames], frames: int, even: float
) -> None:
    world, film = mannequin.points(frames), truth[1]
    phase = find_phase(world, film, [mannequin.see(world, placed=True)], RATE, (), ground_known=True)
    np.testing.assert_allclose(phase.even, even, atol=0.05)


def test_soles_that_move_do_not_stand() -> None:
    world = mannequin.points(COUNT)
    world[:, index("left_ankle")] += np.arange(COUNT)[:, None] * np.array([0.1, 0.0, 0.0])
    for sole in SOLES[::2]:
        world[:, sole] += np.arange(COUNT)[:, None] * np.array([0.1, 0.0, 0.0])
    film = FilmFacts(
        np.array([0.0, 0.0, 1.0]), 0.0, STATURE, np.zeros(len(BONES)), np.zeros(1), np.zeros((1, 2)), np.zeros(1)
    )
    phase = find_phase(world, film, [mannequin.see(world, placed=True)], RATE, (), ground_known=True)
    left, right = phase.stands[:, ::2], phase.stands[:, 1::2]
    assert left.max() < 0.1
    assert right.min() > 0.9
    assert np.max(phase.even) == 0.0  # nobody stands on both feet


def test_places_of_every_set_are_on_the_body() -> None:
    at = mannequin.points(1)[0]
    named = {name: at[index(name)] for name in POINTS}
    for name, expected in (
        ("left_knee", named["left_knee"]),
        ("pelvis", (named["left_hip"] + named["right_hip"]) / 2),
    ):
        (place,) = places([name, "left_pinky"])
        np.testing.assert_allclose(place.weights @ at, expected)
    (ears,) = places(["left_ear", "right_ear"])
    assert ears.columns == (0, 1)
    np.testing.assert_allclose(ears.weights @ at, named["ears"])
    assert mass_shares().sum() == pytest.approx(1.0)
    height = float(mass_shares() @ at[:, 2])
    assert height / STATURE == pytest.approx(0.56, abs=0.03)  # of the centre of mass of a person who stands


@pytest.mark.parametrize("pitch", [-85.0, -50.0, 0.0, 50.0, 85.0])
def test_right_of_the_camera_stays_on_the_right_however_it_is_pitched(pitch: float) -> None:
    up = np.array([0.0, -np.cos(np.radians(pitch)), np.sin(np.radians(pitch))])
    np.testing.assert_allclose(np.asarray(across(up))[0], [1.0, 0.0, 0.0], atol=1e-6)


@pytest.mark.parametrize("up", [[0.0, -1.0, 0.0], [0.0, 0.0, 1.0], [0.1, -0.9, -0.4], [0.3, 0.2, 0.93]])
def test_directions_on_the_ground_are_at_right_angles_to_gravity(up: list[float]) -> None:
    unit = np.array(up) / np.linalg.norm(up)
    on_ground = np.asarray(across(unit))
    np.testing.assert_allclose(on_ground @ unit, 0.0, atol=1e-6)
    np.testing.assert_allclose(on_ground @ on_ground.T, np.eye(2), atol=1e-6)
    assert np.linalg.det(np.stack([*on_ground, unit])) == pytest.approx(1.0, abs=1e-5)
