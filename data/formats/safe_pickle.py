"""Pickles of numbers, and of nothing else: what Human3.6M's archives and AIST++'s annotations consist of.

A pickle is a program. This one may build NumPy arrays, numbers, strings, lists and dictionaries; whatever else it names
is refused before it is looked up.
"""

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from data.clip import InputError

_ALLOWED = {
    *((f"numpy.{core}.multiarray", name) for core in ("core", "_core") for name in ("_reconstruct", "scalar")),
    *((f"numpy.{core}.numeric", "_frombuffer") for core in ("core", "_core")),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),  # how old pickles hold bytes
    ("collections", "OrderedDict"),
}


class _Numbers(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str, /) -> Any:
        if (module_name, global_name) == ("__builtin__", "bytes"):  # the bytes of an empty array in old pickles
            return _no_bytes
        if (module_name, global_name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"it calls {module_name}.{global_name}")
        return super().find_class(module_name, global_name)


def _no_bytes() -> bytes:
    return b""


def load(path: str | Path) -> Any:
    """The content of a pickle file. Raises InputError where it is damaged, or would build anything but numbers."""
    try:
        with Path(path).open("rb") as file:
            return _load(file)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; give a file that can be read") from None
    except _DAMAGED as error:
        raise _refused(path, error) from None


def load_npz(path: str | Path) -> dict[str, Any]:
    """The arrays of an .npz file by name; those of objects as the objects that they hold. Raises as `load`."""
    arrays: dict[str, Any] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                with archive.open(name) as member:
                    arrays[name.removesuffix(".npy")] = _array(io.BytesIO(member.read()))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}; give a file that can be read") from None
    except (*_DAMAGED, zipfile.BadZipFile) as error:
        raise _refused(path, error) from None
    return arrays


_DAMAGED = (pickle.UnpicklingError, EOFError, ValueError, TypeError, AttributeError, ImportError, IndexError, KeyError)


def _refused(path: str | Path, error: Exception) -> InputError:
    return InputError(f"{path} is damaged, or is no file of numbers alone: {error}; get it from where it is published")


def _load(file: io.BufferedIOBase) -> Any:
    return _Numbers(file, encoding="latin1").load()  # as NumPy's arrays in pickles of Python 2 need it


def _array(file: io.BufferedIOBase) -> Any:
    version = np.lib.format.read_magic(file)
    header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in header:
        raise ValueError(f"its arrays are of the unknown version {version}")
    _, _, dtype = header[version](file)
    if not dtype.hasobject:
        file.seek(0)
        return np.lib.format.read_array(file, allow_pickle=False)
    objects = _load(file)
    return objects.item() if isinstance(objects, np.ndarray) and objects.ndim == 0 else objects
