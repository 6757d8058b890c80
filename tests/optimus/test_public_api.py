"""What `optimus` and `optimus.meta` export is there, and their examples run."""

import doctest
import inspect
from types import ModuleType

import jax
import pytest

import optimus
import optimus.meta


@pytest.mark.parametrize("module", [optimus, optimus.meta])
def test_the_examples_give_what_they_say(module: ModuleType) -> None:
    result = doctest.testmod(module, globs={})  # as in a user's program, where nothing is imported yet
    assert result.attempted >= 7
    assert result.failed == 0


@pytest.mark.parametrize("module", [optimus, optimus.meta])
def test_everything_exported_is_there_and_documented(module: ModuleType) -> None:
    assert len(set(module.__all__)) == len(module.__all__)
    for name in module.__all__:
        exported = getattr(module, name)
        if inspect.isclass(exported) or inspect.isfunction(exported):
            assert exported.__doc__, name
            assert not exported.__doc__.startswith(f"{name}("), f"{name} has only the docstring that Python makes up"


def test_shipped_models_are_models_of_the_public_classes() -> None:
    for name in optimus.models.list_shipped():
        model, params = optimus.models.load(name)
        assert isinstance(model, optimus.Optimus | optimus.AdafactorMLP | optimus.QuasiNewtonOptimus)
        assert isinstance(model, optimus.LearnedOptimizer)
        assert jax.tree.structure(params) == jax.tree.structure(jax.eval_shape(model.init, jax.random.key(0)))
