"""The memory of a quasi-Newton method in JAX and in numpy."""

from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from optimus.learned_quasi_newton import Pairs
from optimus.limited_memory import LimitedMemory
from optimus.objective import Evaluation

N = 7
RNG = np.random.default_rng(3)
HESSIAN = (lambda a: a @ a.T + np.eye(N))(RNG.normal(size=(N, N)))
STEPS = RNG.normal(size=(9, N))
INITIAL = np.diag(np.linspace(0.2, 2.0, N))
VECTOR = RNG.normal(size=N)


def dense_bfgs(steps: np.ndarray) -> np.ndarray:
    """Return the inverse Hessian of BFGS after these steps on the quadratic."""
    inverse = INITIAL
    for step in steps:
        change = HESSIAN @ step
        left = np.eye(N) - np.outer(step, change) / (step @ change)
        inverse = left @ inverse @ left.T + np.outer(step, step) / (step @ change)
    return inverse


def in_jax(steps: np.ndarray, capacity: int) -> np.ndarray:
    memory = LimitedMemory.empty(N, capacity)
    for step in steps:
        memory = memory.add(jnp.asarray(step, jnp.float32), jnp.asarray(HESSIAN @ step, jnp.float32))
    initial = jnp.asarray(INITIAL, jnp.float32)
    return np.asarray(memory.apply(jnp.asarray(VECTOR, jnp.float32), lambda vector: initial @ vector))


def evaluation(x: np.ndarray, gradient: np.ndarray) -> Evaluation:
    return Evaluation(0, x, 0.0, gradient, 0.0, 0.0)


def in_numpy(steps: np.ndarray, capacity: int) -> np.ndarray:
    pairs = Pairs(capacity)
    for step in steps:
        pairs.add(evaluation(np.zeros(N), np.zeros(N)), evaluation(step, HESSIAN @ step))
    return pairs.apply(VECTOR, lambda vector: INITIAL @ vector)


@pytest.mark.parametrize(("apply", "rtol"), [(in_jax, 2e-4), (in_numpy, 1e-9)])
@pytest.mark.parametrize(("made", "capacity"), [(0, 4), (3, 4), (4, 4), (9, 4), (9, 20)])
def test_it_is_bfgs_of_the_last_steps(apply: Any, rtol: float, made: int, capacity: int) -> None:
    expected = dense_bfgs(STEPS[:made][-capacity:]) @ VECTOR
    np.testing.assert_allclose(apply(STEPS[:made], capacity), expected, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("curvature", [-1.0, 0.0])
def test_a_step_without_positive_curvature_is_left_out(curvature: float) -> None:
    step = STEPS[0]
    memory = LimitedMemory.empty(N, 3).add(jnp.asarray(step), jnp.asarray(curvature * step))
    assert memory.next == 0
    np.testing.assert_allclose(memory.apply(jnp.asarray(VECTOR), lambda vector: 2 * vector), 2 * VECTOR, rtol=1e-6)
    pairs = Pairs(3)
    pairs.add(evaluation(np.zeros(N), np.zeros(N)), evaluation(step, curvature * step))
    assert not pairs.kept
