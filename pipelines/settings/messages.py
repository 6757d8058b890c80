"""What pydantic found wrong in a configuration, as one sentence for the user."""

import operator
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from data.units import metres_per_unit
from pipelines.settings.option import options_of, section_type

COMMAND_LINE = "the command line"
SETTINGS = "settings"
UNITS = {"_m": "m", "_kg": "kg", "_deg": "degrees", "_s": "s", "fps": "frames a second"}
"""End of a key -> unit of its value."""


def describe_error(model: type[BaseModel], errors: Sequence[Mapping[str, Any]], origin: str) -> str:
    """Return one sentence on the first error: which key is wrong, where it stands, what its value is and should be.

    Args:
        model: The configuration model.
        errors: Pydantic's `ValidationError.errors()`.
        origin: Where the value comes from: the file's path, `COMMAND_LINE` or `SETTINGS`.
    """
    error = errors[0]
    location, reason = error["loc"], error["msg"].removeprefix("Value error, ")
    if not location:  # of several keys together
        return reason + ("" if origin == COMMAND_LINE else f" ({origin})")
    key = ".".join(map(str, location))
    if error["type"] == "extra_forbidden":
        return f"unknown key '{key}' in {origin}: {_valid_keys(model, location[:-1])}"
    if error["type"] == "missing":
        *parents, last = location
        if not isinstance(last, int):
            return f"'{key}' is missing in {origin}: add it"
        needed = 1 + max(index for *same, index in _missing(errors) if same == parents)  # an error for each missing one
        return f"'{'.'.join(map(str, parents))}' in {origin} is {error['input']!r}: it needs {needed} values"
    if error["type"] == "value_error" and isinstance(error["input"], Mapping):  # of the keys of a section together
        return reason + ("" if origin == COMMAND_LINE else f" ('{key}' in {origin})")  # flags say where it stands
    flag = _flag(model, key) if origin == COMMAND_LINE else None
    name = f"'{key}' in {origin}" if flag is None else f"{flag} ({key})"
    return f"{name} is {error['input']!r}: {reason[0].lower()}{reason[1:]}{_unit_of(model, error)}"


def _unit_of(model: type[BaseModel], error: Mapping[str, Any]) -> str:
    """Return the unit of a value that is beyond a limit, and the value in this unit if it is one in cm or mm."""
    key = str(error["loc"][-1])
    unit = next((unit for end, unit in UNITS.items() if key.endswith(end)), None)
    if unit is None or not error["type"].startswith(("greater_than", "less_than")):
        return ""
    given, field = error["input"], _field(model, error["loc"])
    if unit != "m" or field is None or not isinstance(given, int | float):
        return f" {unit}"
    meant = ((given * metres_per_unit(name), name) for name in ("cm", "mm"))
    right = [f"; give {metres:g} for {given:g} {name}" for metres, name in meant if _is_within(metres, field)]
    return f" {unit}{right[0] if right else ''}"


def _is_within(value: float, field: FieldInfo) -> bool:
    """Return whether a value is within the limits of a field."""
    tests = {"gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le}
    limits = [
        (test, getattr(each, name)) for each in field.metadata for name, test in tests.items() if hasattr(each, name)
    ]
    return all(test(value, limit) for test, limit in limits)


def _field(model: type[BaseModel], location: Sequence[str | int]) -> FieldInfo | None:
    """Return the field of a setting, or None where it is a part of a value."""
    *sections, name = location
    for section in sections:
        if not isinstance(section, str) or (found := section_type(model.model_fields[section].annotation)) is None:
            return None
        model = found
    return model.model_fields.get(str(name))


def _missing(errors: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    """Return the locations of the missing values."""
    return [error["loc"] for error in errors if error["type"] == "missing"]


def _valid_keys(model: type[BaseModel], sections: tuple[str | int, ...]) -> str:
    """Return the sentence that lists the keys of a section, or those of the whole model without a section."""
    for section in sections:
        if isinstance(section, str):  # a number is the place in a list of sections
            model = section_type(model.model_fields[section].annotation) or model
    where = f"valid keys in {'.'.join(map(str, sections))}" if sections else "valid keys"
    return f"{where} are {', '.join(model.model_fields)}"


def _flag(model: type[BaseModel], key: str) -> str | None:
    """Return the option of a setting, or of the setting whose value has this key. None if it has no option."""
    return next(
        (option.name for found, _, option in options_of(model) if f"{key}.".startswith(f"{found}.")),
        None,
    )
