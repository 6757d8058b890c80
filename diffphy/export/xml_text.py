"""What the exporters share: numbers and elements as XML text."""

from collections.abc import Iterable
from xml.etree import ElementTree

import numpy as np


def numbers(values: float | Iterable[float] | np.ndarray) -> str:
    """Numbers in the shortest decimals that read back to the same float64, separated by spaces."""
    return " ".join(repr(float(value)) for value in np.atleast_1d(np.asarray(values, float)))


def document(root: ElementTree.Element) -> str:
    """An indented XML document."""
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"
