"""Optimus that starts from a profile of curvature and a quasi-Newton memory, and the L-BFGS that goes on after it."""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from optimus import models
from optimus.learned_quasi_newton import LearnedQuasiNewton, stretch
from optimus.minimisation import minimise
from optimus.objective import OptimusError
from optimus.optimizers import get
from optimus.quasi_newton_optimus import QuasiNewtonOptimus, profile_from_curvature
from tests.optimus.problems import Counted

FRAMES, JOINTS = 12, 4
MODEL = QuasiNewtonOptimus(FRAMES, JOINTS, 3, width=8, feed_forward=8, capacity=12)
N = MODEL.dimension
TIME = np.arange(FRAMES)
CURVATURE = 8.0 * np.exp(-np.abs(TIME[:, None] - TIME[None]) / 4.0) * (0.7**TIME)[:, None] * (0.7**TIME)[None]
SCALES = np.linspace(0.5, 8.0, 3 * JOINTS)  # of the joints and coordinates: a task has steeper directions


def motion(x: np.ndarray) -> tuple[float, np.ndarray]:
    """A quadratic with the curvature in time of `CURVATURE`, and a quartic term; minimum 0 at 1."""
    rows = x.reshape(FRAMES, -1) - 1.0
    gradient = CURVATURE @ rows * SCALES[None] + 0.1 * rows**3
    value = 0.5 * np.sum(rows * (CURVATURE @ rows) * SCALES[None]) + 0.025 * np.sum(rows**4)
    return float(value), gradient.ravel()


def parameters(**changes: Any) -> dict[str, Any]:
    return MODEL.init(jax.random.key(0)) | {"profile": profile_from_curvature(CURVATURE)} | changes


def optimizer(steps: int, params: dict[str, Any] | None = None) -> LearnedQuasiNewton:
    return LearnedQuasiNewton(MODEL, parameters() if params is None else params, steps)


@pytest.mark.parametrize("steps", [0, 5])
def test_the_profile_saves_evaluations(steps: int) -> None:
    ours, plain = (
        minimise(motion, np.zeros(N), each, max_evals=60).history.best for each in (optimizer(steps), get("lbfgs"))
    )
    reached = [int(np.argmax(best < 1e-3 * best[0])) for best in (ours, plain)]
    assert 0 < reached[0] < 0.7 * reached[1]


