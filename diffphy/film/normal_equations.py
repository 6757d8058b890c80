"""The normal equations of a film: a band for the points, bordered by the film's parameters.

A residual couples three neighbouring frames at most, so the matrix of the points has a band. A Cholesky factor of the
band and a Schur complement for the border solve a step in time linear in the number of frames.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from scipy.linalg import LinAlgError, solveh_banded

from diffphy.film.residuals import Linearised

LOOSE = 1e-3
"""Weight, 1/m^2, that keeps a point in place that nothing else holds."""


@dataclass(frozen=True)
class NormalEquations:
    """J'J x = -J'r for the changes of T * D coordinates of points and N parameters of the film.

    Attributes:
        band: Lower band of the matrix of the points, as `scipy.linalg.solveh_banded` takes it.
        border: Coupling of points and film.
        corner: Matrix of the film.
        points: Gradient for the points.
        film: Gradient for the film.
    """

    band: Float[np.ndarray, "W X"]
    border: Float[np.ndarray, "X N"]
    corner: Float[np.ndarray, "N N"]
    points: Float[np.ndarray, " X"]
    film: Float[np.ndarray, " N"]

    def with_prior(self, residual: Float[np.ndarray, " K"], jacobian: Float[np.ndarray, "K N"]) -> "NormalEquations":
        """Return the equations with residuals that depend on the film alone."""
        return replace(self, corner=self.corner + jacobian.T @ jacobian, film=self.film + jacobian.T @ residual)

    def solve(self, damping: float) -> tuple[Float[np.ndarray, " X"], Float[np.ndarray, " N"]] | None:
        """Return the changes of points and film by Levenberg's method.

        Args:
            damping: Weight that keeps every point where it is, 1/m^2, and every parameter of the film, whose radian,
                metre and factor of e count alike: without these, no damping would make a step short. It is not scaled
                by the diagonal, as Marquardt does: the diagonal is that of accelerations, which do not hold slow
                changes, and should not.

        Returns:
            None if the damped matrix is not positive definite.
        """
        try:
            solved, schur = self._eliminate(damping)
            film = -np.linalg.solve(schur, self.film - self.border.T @ solved[:, 0])
        except LinAlgError:
            return None
        return -(solved[:, 0] + solved[:, 1:] @ film), film

    def decrease(self, points: Float[np.ndarray, " X"], film: Float[np.ndarray, " N"]) -> float:
        """Return by how much these changes lower half the sum of squares, if residuals are linear, at least."""
        return -float(self.points @ points + self.film @ film) / 2

    def covariance(
        self, of_points: Float[np.ndarray, "K X"]
    ) -> tuple[Float[np.ndarray, "N N"], Float[np.ndarray, "K K"]]:
        """Return the posterior covariances of the film's parameters and of linear functions of the points.

        Args:
            of_points: A linear function a row.
        """
        _, schur = self._eliminate(0.0)
        film = np.linalg.inv(schur)
        solved = solveh_banded(self.band, of_points.T, lower=True)
        through = self.border.T @ solved
        return film, of_points @ solved + through.T @ film @ through

    def _eliminate(self, damping: float) -> tuple[Float[np.ndarray, "X M"], Float[np.ndarray, "N N"]]:
        """Return the band's solutions for gradient and border, and the Schur complement of the film."""
        band = self.band.copy()
        band[0] += damping
        solved = solveh_banded(band, np.column_stack([self.points, self.border]), lower=True)
        return solved, self.corner + damping * np.eye(len(self.corner)) - self.border.T @ solved[:, 1:]


def build(linearised: Linearised) -> NormalEquations:
    """Return the normal equations of linearised residuals."""
    at, at_points, at_film, over, over_points, over_film = linearised
    frames, _, size = at_points.shape
    on_points, on_film = _transposed(at_points), _transposed(at_film)
    same = on_points @ at_points  # (T, D, D)
    gradient = (on_points @ at[..., None])[..., 0]
    border = on_points @ at_film
    corner = np.einsum("tmn,tmk->nk", at_film, at_film) + np.einsum("tmn,tmk->nk", over_film, over_film)
    film = (on_film @ at[..., None]).sum(axis=0)[:, 0] + np.einsum("tmn,tm->n", over_film, over)
    next_, second = np.zeros_like(same), np.zeros_like(same)  # blocks (t + 1, t) and (t + 2, t)
    whole = _transposed(over_points) @ over_points
    pull = (_transposed(over_points) @ over[..., None])[..., 0]
    to_film = _transposed(over_points) @ over_film
    for shift in range(3):  # frame t + shift - 1
        mine = slice(shift * size, (shift + 1) * size)
        source = slice(max(0, 1 - shift), frames - max(0, shift - 1))
        target = slice(max(0, shift - 1), frames - max(0, 1 - shift))
        same[target] += whole[source, mine, mine]
        gradient[target] += pull[source, mine]
        border[target] += to_film[source, mine]
    before, now, after = (slice(shift * size, (shift + 1) * size) for shift in range(3))
    next_[:-1] += whole[1:, now, before] + whole[:-1, after, now]
    second[:-2] += whole[1:-1, after, before]
    return NormalEquations(
        _to_band((same, next_, second)), border.reshape(frames * size, -1), corner, gradient.ravel(), film
    )


def _to_band(blocks: tuple[Float[np.ndarray, "T D D"], ...]) -> Float[np.ndarray, "W X"]:
    """Return the lower band of a matrix with these blocks on and below its diagonal."""
    frames, size, _ = blocks[0].shape
    band = np.zeros((len(blocks) * size, frames, size))
    row, column = np.indices((size, size))
    for number, block in enumerate(blocks):
        below = number * size + row - column
        kept = below >= 0
        band[below[kept], :, column[kept]] = block[:, row[kept], column[kept]].T
    band = band.reshape(len(band), frames * size)
    band[0] += LOOSE
    return band


def _transposed(matrices: Float[np.ndarray, "T M D"]) -> Float[np.ndarray, "T D M"]:
    return np.swapaxes(matrices, 1, 2)
