"""The names that the packages of diffphy export to users."""

import importlib
import importlib.util
import inspect

import pytest

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
