"""Values that the command line gives as one text: a size such as 1920x1080, edges such as 0,0,640,480."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, TypeVar

from pydantic import BeforeValidator

from data.clip import InputError
from data.units import metres_per_unit

T = TypeVar("T")


def _split_size(value: object) -> object:
    """Return (1920, 1080) for the text "1920x1080". Return any other value as it is."""
    if not isinstance(value, str):
        return value
    width, _, height = value.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise ValueError("give width and height in pixels, such as 1920x1080")
    return int(width), int(height)


def _split_edges(value: object) -> object:
    """Return (0.0, 440.0, 1518.0, 994.0) for the text "0,440,1518,994", and {"cam1": ...} for "cam1:0,440,1518,994"."""
    if isinstance(value, str) and ":" in value:
        value = {name: edges for name, _, edges in (part.rpartition(":") for part in value.split())}
    if isinstance(value, Mapping):
        return {str(name): _four_numbers(edges) for name, edges in value.items()}
    return _four_numbers(value)


def _four_numbers(value: object) -> tuple[float, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    try:
        left, top, right, bottom = map(float, parts if isinstance(parts, Sequence) else ())
    except (TypeError, ValueError):
        raise ValueError("give left,top,right,bottom in pixels, such as 0,0,640,480") from None
    return left, top, right, bottom


def _split_frames(value: object) -> object:
    """Return {"cam1": "3", "cam2": "-1"} for the text "cam1:3 cam2:-1". Return any other value as it is."""
    if not isinstance(value, str):
        return value
    named = {name: frames for name, _, frames in (part.rpartition(":") for part in value.split())}
    if not named or "" in named or not all(re.fullmatch(r"[+-]?\d+", frames) for frames in named.values()):
        raise ValueError("give the frames by which recordings are read later, such as cam1:3 cam2:-1")
    return named


def _check_unit(value: object) -> object:
    """Return a unit of length as text. Metres a unit may be a number."""
    text = str(value) if isinstance(value, str | int | float) else ""
    try:
        metres_per_unit(text)
    except InputError as error:
        raise ValueError(str(error)) from None
    return text


Size = Annotated[tuple[T, T], BeforeValidator(_split_size)]
"""Width and height, as a sequence or as the text WIDTHxHEIGHT."""
_Edges = tuple[float, float, float, float]
Edges = Annotated[_Edges | dict[str, _Edges], BeforeValidator(_split_edges)]
"""Left, top, right and bottom edge, as a sequence or as the text LEFT,TOP,RIGHT,BOTTOM.

Those of several recordings are a mapping from their names, or the text NAME:LEFT,TOP,RIGHT,BOTTOM NAME:... .
"""
Frames = Annotated[dict[str, int], BeforeValidator(_split_frames)]
"""A number of frames for recordings by their names, as a mapping or as the text NAME:FRAMES NAME:FRAMES."""
Unit = Annotated[str, BeforeValidator(_check_unit)]
"""A unit of length: one of `units.METRES_PER_UNIT`, or metres a unit."""
