"""The learned optimizers by name: weights that ship, weights in files, and their results on other problems."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from optimus import OptimusError, flatten_loss, get, minimise, models, transformation
from optimus.adafactor_mlp import AdafactorMLP
from optimus.optimus import Optimus
from tests.optimus.problems import quadratic


def test_weights_that_ship_are_of_the_models_that_they_are_named_after():
    for name in models.list_shipped():
        model, _ = models.load(name)
        assert models.ARCHITECTURES.get(name, model) == model
        assert models.read_card(name)
    assert {"optimus", "adafactor_mlp", "adafactor_mlp_small"} <= set(models.list_shipped())
    assert isinstance(models.load("optimus")[0], Optimus)
    assert isinstance(models.load("adafactor_mlp")[0], AdafactorMLP)


@pytest.mark.parametrize("name", ["optimus", "adafactor_mlp"])
@pytest.mark.parametrize("dimension", [3, 30])
def test_shipped_weights_minimise_a_loss_they_have_not_seen(name, dimension):
    """On a quadratic form that they were not trained on, in dimensions that they were trained in."""
    start = np.ones(dimension, np.float32)
    result = minimise(quadratic, start, name, max_evals=60)
    assert result.value < 0.02 * quadratic(start)[0]


def test_weights_come_from_a_file(tmp_path):
    model = AdafactorMLP((4,))
    params = model.init(jax.random.key(0))
    models.save(tmp_path / "mine.safetensors", model, params)
    mine = get("adafactor_mlp", weights=str(tmp_path / "mine.safetensors"))
    found = minimise(quadratic, np.ones(3, np.float32), mine, max_evals=5)
    update, _ = model.update(
        params, model.start(jnp.zeros(3)), jnp.asarray(quadratic(np.ones(3))[1], jnp.float32), jnp.ones(3)
    )
    np.testing.assert_allclose(found.history.value[1], quadratic(1 + np.asarray(update))[0], rtol=1e-5)


def test_weights_know_the_tasks_that_they_were_trained_on(tmp_path):
    model = models.make("adafactor_mlp", {"widths": [4]})
    params = model.init(jax.random.key(0))
    models.save(tmp_path / "functions.safetensors", model, params)
    models.save(tmp_path / "windows.safetensors", model, params, "diffphy_windows")
    assert models.trained_on(tmp_path / "functions.safetensors") == models.FUNCTIONS
    assert models.trained_on(tmp_path / "windows.safetensors") == "diffphy_windows"
    assert {name: models.trained_on(name) for name in ("optimus", "optimus_walk")} == {
        "optimus": models.FUNCTIONS,
        "optimus_walk": "diffphy_windows",
    }


def test_unknown_weights_and_wrong_options_are_refused():
    with pytest.raises(OptimusError, match=r"there are no weights nope: name a file, or one of .*optimus"):
        get("optimus", weights="nope")
    with pytest.raises(OptimusError, match="the option weights must be the name or the file of weights, not 3"):
        get("optimus", weights=3)


def test_it_goes_through_a_training_loop_of_optax():
    def loss(params):
        return jnp.sum((params["a"] - 0.3) ** 2) + jnp.sum(params["b"] ** 4)

    optimizer = transformation(*models.load("optimus"))
    params = {"a": jnp.zeros(4), "b": jnp.ones((2, 2))}
    first, state = loss(params), optimizer.init(params)

    @jax.jit
    def step(params, state):
        update, state = optimizer.update(jax.grad(loss)(params), state, params)
        return optax.apply_updates(params, update), state

    for _ in range(40):
        params, state = step(params, state)
    assert loss(params) < 0.02 * first
    flat = flatten_loss(loss, {"a": jnp.zeros(4), "b": jnp.ones((2, 2))})
    inside = minimise(flat.evaluate, flat.x0, "optimus", max_evals=41)
    np.testing.assert_allclose(inside.history.value[-1], loss(params), rtol=1e-2, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "options", "wrong"),
    [
        ("optimus", {"width": "a"}, "width of the model optimus is 'a'"),
        ("optimus", {"mlp_widths": 5}, "mlp_widths of the model optimus is 5"),
        ("optimus", {"chunk": 0}, "chunk of the model optimus is 0"),
        ("optimus", {"heads": True}, "heads of the model optimus is True"),
        ("adafactor_mlp", {"widths": [0]}, r"widths of the model adafactor_mlp is \(0,\)"),
        ("adafactor_mlp", {"widths": []}, r"widths of the model adafactor_mlp is \(\)"),
    ],
)
def test_numbers_that_a_model_cannot_have_are_refused(kind, options, wrong):
    with pytest.raises(OptimusError, match=f"{wrong}: give"):
        models.make(kind, options)


def test_lists_and_none_stand_where_they_may():
    made = models.make("optimus", {"chunk": None, "mlp_widths": [8, 8]})
    assert made == Optimus(mlp_widths=(8, 8))
