"""A folder of traces, for `diffphy.compiled`."""

import hashlib
from collections.abc import Iterator, MutableMapping
from pathlib import Path

from viz.atomic import atomic_path
from viz.errors import RenderError

_CHECK_BYTES = hashlib.sha256().digest_size


class TraceFolder(MutableMapping[str, bytes]):
    """A file for each key. A file that is broken counts as missing, and what cannot be written is forgotten."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __getitem__(self, key: str) -> bytes:
        try:
            content = self._file(key).read_bytes()
        except OSError as error:
            raise KeyError(key) from error
        check, value = content[:_CHECK_BYTES], content[_CHECK_BYTES:]
        if hashlib.sha256(value).digest() != check:
            raise KeyError(key)
        return value

    def __setitem__(self, key: str, value: bytes) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with atomic_path(self._file(key)) as path:
                path.write_bytes(hashlib.sha256(value).digest() + value)
        except (OSError, RenderError):
            return  # the next process traces again

    def __delitem__(self, key: str) -> None:
        try:
            self._file(key).unlink()
        except FileNotFoundError as error:
            raise KeyError(key) from error

    def __iter__(self) -> Iterator[str]:
        return (path.stem for path in self.path.glob("*.trace"))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _file(self, key: str) -> Path:
        return self.path / f"{key}.trace"
