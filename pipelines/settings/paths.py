"""Settings that are paths. They are found by their type, so that nobody has to list a new one."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

T = TypeVar("T")


def path_settings(settings: BaseModel) -> Iterator[tuple[str, Path]]:
    """Yield the dotted key and the value of every path in a configuration, also in lists and mappings."""
    return _paths_in(settings, ())


def _paths_in(value: Any, key: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
    if isinstance(value, Path):
        yield ".".join(key), value
    for name, part in _parts(value).items():
        yield from _paths_in(part, (*key, str(name)))


def _parts(value: Any) -> Mapping[Any, Any]:
    """Return what a section, a mapping or a sequence holds, by field, key or index."""
    if isinstance(value, BaseModel):
        return dict(value)
    if isinstance(value, list | tuple):
        return dict(enumerate(value))
    return value if isinstance(value, Mapping) else {}


def change_paths(value: T, change: Callable[[Path], Path]) -> T:
    """Return the same settings with `change` applied to every path that `path_settings` finds in them."""
    changed: Any = value
    if isinstance(value, Path):
        changed = change(value)
    elif isinstance(value, BaseModel):
        changed = value.model_copy(update={name: change_paths(part, change) for name, part in value})
    elif isinstance(value, list | tuple):
        changed = type(value)(change_paths(part, change) for part in value)
    elif isinstance(value, Mapping):
        changed = {name: change_paths(part, change) for name, part in value.items()}
    return changed