def test_a_task_may_have_a_direction_that_is_far_steeper() -> None:
    """Contact does that to some windows. The first step must not jump over everything that follows."""
    direction = np.random.default_rng(0).normal(size=N) / np.sqrt(N)

    def steep(x: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = motion(x)
        along = float(direction @ (x - 1.0))
        return value + 5e5 * along**2, gradient + 1e6 * along * direction

    result = minimise(steep, np.zeros(N), optimizer(0), max_evals=60)
    assert result.history.value[1] < 10.0 * result.history.value[0]
    assert result.value < 0.02 * motion(np.zeros(N))[0]


def test_learned_steps_that_do_not_pay_give_way_to_lbfgs() -> None:
    wild = parameters()
    wild["step"]["bias"] = -100.0 * jnp.ones_like(wild["step"]["bias"])
    counted = Counted(motion)
    result = minimise(counted, np.zeros(N), optimizer(10, wild), max_evals=60)
    values = [motion(x)[0] for x in counted.points]
    assert values[1] > values[0]  # the only learned step
    assert result.value < 1e-3 * values[0]


def test_a_loss_that_is_not_finite_is_stepped_around() -> None:
    def with_a_wall(x: np.ndarray) -> tuple[float, np.ndarray]:
        return motion(x) if np.abs(x).max() < 2.0 else (np.nan, np.full_like(x, np.nan))

    wild = parameters()
    wild["step"]["bias"] = -100.0 * jnp.ones_like(wild["step"]["bias"])
    result = minimise(with_a_wall, np.zeros(N), optimizer(3, wild), max_evals=60)
    assert result.non_finite >= 1
    assert result.value < 1e-3 * motion(np.zeros(N))[0]


@pytest.mark.parametrize("start", [0.0, 1.0])
def test_it_ends_at_a_minimum(start: float) -> None:
    def bowl(x: np.ndarray) -> tuple[float, np.ndarray]:
        return 2.0 + 0.5 * float((x - 1.0) @ (x - 1.0)), x - 1.0

    result = minimise(bowl, np.full(N, start), optimizer(3), max_evals=100)
    assert result.stop_reason == "converged"
    assert result.value == pytest.approx(2.0, abs=1e-9)


def test_other_numbers_of_frames_are_minimised_without_learned_steps() -> None:
    def rows(x: np.ndarray) -> tuple[float, np.ndarray]:
        return 0.5 * float(x @ x), x

    result = minimise(rows, np.ones(9 * 3 * JOINTS), optimizer(5), max_evals=80)
    assert result.value < 1e-6
    with pytest.raises(OptimusError, match=r"frames of 12 parameters \(4 joints\), and 13 parameters are no such"):
        minimise(rows, np.ones(13), optimizer(5), max_evals=10)


def test_a_stretched_profile_is_that_of_the_same_time() -> None:
    """The curvature of a smooth motion in time does not depend on the number of frames that describe it."""
    damping = 0.1
    fine = np.linalg.inv(stretch(np.linalg.inv(CURVATURE + damping * np.eye(FRAMES)), damping, 2 * FRAMES))
    smooth, fine_smooth = (np.cos(np.pi * (np.arange(n) + 0.5) / n) for n in (FRAMES, 2 * FRAMES))
    expected = smooth @ CURVATURE @ smooth
    found = fine_smooth @ (fine - damping * np.eye(2 * FRAMES)) @ fine_smooth
    assert found == pytest.approx(expected, rel=0.1)


def test_new_weights_go_as_lbfgs_does() -> None:
    """The encoders of new weights add little to the step of L-BFGS."""
    params = parameters()
    silent = params | {
        "step": jax.tree.map(jnp.zeros_like, params["step"]),
        "terms": jax.tree.map(jnp.zeros_like, params["terms"]),
    }
    x, changes = jnp.zeros(N), []
    for each in (params, silent):
        state, x = MODEL.start(jnp.zeros(N)), jnp.zeros(N)
        for _ in range(4):
            change, state = MODEL.update(each, state, jnp.asarray(motion(np.asarray(x))[1], jnp.float32), x)
            x = x + change
        changes.append(x)
    assert jnp.linalg.norm(changes[0] - changes[1]) < 0.3 * jnp.linalg.norm(changes[1])
    assert motion(np.asarray(changes[1], np.float64))[0] < 0.05 * motion(np.zeros(N))[0]


def test_only_this_step_has_a_derivative() -> None:
    def second_point(params: dict[str, Any], x: jax.Array) -> jax.Array:
        state = MODEL.start(jnp.zeros(N))
        for factor in (1.0, 0.5):
            change, state = MODEL.update(params, state, factor * jnp.linspace(1.0, 2.0, N), x)
            x = x + change
        return jnp.sum(change)

    gradient = jax.grad(second_point, argnums=1)(parameters(), jnp.zeros(N))
    np.testing.assert_array_equal(gradient, jnp.zeros(N))


def test_parameters_of_another_shape_are_refused() -> None:
    with pytest.raises(OptimusError, match=r"for parameters of shape \(12, 4, 3\), not \(5, 4, 3\): set its frames"):
        MODEL.start(jnp.zeros((5, 4, 3)))
    with pytest.raises(OptimusError, match="no multiple of 4 heads"):
        QuasiNewtonOptimus(width=30)


def test_weights_are_stored_and_chosen_by_name(tmp_path) -> None:
    path = tmp_path / "weights.safetensors"
    models.save(path, MODEL, parameters())
    loaded = get("optimus", weights=path, learned_steps=2)
    assert isinstance(loaded, LearnedQuasiNewton)
    assert (loaded.model, loaded.steps) == (MODEL, 2)
    expected, found = (
        minimise(motion, np.zeros(N), each, max_evals=10).history.value for each in (optimizer(2), loaded)
    )
    np.testing.assert_array_equal(found, expected)


def tokens(variant: Any, vectors: jnp.ndarray) -> np.ndarray:
    model = replace(MODEL, variant=variant)
    return np.asarray(model._encode(parameters(), vectors, jnp.zeros(8)))


def test_without_attention_a_token_hears_of_no_other() -> None:
    seen = jax.random.normal(jax.random.key(1), (6, N))
    changed = seen.at[:, :3].add(1.0)  # what the first token sees
    for variant, others_hear in (("full", True), ("no_attention", False)):
        difference = np.abs(tokens(variant, changed) - tokens(variant, seen)).max(axis=1)
        assert difference[0] > 0.1
        assert (difference[1:].max() > 1e-3) == others_hear


def test_without_terms_the_step_is_that_of_terms_of_no_size() -> None:
    gradient = jax.random.normal(jax.random.key(2), (N,))

    def step(variant: Any, size: float) -> np.ndarray:
        model = replace(MODEL, variant=variant)
        params = parameters(log_term_size=jnp.full(MODEL.terms, size))
        return np.asarray(model.update(params, model.start(jnp.zeros(N)), gradient, jnp.zeros(N), jnp.ones(()))[0])

    np.testing.assert_allclose(step("no_terms", 0.0), step("full", -100.0), atol=1e-7)
    assert np.abs(step("full", 0.0) - step("no_terms", 0.0)).max() > 1e-3


@pytest.mark.parametrize(("variant", "taken_back"), [("full", True), ("no_steps_back", False)])
def test_a_step_that_did_not_pay_is_taken_back_but_in_one_variant(variant: Any, taken_back: bool) -> None:
    model, params = replace(MODEL, variant=variant), parameters()
    state, x = model.start(jnp.zeros(N)), jnp.zeros(N)
    change, state = model.update(params, state, jnp.ones(N), x, jnp.ones(()))
    _, state = model.update(params, state, jnp.ones(N), x + change, jnp.array(2.0))
    np.testing.assert_array_equal(state.best_x, x if taken_back else x + change)
    assert int(state.refused) == taken_back
