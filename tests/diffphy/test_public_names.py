"""The names that the packages of diffphy export to users."""

import importlib
import importlib.util
import inspect
from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

import pytest

import diffphy

PACKAGES = ["diffphy", "diffphy.reconstruction", "diffphy.metrics", "diffphy.export"]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_exported_name_exists_and_is_documented(package: str) -> None:
    module = importlib.import_module(package)
    for name in module.__all__:
        value = getattr(module, name)
        assert not inspect.ismodule(value), name
        if inspect.isfunction(value) or inspect.isclass(value):
            assert value.__doc__, name
            assert not value.__doc__.startswith(f"{name}("), f"{name} has only the docstring that Python makes up"


@pytest.mark.parametrize("package", PACKAGES)
def test_no_exported_name_hides_a_module(package: str) -> None:
    """`package.name` would then mean the module or the function, depending on what was imported before."""
    module = importlib.import_module(package)
    assert [name for name in module.__all__ if importlib.util.find_spec(f"{package}.{name}")] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_what_exported_names_take_is_exported_too(package: str) -> None:
    """Parameters of functions and methods, and fields: else a user would have to import from inside."""
    module = importlib.import_module(package)
    exported = [getattr(source, name) for source in (diffphy, module) for name in source.__all__]
    for name in module.__all__:
        for owner in callables(getattr(module, name)):
            taken = {key: hint for key, hint in get_type_hints(owner).items() if key != "return"}
            ours = [kind for kind in types_in(list(taken.values())) if kind.__module__.startswith("diffphy.")]
            assert [kind for kind in ours if kind not in exported] == [], f"{name}: {owner}"


def callables(value: Any) -> Iterator[Any]:
    """What of an exported value takes arguments: a function, or a class and its public methods."""
    if inspect.isfunction(value) or inspect.isclass(value):
        yield value
    if inspect.isclass(value):
        yield from (each for key, each in vars(value).items() if inspect.isfunction(each) and not key.startswith("_"))


def types_in(hint: Any) -> Iterator[type]:
    """All classes that a type hint is made of."""
    if inspect.isclass(hint):
        yield hint
    for part in hint if isinstance(hint, list) else get_args(hint):
        yield from types_in(part)
