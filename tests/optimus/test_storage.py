"""Weights in files are read as they were written; files that cannot be read give one sentence."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from optimus import OptimusError, models, storage
from optimus.adafactor_mlp import AdafactorMLP
from optimus.optimus import Optimus

SMALL = Optimus(mlp_widths=(4,), width=4, heads=2, feed_forward=6)


def test_weights_come_back_with_their_model(tmp_path):
    for model in (SMALL, AdafactorMLP((5, 3))):
        params = model.init(jax.random.key(1))
        models.save(tmp_path / "weights.safetensors", model, params)
        again, loaded = models.load(tmp_path / "weights.safetensors")
        assert again == model
        jax.tree.map(np.testing.assert_array_equal, params, loaded)


def test_any_tree_of_arrays_comes_back(tmp_path):
    tree = {"a": [jnp.arange(3), jnp.ones((2, 2))], "b": (jnp.array(7, jnp.int32), np.zeros(0, np.float32))}
    storage.save(tmp_path / "tree", tree, {"note": "text"})
    jax.tree.map(np.testing.assert_array_equal, tree, storage.load(tmp_path / "tree", tree))
    assert storage.metadata(tmp_path / "tree") == {"note": "text"}
    assert [path.name for path in tmp_path.iterdir()] == ["tree"]


def damaged(path):
    path.write_bytes(path.read_bytes()[:-100])


def no_model(path):
    storage.save(path, {"x": np.zeros(2)})


def unknown_kind(path):
    storage.save(path, {"x": np.zeros(2)}, {"kind": "newton", "options": "{}"})


def unknown_option(path):
    storage.save(path, {"x": np.zeros(2)}, {"kind": "adafactor_mlp", "options": '{"depth": 3}'})


def other_arrays(path):
    metadata = storage.metadata(path)
    storage.save(path, AdafactorMLP((5,)).init(jax.random.key(0)), metadata)


def other_shapes(path):
    storage.save(path, Optimus(mlp_widths=(4,), width=8, heads=2, feed_forward=6).init(jax.random.key(0)), META)


META = {"kind": "optimus", "options": '{"mlp_widths": [4], "width": 4, "heads": 2, "feed_forward": 6}'}


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda path: path.unlink(), "there are no weights "),
        (damaged, "is damaged or no safetensors file"),
        (lambda path: path.write_text("weights"), "is damaged or no safetensors file"),
        (lambda path: path.write_bytes(b""), "is damaged or no safetensors file"),
        (no_model, "holds no learned optimizer"),
        (unknown_kind, "unknown model 'newton': choose one of optimus, adafactor_mlp"),
        (unknown_option, "the model adafactor_mlp has no option depth: its options are widths"),
        (other_arrays, "holds another model or was made with other settings: .* differ in name, such as"),
        (other_shapes, r"holds another model or was made with other settings: .* where float32\(.*\) is needed"),
    ],
)
def test_what_cannot_be_loaded_is_said_in_one_sentence(tmp_path, spoil, sentence):
    path = tmp_path / "weights.safetensors"
    models.save(path, SMALL, SMALL.init(jax.random.key(0)))
    spoil(path)
    with pytest.raises(OptimusError, match=sentence) as error:
        models.load(path)
    assert "\n" not in str(error.value)
