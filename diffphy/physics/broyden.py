"""Search for the root of a residual by Broyden's method, in stages. Each stage has its own matrix and line search.

Nothing here knows of bodies. The caller gives the residual, a symmetric positive definite matrix near its Jacobian, and
the residual's part along a line (`Equation`). The search is not differentiable in reverse mode.

Sources: C. T. Kelley, "Iterative Methods for Linear and Nonlinear Equations", 1995, section 7.3, for the updates; the
convex contact solver of Castro, Permenter and Han (2022) for the line search. Here friction grows with the load, so the
problem is not convex and convergence is not guaranteed. It is measured and reported.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
import jax.scipy.linalg
from jax import lax
from jaxtyping import Array, Bool, Float, Int

MAX_STEPS = 10  # in a stage; a step of the simulation usually takes five to eleven in all stages together
MAX_STAGES = 40  # 60 steps are the most that recorded acrobatics needed
LINE_SEARCH_ITERATIONS = 10  # enough to find the kink of friction, 1e-3 of a fast slip
LINE_SEARCH_TOLERANCE = 0.05  # of the residual's part at the start: the next step corrects the rest

Along = Callable[[Float[Array, ""]], Float[Array, ""]]
"""The residual's part along a line as a function of the share of the line, 0 to 1."""


class Equation(NamedTuple):
    """The equation residual(x) = 0 in N unknowns.

    Attributes:
        residual: The residual at x.
        near_jacobian: `near_jacobian(x, closeness)` is a symmetric positive definite matrix near the Jacobian; only
            its lower triangle is read. With closeness 0 it is cautious: rather too large than too small. With 1 it is
            the nearest one.
        residual_along: `residual_along(x, direction, start)` is the function of a share s that gives the residual at
            x + s direction, times the direction. It is `start` at s = 0.
    """

    residual: Callable[[Float[Array, "N"]], Float[Array, "N"]]
    near_jacobian: Callable[[Float[Array, "N"], Float[Array, ""]], Float[Array, "N N"]]
    residual_along: Callable[[Float[Array, "N"], Float[Array, "N"], Float[Array, ""]], Along]


class Solution(NamedTuple):
    """The result of a search.

    Attributes:
        root: The root if the search has converged, else the best point that it found.
        stages: Number of stages, each with a matrix of its own.
        evaluations: Number of evaluations of the residual.
        converged: Whether the search is over: the last step was smaller than the tolerance, or the residual at the
            guess is not finite, and so the root is not.
    """

    root: Float[Array, "N"]
    stages: Int[Array, ""]
    evaluations: Int[Array, ""]
    converged: Bool[Array, ""]


class _Stage(NamedTuple):
    """The state of a stage. The merit of a point is r V^-1 r, where r is its residual and V the stage's matrix.

    Attributes:
        point: The point after the last step.
        size: Greatest component of the last step.
        steps: All steps of the stage, followed by zeros.
        duals: Each step over its square, followed by zeros.
        taken: Number of steps.
        first: Merit of the point where the stage began.
        merit: Merit of the point before the last step.
        best: The point with the least merit.
        least: The least merit.
    """

    point: Float[Array, "N"]
    size: Float[Array, ""]
    steps: Float[Array, "S N"]
    duals: Float[Array, "S N"]
    taken: Int[Array, ""]
    first: Float[Array, ""]
    merit: Float[Array, ""]
    best: Float[Array, "N"]
    least: Float[Array, ""]


