"""A configuration from a YAML file, and from the options of the command line or the settings of a caller."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from data.clip import InputError
from pipelines.settings.messages import COMMAND_LINE, describe_error

Model = TypeVar("Model", bound=BaseModel)


def read(
    model: type[Model],
    path: Path | None,
    overrides: Mapping[str, Any],
    defaults: Mapping[str, Any] = MappingProxyType({}),
    origin: str = COMMAND_LINE,
) -> Model:
    """Return the configuration in a YAML file, changed by options or settings.

    Args:
        model: The configuration model.
        path: The YAML file. None for the model's defaults.
        overrides: Dotted key -> value, in place of the value in the file. None means that the option was not given.
        defaults: Dotted key -> value, in place of the model's default. The file and the options come before it.
        origin: Where the overrides come from, for messages: `COMMAND_LINE` or `SETTINGS`.

    Raises:
        InputError: The file is no readable YAML, or one of the keys or values is not valid.
    """
    settings = {} if path is None else _read_yaml(path)
    for key, value in defaults.items():
        _set(settings, key, value, origin if path is None else str(path), replace=False)
    given = {key: value for key, value in overrides.items() if value is not None}
    for key, value in given.items():
        _set(settings, key, value, origin if path is None else str(path))
    try:
        return model.model_validate(settings)
    except ValidationError as error:
        errors = error.errors()
        is_given = any(_is_within(errors[0]["loc"], key) for key in given)
        raise InputError(describe_error(model, errors, origin if is_given or path is None else str(path))) from error


def _is_within(location: tuple[int | str, ...], key: str) -> bool:
    """Return whether pydantic found the error in the value of this dotted key."""
    parts = tuple(key.split("."))
    return location[: len(parts)] == parts


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read the configuration {path}: {error.strerror}; correct its path or name") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f" in line {mark.line + 1}" if mark else ""
        raise InputError(f"the configuration {path} is not valid YAML{line}: correct it") from error
    if settings is None:
        return {}
    if not isinstance(settings, dict):
        raise InputError(f"the configuration {path} holds no keys: write lines such as 'seed: 0'")
    return settings


def _set(settings: dict[str, Any], key: str, value: Any, origin: str, replace: bool = True) -> None:
    """Set a nested key. With `replace=False`, keep the value that it has.

    Raises:
        InputError: There is a plain value where the key needs a section.
    """
    *sections, name = key.split(".")
    for section in sections:
        if settings.get(section) is None:
            settings[section] = {}
        settings = settings[section]
        if not isinstance(settings, dict):
            raise InputError(f"{section} in {origin} must be a section of keys, not {settings!r}")
    if replace or name not in settings:
        settings[name] = value


def flatten(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested settings by their dotted keys."""
    flat: dict[str, Any] = {}
    for key, value in settings.items():
        flat |= flatten(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat
