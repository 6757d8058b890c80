"""Warnings of the Python interface: Python's own, at the caller's line."""

import sys
import warnings

_PASSED_OVER = ("pipelines", "contextlib", "jaxtyping", "beartype")
"""Packages whose frames lie between a warning and the caller's line. Where shapes are checked, the last two do."""


class ReconstructionWarning(UserWarning):
    """Something to know about a reconstruction that does not stop it."""


def warn_in_python(message: str) -> None:
    """Issue a `ReconstructionWarning`. Its place is the line that called this project."""
    frame, level = sys._getframe(), 1
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] in _PASSED_OVER:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, ReconstructionWarning, stacklevel=level)
