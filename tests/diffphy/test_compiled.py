"""Traces are kept and used again, and only where they belong to the function."""

import itertools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from diffphy import compiled as module
from diffphy.compiled import compiled, keep_traces
from diffphy.physics.simulate import Physics

_numbers = itertools.count()


@pytest.fixture
def kept():
    """Keep traces for a test."""
    traces: dict[str, bytes] = {}
    keep_traces(traces)
    yield traces
    keep_traces(None)
    jax.clear_caches()


class Function:
    """A compiled function of the package that counts how often it is traced."""

    def __init__(self, factor: float = 2.0) -> None:
        self.traced = 0
        name = f"example_{next(_numbers)}"

        def function(x: dict, physics: Physics):
            self.traced += 1
            return {"value": factor * x["a"] + physics.dt, "sum": (jnp.sum(x["a"]),)}

        function.__module__, function.__qualname__ = "diffphy.example", name
        self.compiled = compiled(function)

    def __call__(self, a, physics=None):
        """Call as a new process would."""
        jax.clear_caches()
        return self.compiled({"a": a}, physics or Physics(30.0, 4))


def test_second_process_does_not_trace(kept):
    function, a = Function(), np.arange(3.0, dtype=np.float32)
    plain = {"value": 2.0 * a + np.float32(1 / 120), "sum": (3.0,)}
    for _ in range(3):
        found = function(a)
        assert jax.tree.structure(found) == jax.tree.structure(plain)
        jax.tree.map(np.testing.assert_allclose, found, plain)
    assert function.traced == 1 == len(kept)


def test_without_a_place_every_process_traces():
    function = Function()
    function(np.zeros(3, np.float32))
    function(np.zeros(3, np.float32))
    assert function.traced == 2


@pytest.mark.parametrize(
    "other",
    [
        (np.zeros(4, np.float32),),
        (np.zeros(3, np.int32),),
        (0.0,),
        (np.zeros(3, np.float32), Physics(30.0, 8)),
    ],
    ids=["shape", "type", "scalar", "static"],
)
def test_other_arguments_have_their_own_trace(kept, other):
    function = Function()
    function(np.zeros(3, np.float32))
    found = function(*other)
    assert function.traced == 2 == len(kept)
    value, physics = other[0], (other[1:] or (Physics(30.0, 4),))[0]
    np.testing.assert_array_equal(found["value"], np.full(np.shape(value), physics.dt, np.float32))


def test_changed_source_has_its_own_trace(kept, monkeypatch):
    function, a = Function(), np.zeros(3, np.float32)
    function(a)
    monkeypatch.setattr(module, "_source", lambda package: "changed")
    function(a)
    assert function.traced == 2


def test_double_precision_has_its_own_trace(kept):
    function, a = Function(), np.zeros(3, np.float32)
    function(a)
    with jax.enable_x64(True):
        function(a)
    assert function.traced == 2


class Foreign(NamedTuple):
    """A type of a user, whose source can change."""

    a: np.ndarray


def test_types_of_others_are_not_kept(kept):
    function = Function()
    jax.clear_caches()
    function.compiled({"a": np.zeros(3, np.float32), "foreign": Foreign(np.zeros(1))}, Physics(30.0, 4))
    assert not kept


def test_name_of_two_functions_is_refused():
    def inner():
        return 1.0

    with pytest.raises(ValueError, match="no name of one function"):
        compiled(inner)
    inner.__qualname__ = "a_name"
    compiled(inner)
    with pytest.raises(ValueError, match="no name of one function"):
        compiled(inner)
