"""Values that the command line gives as one text: a size such as 1920x1080, edges such as 0,0,640,480."""

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
    """Return (0.0, 440.0, 1518.0, 994.0) for the text "0,440,1518,994". Return any other value as it is."""
    if not isinstance(value, str):
        return value
    try:
        left, top, right, bottom = map(float, value.split(","))
    except ValueError:
        raise ValueError("give left,top,right,bottom in pixels, such as 0,0,640,480") from None
    return left, top, right, bottom


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
Edges = Annotated[tuple[float, float, float, float], BeforeValidator(_split_edges)]
"""Left, top, right and bottom edge, as a sequence or as the text LEFT,TOP,RIGHT,BOTTOM."""
Unit = Annotated[str, BeforeValidator(_check_unit)]
"""A unit of length: one of `units.METRES_PER_UNIT`, or metres a unit."""
