"""Stand-ins for objects of SciPy and chumpy in pickles: their state is read, none of their code is run.

The official files of body models hold sparse matrices and chumpy's arrays.
"""

import math
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

LARGEST = 2**28  # numbers; a sparse matrix that would be larger as a dense one is refused


@dataclass(frozen=True)
class Unread:
    """An object of which only the name is known."""

    what: str


class Instance:
    """An object under construction, and its state. `name` is the class that it stands for."""

    name = ""
    state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


def find(module: str, name: str) -> Any:
    """Return the stand-in for a global name; None if there is none."""
    if (module, name) in _BUILT_IN:
        return _BUILT_IN[module, name]
    sparse = module.startswith("scipy.sparse.") and name in _SPARSE
    if sparse or module.split(".")[0] == "chumpy":
        return type("Instance", (Instance,), {"name": f"{module}.{name}"})
    return None


def content(instance: Instance, plain: Callable[[Any], Any]) -> Any:
    """Return the array that an object holds, or Unread. `plain` replaces the stand-ins in its state by arrays."""
    state = plain(instance.state)
    *_, name = instance.name.split(".")
    if not isinstance(state, dict):
        return Unread(instance.name)
    if name in _SPARSE:
        return _dense(state, by_row=name.startswith("csr"))
    if instance.name == "chumpy.ch.Ch" and isinstance(state.get("x"), np.ndarray):
        return state["x"]
    if instance.name == "chumpy.reordering.Select" and isinstance(state.get("a"), np.ndarray):
        chosen = state["a"].ravel()[state["idxs"]]
        return chosen.reshape(state.get("preferred_shape", chosen.shape))
    return Unread(instance.name)


def _dense(state: dict[str, Any], *, by_row: bool) -> np.ndarray:
    """Return a matrix in compressed rows or columns as a dense array. NumPy checks its untrusted indices."""
    shape = tuple(int(each) for each in state["_shape"])
    if len(shape) != 2 or min(shape) < 0 or math.prod(shape) > LARGEST:
        raise pickle.UnpicklingError(f"it has a sparse matrix of the shape {shape}")
    data, indices, starts = (np.asarray(state[key]) for key in ("data", "indices", "indptr"))
    lines = np.repeat(np.arange(shape[0 if by_row else 1]), np.diff(starts))
    matrix = np.zeros(shape)
    np.add.at(matrix, (lines, indices) if by_row else (indices, lines), data)
    return matrix


def _reconstructor(kind: Any, *_: Any) -> Instance:
    """Make an object as old pickles do."""
    if not (isinstance(kind, type) and issubclass(kind, Instance)):
        raise pickle.UnpicklingError("it makes an object of an unknown kind")
    return kind()


def _no_set(*_: Any) -> None:
    """Replaces a set: chumpy keeps in one what has changed."""


_SPARSE = ("csc_matrix", "csr_matrix", "csc_array", "csr_array")
_BUILT_IN: dict[tuple[str, str], Any] = {
    **{(module, "_reconstructor"): _reconstructor for module in ("copy_reg", "copyreg")},
    **{(module, "set"): _no_set for module in ("__builtin__", "builtins")},
}
