"""Estimates of the meta-gradient, compared with back-propagation through whole episodes."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from optimus import OptimusError
from optimus.meta.meta_loss import relative_gap
from optimus.meta.pes import PersistentEvolutionStrategies
from optimus.meta.truncated_gradient import TruncatedGradient
from optimus.meta.truncation import ConstantTruncation
from optimus.meta.unroll import is_finite

HORIZON, LENGTH = 8, 2
SCHEDULE = ConstantTruncation(LENGTH, HORIZON)
START, CURVATURE = jnp.array([1.0, -2.0]), jnp.array([1.0, 3.0])


class Valley:
    """A quadratic form, always the same and from the same start, above its minimum by 0.5."""

    def sample(self, key):
        return jnp.zeros(())

    def start(self, key, data):
        return START

    def value(self, data, x):
        return 0.5 + 0.5 * jnp.sum(CURVATURE * x**2)

    def lower_bound(self, data):
        return jnp.zeros(())


class Momentum:
    """Two meta-parameters: the logarithm of the learning rate, and the decay of the velocity."""

    def init(self, key) -> dict[str, Any]:
        return {"rate": jnp.log(0.08), "kept": jnp.array(0.6)}

    def start(self, params):
        return jnp.zeros_like(params)

    def update(self, params, state, gradient, x, value=None):
        state = params["kept"] * state + gradient
        return -jnp.exp(params["rate"]) * state, state


PARAMS = Momentum().init(jax.random.key(0))


def whole_meta_loss(params: dict[str, Any]) -> jax.Array:
    """Return the meta-loss of an episode from start to horizon, without truncation, with second derivatives."""
    family, model = Valley(), Momentum()

    def step(carry, _):
        x, state = carry
        change, state = model.update(params, state, CURVATURE * x, x)
        value = family.value(None, x + change)
        return (x + change, state), relative_gap(value, family.value(None, START), jnp.zeros(()))

    return jnp.mean(lax.scan(step, (START, jnp.zeros(2)), length=HORIZON)[1])


def estimates(estimator: Any, particles: int, truncations: int) -> dict[str, np.ndarray]:
    """Return the gradients, (truncations, particles), of particles that start staggered and are restarted."""
    family, model = Valley(), Momentum()

    def one(key):
        def truncation(particle, now):
            _, gradient, particle, _ = estimator.gradient(family, model, PARAMS, particle, now, jnp.array(0))
            return particle, gradient

        start, now = key, jax.random.split(jax.random.fold_in(key, 1), truncations)
        return lax.scan(truncation, estimator.begin(family, model, PARAMS, start), now)[1]

    gradients = jax.jit(jax.vmap(one, out_axes=1))(jax.random.split(jax.random.key(7), particles))
    return jax.tree.map(np.asarray, gradients)


def test_pes_is_unbiased_over_whole_episodes_resets_included() -> None:
    """Over three horizons after the staggered first ones. The error bars exclude zero and the truncated gradient."""
    exact = jax.grad(whole_meta_loss)(PARAMS)
    truncated = estimates(TruncatedGradient(SCHEDULE), 200, 16)
    found = estimates(PersistentEvolutionStrategies(SCHEDULE, sigma=0.01), 20_000, 16)
    for name in exact:
        of_each = found[name][4:].mean(axis=0)
        mean, error = of_each.mean(), of_each.std() / np.sqrt(len(of_each))
        assert abs(mean - exact[name]) < 3 * error
        assert abs(truncated[name][4:].mean() - exact[name]) > 10 * error
        assert abs(exact[name]) > 10 * error


@pytest.mark.parametrize("estimator", [TruncatedGradient, PersistentEvolutionStrategies])
def test_first_episodes_end_at_different_times(estimator) -> None:
    made = estimator(SCHEDULE)
    begin = jax.vmap(lambda key: made.begin(Valley(), Momentum(), PARAMS, key))
    particle = begin(jax.random.split(jax.random.key(0), 50))
    steps = particle.step if estimator is TruncatedGradient else particle.plus.step
    assert set(np.asarray(steps).tolist()) == {0, 2, 4, 6}


class Growing:
    """A schedule of its own: episodes of one truncation before the fifth meta-step, of two from then on."""

    length = LENGTH

    def stagger(self, episode, key):
        return episode

    def is_over(self, episode, meta_step):
        return (episode.step >= jnp.where(meta_step < 4, LENGTH, 2 * LENGTH)) | ~is_finite(episode)


@pytest.mark.parametrize("estimator", [TruncatedGradient, PersistentEvolutionStrategies])
def test_the_horizon_may_depend_on_the_meta_step(estimator) -> None:
    made = estimator(Growing())
    particle = made.begin(Valley(), Momentum(), PARAMS, jax.random.key(0))
    steps = []
    for meta_step in range(8):
        now = jax.random.key(meta_step)
        particle = made.gradient(Valley(), Momentum(), PARAMS, particle, now, jnp.array(meta_step)).particle
        steps.append(int(particle.step if estimator is TruncatedGradient else particle.plus.step))
    assert steps == [0, 0, 0, 0, 2, 0, 2, 0]


def test_episodes_end_with_a_truncation() -> None:
    for length, horizon in ((3, 8), (5, 0), (5, -5), (0, 5)):
        with pytest.raises(OptimusError, match="must be a multiple"):
            ConstantTruncation(length, horizon)
