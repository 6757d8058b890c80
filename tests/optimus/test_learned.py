"""The learned optimizers: their sizes, what their steps depend on, and their use in optax and `minimise`."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from numpy.linalg import norm

from optimus import OptimusError, TransformationOptimizer, minimise
from optimus.adafactor_mlp import AdafactorMLP
from optimus.learned import number_of_parameters, transformation
from optimus.optimus import Optimus
from tests.optimus.problems import quadratic

SMALL = {"mlp_widths": (8,), "width": 8, "heads": 2, "feed_forward": 16}
MODELS = {
    "optimus": Optimus(**SMALL),
    "norm of one": Optimus(norm="one", **SMALL),
    "factored": Optimus(capacity=6, **SMALL),
    "in chunks": Optimus(chunk=4, **SMALL),
    "no state": Optimus(variant="no_state", **SMALL),
    "no structure": Optimus(variant="no_structure", **SMALL),
    "adafactor mlp": AdafactorMLP((8,)),
}
X, G = np.random.default_rng(1).normal(size=(2, 12))


@functools.cache
def compiled_update(model):
    return jax.jit(model.update)


def trajectory(model, params: Any = None, steps: int = 4, order: Any = slice(None)) -> jax.Array:
    """Return the changes that a model makes to twelve parameters in this order. Without `params` the model is new."""
    params = model.init(jax.random.key(0)) if params is None else params
    state, update = model.start(jnp.zeros(12)), compiled_update(model)
    x, changes = jnp.asarray(X, jnp.float32)[order], []
    for step in range(steps):
        change, state = update(params, state, (step + 1) * jnp.asarray(G, jnp.float32)[order], x)
        x = x + change
        changes.append(change)
    return jnp.stack(changes)


@pytest.mark.parametrize(
    ("model", "count"),
    [
        (AdafactorMLP((512, 512, 512, 512)), 811_531),  # the paper's
        (AdafactorMLP((128, 128)), 22_411),  # the paper's
        (Optimus(), 837_134),  # the paper's has 832,526
        (Optimus(variant="no_state"), 837_134),
        (Optimus(variant="no_structure"), 837_134 - 3 * 129),  # as many fewer as the paper's
    ],
)
def test_numbers_of_parameters(model, count: int) -> None:
    assert number_of_parameters(jax.eval_shape(model.init, jax.random.key(0))) == count


@pytest.mark.parametrize("name", MODELS)
def test_the_order_of_the_parameters_does_not_matter(name: str) -> None:
    order = np.random.default_rng(0).permutation(12)
    np.testing.assert_allclose(trajectory(MODELS[name], order=order), trajectory(MODELS[name])[:, order], atol=1e-5)


def test_a_new_optimus_goes_as_its_mlp_does() -> None:
    """For a hundred steps, so that training can start from a trained MLP and lose nothing that it has learned."""
    whole = Optimus()
    params = whole.init(jax.random.key(0))
    part = AdafactorMLP(whole.mlp_widths)
    of_part = {name: params[name] for name in part.init(jax.random.key(0))}
    whole_way = trajectory(whole, params, steps=100)
    part_way = trajectory(part, of_part, steps=100)
    cosine = jnp.sum(whole_way * part_way, axis=1) / (norm(whole_way, axis=1) * norm(part_way, axis=1))
    assert float(cosine.min()) > 0.99


def test_attention_in_chunks_does_not_change_the_steps() -> None:
    np.testing.assert_allclose(trajectory(MODELS["in chunks"]), trajectory(MODELS["optimus"]), atol=1e-5)


def test_the_factored_form_takes_the_same_steps_while_there_is_room() -> None:
    roomy = Optimus(capacity=11, **SMALL)  # below the dimension, hence factored
    np.testing.assert_allclose(trajectory(roomy, steps=3), trajectory(MODELS["optimus"], steps=3), atol=1e-5)


def test_only_optimus_remembers_its_preconditioner() -> None:
    params = MODELS["optimus"].init(jax.random.key(0))
    params["readouts"] = jax.tree.map(lambda leaf: 10 * leaf, params["readouts"])  # for B to differ from the identity
    full, without = (trajectory(MODELS[name], params) for name in ("optimus", "no state"))
    np.testing.assert_allclose(without[0], full[0], rtol=1e-5, atol=1e-7)  # both start from the identity
    assert np.abs(without[1] - full[1]).max() > 1e-4


def test_the_steps_of_a_parameter_depend_on_the_others_only_by_the_encoders() -> None:
    """Of Adafactor MLP they do through the normalisation of the features, which one parameter in a pair of equal and
    opposite ones leaves as it is."""
    model = AdafactorMLP((8,))
    params, state = model.init(jax.random.key(0)), model.start(jnp.zeros(4))
    gradient, x = jnp.array([1.0, 2.0, -2.0, 3.0]), jnp.zeros(4)
    swapped = gradient.at[1].set(-2.0).at[2].set(2.0)
    first, second = (model.update(params, state, g, x)[0] for g in (gradient, swapped))
    np.testing.assert_array_equal(first[jnp.array([0, 3])], second[jnp.array([0, 3])])


def test_it_is_an_optax_transformation_on_any_pytree() -> None:
    model = MODELS["optimus"]
    params = model.init(jax.random.key(0))
    tree = {"a": jnp.asarray(X[:4].reshape(2, 2), jnp.float32), "b": [jnp.asarray(X[4:], jnp.float32)]}
    gradient = {"a": jnp.asarray(G[:4].reshape(2, 2), jnp.float32), "b": [jnp.asarray(G[4:], jnp.float32)]}
    optimizer = transformation(model, params)
    update, _ = jax.jit(optimizer.update)(gradient, optimizer.init(tree), tree)
    moved: Any = optax.apply_updates(tree, update)
    change = trajectory(model, steps=1)[0]
    np.testing.assert_allclose(moved["a"].ravel(), X[:4] + change[:4], atol=1e-5)
    np.testing.assert_allclose(moved["b"][0], X[4:] + change[4:], atol=1e-5)


def test_parameters_may_be_plain_numbers() -> None:
    model = AdafactorMLP((8,))
    optimizer = transformation(model, model.init(jax.random.key(0)))
    plain, arrays = {"a": 1.0, "b": 2.0}, {"a": jnp.array(1.0), "b": jnp.array(2.0)}
    (found, _), (expected, _) = (optimizer.update(each, optimizer.init(each), each) for each in (plain, arrays))
    jax.tree.map(np.testing.assert_array_equal, found, expected)


def test_it_needs_the_parameters() -> None:
    optimizer = transformation(AdafactorMLP(), AdafactorMLP().init(jax.random.key(0)))
    with pytest.raises(OptimusError, match="needs the parameters"):
        optimizer.update(jnp.ones(2), optimizer.init(jnp.ones(2)))


@pytest.mark.parametrize("name", ["optimus", "adafactor mlp"])
def test_it_drops_into_minimise(name: str) -> None:
    params = MODELS[name].init(jax.random.key(0))
    optimizer = TransformationOptimizer(transformation(MODELS[name], params))
    result = minimise(quadratic, np.ones(3, np.float32), optimizer, max_evals=5)
    assert result.evaluations == 5
    assert result.x.dtype == np.float32
