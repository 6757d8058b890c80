"""Numbers and elements as XML text, for all exporters."""

from collections.abc import Iterable
from xml.etree import ElementTree

import numpy as np


def numbers(values: float | np.floating | Iterable[float] | np.ndarray) -> str:
    """Return the numbers, separated by spaces, as the shortest decimals that read back to the same float64."""
    return " ".join(repr(float(value)) for value in np.atleast_1d(np.asarray(values, float)))


def document(root: ElementTree.Element) -> str:
    """Return an indented XML document."""
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"
