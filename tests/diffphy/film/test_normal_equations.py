"""The banded equations with their border give what dense ones give."""

import numpy as np
import pytest

from diffphy.film import normal_equations
from diffphy.film.normal_equations import LOOSE, NormalEquations
from diffphy.film.residuals import Linearised

FRAMES, POINTS, FILM, AT, OVER = 6, 6, 3, 9, 7


@pytest.fixture(scope="module")
def linearised() -> Linearised:
    rng = np.random.default_rng(0)
    sizes = [(AT,), (AT, POINTS), (AT, FILM), (OVER,), (OVER, 3 * POINTS), (OVER, FILM)]
    return Linearised(*(rng.normal(size=(FRAMES, *size)) for size in sizes))


@pytest.fixture(scope="module")
def equations(linearised: Linearised) -> NormalEquations:
    return normal_equations.build(linearised).with_prior(np.ones(FILM), 2.0 * np.eye(FILM))


def dense(linearised: Linearised) -> tuple[np.ndarray, np.ndarray]:
    """Return all residuals and their Jacobian. What reaches beyond the film's ends is left out."""
    columns = FRAMES * POINTS
    rows, values = [], []
    for frame in range(FRAMES):
        for residual, of_points, of_film, first in (
            (linearised.at, linearised.at_points, linearised.at_film, frame),
            (linearised.over, linearised.over_points, linearised.over_film, frame - 1),
        ):
            jacobian = np.zeros((of_points.shape[1], (FRAMES + 2) * POINTS))
            start = (first + 1) * POINTS
            jacobian[:, start : start + of_points.shape[2]] = of_points[frame]
            rows.append(np.column_stack([jacobian[:, POINTS : POINTS + columns], of_film[frame]]))
            values.append(residual[frame])
    prior = np.column_stack([np.zeros((FILM, columns)), 2.0 * np.eye(FILM)])
    return np.concatenate([*values, np.ones(FILM)]), np.concatenate([*rows, prior])


@pytest.mark.parametrize("damping", [0.0, 5.0])
def test_a_step_is_that_of_dense_equations(equations: NormalEquations, linearised: Linearised, damping: float) -> None:
    residual, jacobian = dense(linearised)
    matrix = jacobian.T @ jacobian
    matrix[: FRAMES * POINTS, : FRAMES * POINTS] += LOOSE * np.eye(FRAMES * POINTS)
    matrix += damping * np.eye(len(matrix))
    expected = -np.linalg.solve(matrix, jacobian.T @ residual)
    found = equations.solve(damping)
    assert found is not None
    np.testing.assert_allclose(np.concatenate(found), expected, rtol=1e-8)


def test_damping_makes_every_step_short(equations: NormalEquations) -> None:
    """Also for the film's parameters, or a step that is too long for them could never be mended."""
    found = equations.solve(1e9)
    assert found is not None
    np.testing.assert_allclose(
        np.concatenate(found), -1e-9 * np.concatenate([equations.points, equations.film]), rtol=1e-5
    )


def test_covariances_are_those_of_dense_equations(equations: NormalEquations, linearised: Linearised) -> None:
    _, jacobian = dense(linearised)
    matrix = jacobian.T @ jacobian
    matrix[: FRAMES * POINTS, : FRAMES * POINTS] += LOOSE * np.eye(FRAMES * POINTS)
    inverse = np.linalg.inv(matrix)
    mean = np.full((1, FRAMES * POINTS), 1.0 / FRAMES)
    of_film, of_mean = equations.covariance(mean)
    np.testing.assert_allclose(of_film, inverse[-FILM:, -FILM:], rtol=1e-8)
    np.testing.assert_allclose(of_mean, mean @ inverse[:-FILM, :-FILM] @ mean.T, rtol=1e-8)


def test_equations_without_a_solution_have_none(equations: NormalEquations) -> None:
    broken = NormalEquations(-equations.band, equations.border, equations.corner, equations.points, equations.film)
    assert broken.solve(0.0) is None
