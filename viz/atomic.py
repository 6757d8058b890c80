"""Write a file completely or not at all: the home of this for `viz` and `pipelines`."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from viz.errors import RenderError


@contextmanager
def atomic_path(path: str | os.PathLike) -> Iterator[Path]:
    """Yield a temporary file beside `path`. It becomes `path` when the block succeeds and is deleted when it fails.

    The temporary name keeps the suffix, because encoders choose the format by it.

    Raises:
        RenderError: The folder does not exist or cannot be written to.
    """
    target = Path(path)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.stem}.", suffix=target.suffix, dir=target.parent)
    except OSError as error:
        raise RenderError(f"cannot write {target}: {error.strerror}; choose a writable folder") from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)  # mkstemp makes files that only their owner can read
        temporary.replace(target)
    except OSError as error:
        raise RenderError(f"cannot write {target}: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)
