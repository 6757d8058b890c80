"""How the large functions are compiled: their traces can be kept, so that the next process need not trace them again.

JAX keeps what XLA compiled, but a new process traces and lowers a function again before it finds that. For the
functions of a window, this takes longer than to solve several windows. `jax.export` saves what tracing gives.
"""

import hashlib
import pickle
import sys
from collections.abc import Callable, Iterator, MutableMapping
from functools import cache, wraps
from importlib.metadata import version
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import jax
import jax.numpy as jnp
from jax import export

P = ParamSpec("P")
R = TypeVar("R")

_kept: MutableMapping[str, bytes] | None = None
_names: set[str] = set()


def keep_traces(where: MutableMapping[str, bytes] | None) -> None:
    """Keep the traces of `compiled` functions, and use those that are there. None, as at the start, keeps none.

    Reading a trace can run code, so keep them where nobody else can write.
    """
    global _kept
    _kept = where


def compiled(function: Callable[P, R], **options: Any) -> Callable[P, R]:
    """Return `jax.jit(function)` whose traces can be kept. It cannot be differentiated or mapped.

    Args:
        function: A function of trees of arrays, by place. It depends on nothing but them and its package's source.
        options: Those of `jax.jit`, without static arguments.

    Raises:
        ValueError: The name does not tell the function from others.
    """
    name = f"{function.__module__}.{function.__qualname__}"
    if "<" in name or name in _names:
        raise ValueError(f"{name} is no name of one function alone: compile a function of a module, and only once")
    _names.add(name)

    @wraps(function)
    def recall(*args: P.args, **kwargs: P.kwargs) -> R:
        if _kept is None or kwargs:
            return function(*args, **kwargs)
        return _recall(name, function, args, _kept)

    return jax.jit(recall, **options)


def _recall(name: str, function: Callable[..., R], args: tuple[Any, ...], kept: MutableMapping[str, bytes]) -> R:
    """Return the result of a function by its trace. Make the trace, if there is none yet."""
    leaves, structure = jax.tree.flatten(args)
    package = name.partition(".")[0]
    if not all(_is_known(node, package) for node in _nodes(structure)):
        return function(*args)
    kinds = [jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, weak_type=leaf.aval.weak_type) for leaf in leaves]
    key = _digest(name, _source(package), *_surroundings(), structure, kinds)
    if (content := kept.get(key)) is None:
        content = kept[key] = _trace(function, structure, kinds)
    trace, skeleton = pickle.loads(content)
    found = export.deserialize(bytearray(trace)).call(*leaves)
    return jax.tree.unflatten(jax.tree.structure(skeleton), found)


def _trace(function: Callable[..., Any], structure: Any, kinds: list[jax.ShapeDtypeStruct]) -> bytes:
    """Return the trace of a function as a list of arrays, and the tree that its results make."""
    skeleton = None

    def by_leaves(*leaves: Any) -> list[Any]:
        nonlocal skeleton
        found, results = jax.tree.flatten(function(*jax.tree.unflatten(structure, leaves)))
        skeleton = jax.tree.unflatten(results, range(len(found)))
        return found

    trace = export.export(jax.jit(by_leaves))(*kinds).serialize()
    return pickle.dumps((bytes(trace), skeleton))


def _nodes(structure: Any) -> Iterator[type]:
    """Yield the types of all nodes of a tree."""
    if (node := structure.node_data()) is not None:
        yield node[0]
    for child in structure.children():
        yield from _nodes(child)


def _is_known(node: type, package: str) -> bool:
    """Return whether the source of a type cannot change without the trace's key: that of a user's own type can."""
    return node.__module__.partition(".")[0] in (package, "builtins")


def _surroundings() -> tuple[Any, ...]:
    """Return what else a trace depends on."""
    precision = jax.config.values["jax_default_matmul_precision"]
    return jax.__version__, version("jaxlib"), sys.version, jax.default_backend(), jnp.result_type(float), precision


@cache
def _source(package: str) -> str:
    """Return a digest of all source files of a package."""
    folder = Path(sys.modules[package].__file__ or "").parent
    return _digest(*((str(path.relative_to(folder)), path.read_bytes()) for path in sorted(folder.rglob("*.py"))))


def _digest(*parts: Any) -> str:
    return hashlib.sha256("\n".join(map(repr, parts)).encode()).hexdigest()
