"""Attention and the encoder: agreement with a reference, chunks, and independence of the order of the rows."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from optimus.transformer import Encoder, attention


def rows(*shape: int) -> jax.Array:
    return jnp.asarray(np.random.default_rng(sum(shape)).normal(size=shape), jnp.float32)


def test_attention_by_loops() -> None:
    query, key, value = rows(4, 2, 3), rows(5, 2, 3), rows(5, 2, 3) + 1
    result = attention(query, key, value)
    for head in range(2):
        for q in range(4):
            score = np.exp(key[:, head] @ query[q, head] / np.sqrt(3))
            np.testing.assert_allclose(result[q, head], score @ value[:, head] / score.sum(), rtol=1e-5)


@pytest.mark.parametrize("chunk", [1, 3, 7, 16])
def test_chunks_change_neither_the_result_nor_its_gradient(chunk: int) -> None:
    query, key, value = inputs = rows(7, 2, 3), rows(7, 2, 3) + 1, rows(7, 2, 3) - 1

    def total(inputs, chunk):
        return jnp.sum(jnp.sin(attention(inputs[0], inputs[1], inputs[2], chunk)))

    np.testing.assert_allclose(attention(query, key, value, chunk), attention(query, key, value), rtol=1e-5, atol=1e-6)
    by_chunks, at_once = (jax.grad(total)(inputs, size) for size in (chunk, None))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6), by_chunks, at_once)


def test_the_order_of_the_rows_does_not_matter() -> None:
    encoder = Encoder(width=8, heads=2, feed_forward=16)
    params = encoder.init(jax.random.key(0))
    order = np.random.default_rng(0).permutation(6)
    np.testing.assert_allclose(encoder(params, rows(6, 8)[order]), encoder(params, rows(6, 8))[order], atol=1e-5)


def test_a_row_depends_on_the_others() -> None:
    encoder = Encoder(width=8, heads=2, feed_forward=16)
    params = encoder.init(jax.random.key(0))
    changed = rows(6, 8).at[5, 0].add(1.0)
    assert np.abs(encoder(params, changed)[0] - encoder(params, rows(6, 8))[0]).max() > 1e-3
