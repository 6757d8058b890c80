"""The features that learned optimizers see agree with the published formulas, worked out by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from optimus.features import NUMBER_OF_FEATURES, TIME_SCALES, compute_features, empty_accumulators, initial_decays

G, X = np.array([0.5, -2.0, 0.0]), np.array([1.0, 0.25, -3.0])


def normalised(feature: np.ndarray) -> np.ndarray:
    return feature / np.sqrt(1e-5 + np.mean(feature**2))


def test_features_of_two_steps_by_hand() -> None:
    accumulators = empty_accumulators(3)
    _, accumulators = compute_features(initial_decays(), accumulators, jnp.asarray(2 * G), jnp.asarray(X))
    features, _ = compute_features(initial_decays(), accumulators, jnp.asarray(G), jnp.asarray(X))
    assert features.shape == (3, NUMBER_OF_FEATURES)
    decay = np.array([0.9, 0.99, 0.999])
    m = decay * (1 - decay) * 2 * G[:, None] + (1 - decay) * G[:, None]
    r = decay * (1 - decay) * 4 * G[:, None] ** 2 + (1 - decay) * G[:, None] ** 2
    v = r + (1 - decay**2) * 1e-30
    g = G[:, None]
    expected = [
        g,
        X[:, None],
        m,
        r,
        m / np.sqrt(r + 1e-6),
        1 / np.sqrt(r + 1e-6),
        g / np.sqrt(v + 1e-9),
        v,
        v,
        1 / np.sqrt(v + 1e-8),
        1 / np.sqrt(v + 1e-8),
        m / np.sqrt(v + 1e-6),
    ]
    columns = np.concatenate(expected, axis=1)
    np.testing.assert_allclose(features[:, :32], np.stack([normalised(c) for c in columns.T], axis=1), rtol=2e-4)
    np.testing.assert_allclose(features[:, 32:], np.tile(np.tanh(1 / np.array(TIME_SCALES) - 1), (3, 1)), rtol=1e-5)


@pytest.mark.parametrize("size", [0.0, 1e-30, 1e-12, 1.0, 1e10, 1e25, np.inf, np.nan])
def test_features_are_finite_and_of_unit_size_whatever_the_gradient(size: float) -> None:
    gradient = jnp.full(1000, size) * jnp.asarray(np.random.default_rng(0).choice([-1.0, 1.0], 1000))
    _, accumulators = compute_features(initial_decays(), empty_accumulators(1000), gradient, jnp.ones(1000))
    features, accumulators = compute_features(initial_decays(), accumulators, gradient, jnp.ones(1000))
    assert np.isfinite(features).all()
    assert np.abs(features).max() <= 1.001
    assert all(np.isfinite(leaf).all() for leaf in accumulators)


def test_meta_gradients_are_finite_where_all_is_zero() -> None:
    def total(decays):
        return jnp.sum(compute_features(decays, empty_accumulators(4), jnp.zeros(4), jnp.zeros(4))[0] ** 2)

    assert all(np.isfinite(leaf).all() for leaf in jax.grad(total)(initial_decays()))
