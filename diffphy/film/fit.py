"""The fit of a film: points of a person in every frame, gravity, ground, lens and bones, from all that is known.

Bundle adjustment with what is known of people in place of a rigid scene (Triggs et al., Bundle adjustment: a modern
synthesis, 2000). All frames are solved together by Gauss-Newton steps; the matrix has a band and a border.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from diffphy.film import first_guess, normal_equations, residuals
from diffphy.film.compiled import compiled_quickly
from diffphy.film.evidence import Known, Prior, Spread, View
from diffphy.film.normal_equations import NormalEquations
from diffphy.film.parameters import FilmFacts, across
from diffphy.film.phases import Poses, find_phase
from diffphy.film.priors import LASTING, prior_residuals
from diffphy.film.residuals import Frames
from diffphy.film.terms.lifted import HIPS
from diffphy.film.terms.moment import Phase

STEPS = 20
GROUND_STEPS = 5  # steps after which the ground is known well
LEAST_DAMPING = 1e-3  # 1/m^2
TRIES = 7  # of a step, each with ten times the damping
SOFTNESS = (8.0, 6.0, 4.0, 3.0, 2.0, 1.5, 1.0)  # bones give more in the first steps
IGNORED = 1e3  # times its standard deviation, a measurement says nothing
SURE_UP = np.radians(0.2)  # sd of a calibrated vertical: there is nothing to turn, and a known height counts at once
HEIGHT_SOFTNESS = 3  # in the first steps the sd of a known height is multiplied by SOFTNESS to this power
ENOUGH = 1e-3  # share of the cost: a smaller decrease ends the fit
FEWEST = 3  # steps of a fit that goes on from another one


Points = Float[np.ndarray, "T P 3"]


@dataclass(frozen=True)
class FittedFilm:
    """What a film shows, all frames together.

    Attributes:
        points: The points in T frames, m, in the axes of the views.
        film: What holds for the whole film.
        phase: What the body does in each frame.
        up_sd: Standard deviation of the direction against gravity, rad: along two axes on the ground.
        bodies_up: Where up would be if the person alone told it, without the edges in the pictures: tilts along these
            axes, rad. None: no edges told it.
        height_sd: Standard deviation of the height of the origin above the ground, m.
        stature_sd: Standard deviation of the stature, m.
        zoom_sd: Standard deviation of the logarithm of each camera's focal length.
        root_sd: Standard deviation of the mean place of the hips, m, along the three axes.
        costs: Half the sum of squares of each term at the end.
        steps: Steps that were taken.
        converged: Whether the last step no longer lowered the cost, and a longer one was not to be expected to.
    """

    points: Float[np.ndarray, "T P 3"]
    film: FilmFacts
    phase: Phase
    up_sd: Float[np.ndarray, "2"]
    bodies_up: Prior | None
    height_sd: float
    stature_sd: float
    zoom_sd: Float[np.ndarray, "V"]
    root_sd: Float[np.ndarray, "3"]
    costs: dict[str, float]
    steps: int
    converged: bool

    def to_world(self) -> Float[np.ndarray, "3 3"]:
        """Return the rotation to a world with z against gravity: x to the right of the first camera, y ahead."""
        return np.stack([*np.asarray(across(self.film.up), float), np.asarray(self.film.up, float)])


def fit_film(
    views: Sequence[View], known: Known, rate: float, poses: Sequence[Poses] = (), spread: Spread | None = None
) -> FittedFilm:
    """Return the most likely points of a person in T frames.

    Args:
        views: What each camera saw. All have the same frames and the same axes of points.
        known: What is known of gravity, ground, person and lens.
        rate: Frames a second.
        poses: How people hold each limb of `body_points.LIMBS`; none: nothing is known.
        spread: Standard deviations; the defaults if None.
    """
    points, film, first_scale = first_guess.guess(tuple(views), known)
    problem = _Problem(tuple(views), known, rate, spread or Spread(), first_scale, tuple(poses))
    settled = _settle(problem, points, film, range(STEPS))
    alone = None
    if float(known.vanishing) > 0:
        alone = _settle(problem.ignoring_up(), settled.points, settled.film, range(len(SOFTNESS), STEPS))
    return _conclude(problem, settled, alone)


@dataclass(frozen=True)
class _Problem:
    """What is fitted.

    Attributes:
        views: What each camera saw.
        known: What is known before.
        rate: Frames a second.
        spread: Standard deviations.
        first_scale: Logarithm of the size of a person of 1 m over each detector's body.
        poses: How people hold each limb.
    """

    views: tuple[View, ...]
    known: Known
    rate: float
    spread: Spread
    first_scale: Float[np.ndarray, "V"]
    poses: tuple[Poses, ...]

    def phase(self, points: Points, film: FilmFacts, *, ground_known: bool) -> Phase:
        """Return what the body does in a motion. `ground_known`: whether its ground is known well."""
        return find_phase(points, film, self.views, self.rate, self.poses, ground_known=ground_known)

    def softened(self, softness: float) -> "_Problem":
        """Return the problem as the first steps take it.

        Far from the solution, stiff bones stop every step. And a known height would lift the soles off the ground
        before gravity and person have moved to where it is right: nothing would stand any more.
        """
        known, height = self.known, self.known.height
        unsure = all(np.min(each.sd) > SURE_UP for each in known.up)
        if height is not None and unsure:
            known = replace(known, height=replace(height, sd=height.sd * softness**HEIGHT_SOFTNESS))
        return replace(self, known=known, spread=replace(self.spread, give=self.spread.give * softness))

    def ignoring_up(self) -> "_Problem":
        """Return the problem in which next to nothing was measured of the direction against gravity."""
        up = tuple(replace(each, sd=IGNORED * each.sd) for each in self.known.up)
        return replace(self, known=replace(self.known, up=up))

    def equations(self, points: Points, film: FilmFacts, phase: Phase) -> NormalEquations:
        """Return the normal equations about a motion."""
        linearised = residuals.linearise(points, film, Frames(self.views, phase), self.spread, self.rate)
        return normal_equations.build(linearised).with_prior(*self._prior(film))

    def costs(self, points: Points, film: FilmFacts, phase: Phase) -> dict[str, float]:
        """Return half the sum of the squared residuals of each term."""
        prior, _ = self._prior(film)
        of_frames = residuals.costs(points, film, Frames(self.views, phase), self.spread, self.rate)
        return of_frames | {"priors": float(prior @ prior) / 2}

    def cost(self, points: Points, film: FilmFacts, phase: Phase) -> float:
        """Return half the sum of all squared residuals."""
        return sum(self.costs(points, film, phase).values())

    def _prior(self, film: FilmFacts) -> tuple[Float[np.ndarray, " K"], Float[np.ndarray, "K N"]]:
        return prior_residuals(film, self.known, self.spread, self.first_scale)


_moved = compiled_quickly(FilmFacts.moved)


class _Step(NamedTuple):
    """A step that lowers the cost. If none does, everything stays as it is.

    Attributes:
        points: The points, m.
        film: What holds for the whole film.
        after: The cost.
        damping: Of the next step.
        stuck: Whether no step lowered the cost although one should.
    """

    points: Points
    film: FilmFacts
    after: float
    damping: float
    stuck: bool = False


def _step(problem: _Problem, points: Points, film: FilmFacts, phase: Phase, before: float, damping: float) -> _Step:
    """Return a step. `before` is the cost."""
    equations = problem.equations(points, film, phase)
    expected = 0.0
    for _ in range(TRIES):
        if (change := equations.solve(damping)) is not None:
            moved = points + change[0].reshape(points.shape), _moved(film, jnp.asarray(change[1], jnp.float32))
            after = problem.cost(*moved, phase)
            if after < before:
                return _Step(*moved, after, max(damping / 10.0, LEAST_DAMPING))
            expected = max(expected, equations.decrease(*change))
        damping *= 10.0
    return _Step(points, film, before, 1.0, stuck=expected > ENOUGH * before)


class _Settled(NamedTuple):
    """A motion that costs least.

    Attributes:
        points: The points, m.
        film: What holds for the whole film.
        steps: The last step.
        converged: As in `FittedFilm`.
    """

    points: Points
    film: FilmFacts
    steps: int
    converged: bool


def _settle(problem: _Problem, points: Points, film: FilmFacts, steps: range) -> _Settled:
    """Return the motion after some steps. The first ones are soft, and do not know the ground well."""
    damping, step = 1.0, steps.start
    for step in steps:
        phase = problem.phase(points, film, ground_known=step >= GROUND_STEPS)
        softened = problem.softened(SOFTNESS[min(step, len(SOFTNESS) - 1)])
        before = softened.cost(points, film, phase)
        points, film, after, damping, stuck = _step(softened, points, film, phase, before, damping)
        if step + 1 >= max(len(SOFTNESS), steps.start + FEWEST) and after > before * (1.0 - ENOUGH):
            return _Settled(points, film, step + 1, not stuck)
    return _Settled(points, film, step + 1, False)


def _conclude(problem: _Problem, settled: _Settled, alone: _Settled | None) -> FittedFilm:
    """Return the fit. `alone`: the motion without what was measured of the direction against gravity."""
    points, film = settled.points, settled.film
    phase = problem.phase(points, film, ground_known=True)
    mean_of_hips = np.einsum("p,ab->apb", HIPS, np.eye(3)) / len(points)
    rows = np.tile(mean_of_hips[:, None], (1, len(points), 1, 1)).reshape(3, -1)
    of_film, of_root = problem.equations(points, film, phase).covariance(rows)
    sd = LASTING * np.sqrt(np.diag(of_film))
    cameras = sd[-4 * len(problem.views) :].reshape(-1, 4)
    bodies_up = None
    if alone is not None:
        there = problem.phase(alone.points, alone.film, ground_known=True)
        by_bodies, _ = problem.ignoring_up().equations(alone.points, alone.film, there).covariance(rows)
        tilts = np.asarray(across(film.up), float) @ (np.asarray(alone.film.up, float) - np.asarray(film.up, float))
        bodies_up = Prior(tilts, LASTING * np.sqrt(np.diag(by_bodies)[:2]))
    return FittedFilm(
        points=points,
        film=film,
        phase=phase,
        up_sd=sd[:2],
        bodies_up=bodies_up,
        height_sd=float(sd[2]),
        stature_sd=float(sd[3]) * float(film.stature),
        zoom_sd=cameras[:, 0],
        root_sd=LASTING * np.sqrt(np.diag(of_root)),
        costs=problem.costs(points, film, phase),
        steps=settled.steps,
        converged=settled.converged and (alone is None or alone.converged),
    )
