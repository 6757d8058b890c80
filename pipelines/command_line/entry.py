"""How a command starts, and how it fails."""

import errno
import os
import sys
from collections.abc import Sequence

import typer

from pipelines import terminal

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_ERRORS_FOR_USERS = (
    ("data.clip", "InputError"),
    ("optimus.objective", "OptimusError"),
    ("viz.errors", "RenderError"),
)


def run(app: typer.Typer, arguments: Sequence[str] | None = None) -> None:
    """Runs a command; exits with 2 and one sentence where the user's input cannot be used.

    DIFFPHY_DEBUG=1 shows the traceback instead.
    """
    try:
        app(arguments)
    except OSError as error:
        if os.environ.get("DIFFPHY_DEBUG") == "1" or error.errno not in _NO_SPACE:
            raise
        terminal.error(f"cannot write: {error.strerror}; make room, or write elsewhere")
        sys.exit(2)
    except Exception as error:
        if os.environ.get("DIFFPHY_DEBUG") == "1" or not _is_for_users(error):
            raise
        terminal.error(str(error))
        sys.exit(2)


def _is_for_users(error: Exception) -> bool:
    """Whether the message is a sentence written for the user; only what is loaded already can have raised it."""
    classes = [getattr(sys.modules[module], name) for module, name in _ERRORS_FOR_USERS if module in sys.modules]
    return isinstance(error, tuple(classes))
