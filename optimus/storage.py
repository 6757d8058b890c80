"""Stores pytrees of arrays in safetensors files, which hold arrays and text and nothing that could be executed."""

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from optimus.objective import OptimusError


def save(path: str | Path, tree: Any, metadata: Mapping[str, str] | None = None) -> None:
    """Write the arrays of a pytree, named by their paths, and `metadata`. The file appears whole or not at all."""
    target = Path(path)
    handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    os.close(handle)
    try:
        arrays = {name: np.asarray(leaf, order="C") for name, leaf in _leaves_by_path(tree).items()}
        save_file(arrays, temporary, dict(metadata or {}))
        os.chmod(temporary, 0o644)
        os.replace(temporary, target)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def load(path: str | Path, like: Any) -> Any:
    """Return the pytree, of numpy arrays, from a file that `save` wrote.

    Args:
        path: The file.
        like: A pytree of the same structure, of arrays or of their shapes and dtypes (`jax.eval_shape`).

    Raises:
        OptimusError: The file cannot be read, is damaged, or holds other arrays than `like`.
    """
    expected = _leaves_by_path(like)
    with _open(path) as file:
        found = set(file.keys())
        if found != set(expected):
            differing = sorted(found ^ set(expected))
            raise OptimusError(
                f"{path} holds another model or was made with other settings: {len(differing)} of its arrays differ "
                f"in name, such as {differing[0]}"
            )
        arrays = {name: file.get_tensor(name) for name in expected}
    for name, array in arrays.items():
        shape, dtype = tuple(expected[name].shape), np.dtype(expected[name].dtype)
        if (array.shape, array.dtype) != (shape, dtype):
            raise OptimusError(
                f"{path} holds another model or was made with other settings: {name} is {array.dtype}{array.shape}, "
                f"where {dtype}{shape} is needed"
            )
    return jax.tree.unflatten(jax.tree.structure(like), [arrays[name] for name in expected])


def metadata(path: str | Path) -> dict[str, str]:
    """Return the text stored with the arrays.

    Raises:
        OptimusError: The file cannot be read, or is damaged.
    """
    with _open(path) as file:
        return file.metadata() or {}


def _open(path: str | Path) -> Any:
    try:
        return safe_open(str(path), framework="numpy")
    except SafetensorError as error:
        raise OptimusError(f"{path} is damaged or no safetensors file: {error}; get it again") from None
    except OSError as error:
        raise OptimusError(f"cannot read {path}: {error.strerror or error}; correct its path or name") from None


def _leaves_by_path(tree: Any) -> dict[str, Any]:
    """Return the leaves by their paths, in the order of the tree."""
    leaves, _ = jax.tree.flatten_with_path(tree)
    return {jax.tree_util.keystr(path, simple=True, separator="/"): leaf for path, leaf in leaves}