def find_root(equation: Equation, guess: Float[Array, "N"]) -> Solution:
    """Search for the root from a guess.

    A stage factors one matrix V in place of the Jacobian. It corrects V by rank-one terms from its own steps (Broyden's
    good update, as products). If the stage does not reach the root, another one follows from its best point. Every
    stage but the first begins with a line search, which stops where the residual's part along the direction vanishes.
    V alternates between stages: a cautious matrix, so that no step leaps over a kink of the residual, and one near the
    Jacobian.

    Args:
        equation: The equation to solve.
        guess: Where the search begins.
    """
    dtype = guess.dtype
    tolerance = 10.0 * jnp.finfo(dtype).eps ** 0.75  # of the last step; the error that it leaves is far smaller
    # Made once, so that XLA does not fill them in every stage.
    none, infinite = jnp.zeros((MAX_STEPS, *guess.shape), dtype), jnp.asarray(jnp.inf, dtype)

    def run_stage(last: Solution) -> Solution:
        matrix = equation.near_jacobian(last.root, (last.stages % 2).astype(dtype))
        factor = lax.linalg.cholesky(matrix, symmetrize_input=False), True

        def correct(point: Float[Array, "N"]) -> tuple[Float[Array, "N"], Float[Array, ""]]:
            """Return the step by V alone, and the merit of the point."""
            residual = equation.residual(point)
            direction = -jax.scipy.linalg.cho_solve(factor, residual)
            return direction, -jnp.dot(residual, direction)

        def search_along_direction(point: Float[Array, "N"]) -> Float[Array, "N"]:
            direction, merit = correct(point)
            start = -merit  # the residual's part along the direction
            return point + find_share(equation.residual_along(point, direction, start), start) * direction

        def continues(stage: _Stage) -> Array:
            return (stage.size > tolerance) & (stage.merit <= stage.first) & (stage.taken < MAX_STEPS)

        begin = lax.cond(last.stages > 0, search_along_direction, lambda point: point, last.root)
        stage = _Stage(begin, infinite, none, none, jnp.asarray(0), infinite, infinite, begin, infinite)
        stage = lax.while_loop(continues, lambda stage: _take_step(stage, *correct(stage.point)), stage)
        # If the first point of the first stage has no finite residual, no search helps: NaN is returned. A NaN later on
        # means that a step was too long. A stage that begins with NaN has found nothing: rounding made V indefinite.
        hopeless = (last.stages == 0) & (stage.taken == 1)
        converged = ~(stage.size > tolerance) & (hopeless | (stage.merit < infinite))
        best = jnp.where(stage.least < infinite, stage.best, last.root)
        evaluations = last.evaluations + stage.taken + (last.stages > 0)
        return Solution(jnp.where(converged, stage.point, best), last.stages + 1, evaluations, converged)

    def is_unfinished(last: Solution) -> Array:
        return ~last.converged & (last.stages < MAX_STAGES)

    zero = jnp.asarray(0)
    return lax.while_loop(is_unfinished, run_stage, Solution(guess, zero, zero, jnp.asarray(False)))


def _take_step(stage: _Stage, step: Float[Array, "N"], merit: Float[Array, ""]) -> _Stage:
    """Correct the step by the stage's earlier steps, and take it.

    Args:
        stage: The stage so far.
        step: The step from `stage.point` by the stage's matrix alone.
        merit: The merit of `stage.point`.
    """
    point, count = stage.point, stage.taken
    for after, dual in zip(stage.steps[1:], stage.duals[:-1], strict=True):
        step = step + after * jnp.dot(dual, step)
    step = step / (1.0 - jnp.dot(stage.duals[count - 1], step))
    is_better = ~(merit >= stage.least)
    return _Stage(
        point + step,
        jnp.max(jnp.abs(step)),
        stage.steps.at[count].set(step),
        stage.duals.at[count].set(step / jnp.dot(step, step)),
        count + 1,
        jnp.where(count == 0, merit, stage.first),
        merit,
        jnp.where(is_better, point, stage.best),
        jnp.where(is_better, merit, stage.least),
    )


class _Bracket(NamedTuple):
    """A share of a line between two others.

    Attributes:
        share: The share that was tried last.
        value: The residual's part there.
        low: A share where the part is negative.
        low_value: The part there, its size halved once or more where this end has stayed.
        high: A share where the part is positive.
        high_value: The part there, halved once or more where this end has stayed.
        tries: Number of evaluations.
    """

    share: Float[Array, ""]
    value: Float[Array, ""]
    low: Float[Array, ""]
    low_value: Float[Array, ""]
    high: Float[Array, ""]
    high_value: Float[Array, ""]
    tries: Int[Array, ""]


def find_share(along: Along, start: Float[Array, ""]) -> Float[Array, ""]:
    """Return the share of a line, at most 1, where the residual's part along it approximately vanishes.

    The method is regula falsi. The value at the end that stays is halved every time (the Illinois method), which draws
    the next point towards that end.

    Args:
        along: The residual's part along the line.
        start: Its value at 0, negative.
    """

    def overshoots(bracket: _Bracket) -> Array:
        is_far = jnp.abs(bracket.value) > LINE_SEARCH_TOLERANCE * jnp.abs(start)
        return is_far & (bracket.tries < LINE_SEARCH_ITERATIONS)

    def narrow(bracket: _Bracket) -> _Bracket:
        share, value, low, low_value, high, high_value, tries = bracket
        beyond = value > 0
        high_value = jnp.where(beyond, value, 0.5 * high_value)
        low_value = jnp.where(beyond, 0.5 * low_value, value)
        low, high = jnp.where(beyond, low, share), jnp.where(beyond, share, high)
        share = low + (high - low) * low_value / (low_value - high_value)
        return _Bracket(share, along(share), low, low_value, high, high_value, tries + 1)

    none, whole = jnp.zeros_like(start), jnp.ones_like(start)
    end = along(whole)
    value = jnp.where(end > 0, end, 0.0)  # the part has not changed its sign: there is nothing to search for
    first = _Bracket(whole, value, none, start, whole, value, jnp.asarray(0))
    return lax.while_loop(overshoots, narrow, first).share
