"""How a command starts and how it fails."""

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
    """Run a command.

    If the user's input cannot be used, print one sentence and exit with 2. With DIFFPHY_DEBUG=1 in the environment,
    raise the error with its traceback instead.

    Args:
        app: The commands.
        arguments: What follows the program's name. None for the arguments of this process.
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
    """Return whether the error's message is a sentence for the user.

    Only a module that is already loaded can have raised the error, so no other is imported to find out.
    """
    classes = [getattr(sys.modules[module], name) for module, name in _ERRORS_FOR_USERS if module in sys.modules]
    return isinstance(error, tuple(classes))
