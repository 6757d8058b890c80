"""B as a matrix and as rank-one terms: equal as long as there is room, and the norm is always as stored."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from optimus.preconditioner import Dense, Factored

pytestmark = pytest.mark.usefixtures("float64")

N, L = 40, 3


def terms(steps: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(steps, L, N)) * 0.3


def matrix(factored: Factored) -> jax.Array:
    return jax.vmap(lambda column: factored @ column, out_axes=1)(jnp.eye(N))


@pytest.mark.parametrize("size", [1.0, N**0.5])
def test_fifty_steps_are_the_same_in_both_forms(size: float) -> None:
    dense, factored = Dense.identity(N, float), Factored.identity(N, 50 * L, float)
    for new in terms(50):
        dense, factored = dense.update(jnp.asarray(new), size), factored.update(jnp.asarray(new), size)
        np.testing.assert_allclose(matrix(factored), dense.matrix, rtol=1e-12, atol=1e-14)
    assert np.linalg.norm(dense.matrix) == pytest.approx(size, rel=1e-12)


def test_the_dense_form_is_the_formula() -> None:
    (new,) = terms(1)
    expected = np.eye(N) + sum(np.outer(u, u) for u in new)
    updated = Dense.identity(N, float).update(jnp.asarray(new), 1.0)
    np.testing.assert_allclose(updated.matrix, expected / np.linalg.norm(expected), rtol=1e-12, atol=1e-15)


def test_without_room_the_oldest_terms_go_and_the_norm_stays() -> None:
    factored = Factored.identity(N, 2 * L, float)
    for new in terms(7):
        factored = factored.update(jnp.asarray(new), 1.0)
        assert np.linalg.norm(matrix(factored)) == pytest.approx(1.0, rel=1e-12)
    kept = np.concatenate(terms(7)[-2:])
    np.testing.assert_allclose(np.sort(factored.vectors.ravel()), np.sort(kept.ravel()))


def test_memory_grows_with_the_dimension_not_with_its_square() -> None:
    small, large = (sum(leaf.size for leaf in Factored.identity(n, 30)) for n in (1_000, 10_000))
    assert large < 10.1 * small
