"""Reads pickles that hold numbers and nothing else, as Human3.6M's archives and AIST++'s annotations do.

A pickle is a program. This unpickler may build numbers, strings, lists, dictionaries, NumPy arrays of them, and what
`pickle_stand_ins` makes of SciPy's and chumpy's objects. It refuses any other name before it looks the name up. NumPy's
own reconstruction is refused too: if a file declares bytes to be objects, it would follow them as pointers. Stand-ins
that know only arrays of plain types replace it.
"""

import io
import math
import pickle
import re
import zipfile
import zlib
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np

from data.clip import InputError
from data.formats import pickle_stand_ins

LARGEST = 2**32  # bytes; a larger array in an archive is refused
DAMAGED = (
    *(ArithmeticError, AttributeError, EOFError, ImportError, LookupError, MemoryError, RuntimeError, TypeError),
    *(ValueError, pickle.UnpicklingError, zipfile.BadZipFile, zlib.error),
)
"""The exceptions that readers of damaged files raise, besides OSError."""


def load(path: str | Path) -> Any:
    """Return the content of a pickle file. Raises InputError where it is damaged or would build more than numbers."""
    try:
        with Path(path).open("rb") as file:
            return _load(file)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; give a file that can be read") from None
    except DAMAGED as error:
        raise _refused(path, error) from None


def load_npz(path: str | Path, key: str) -> Any:
    """Return an array of an .npz file, or the object in it; None if there is no such name. Raises as `load`."""
    try:
        with zipfile.ZipFile(path) as archive:
            if f"{key}.npy" not in archive.namelist():
                return None
            if archive.getinfo(f"{key}.npy").file_size > LARGEST:
                raise ValueError(f"'{key}' is larger than {LARGEST} bytes")
            return _array(archive.read(f"{key}.npy"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}; give a file that can be read") from None
    except DAMAGED as error:
        raise _refused(path, error) from None


def keys(path: str | Path) -> list[str]:
    """Return the names of the arrays of an .npz file. Raises as `load`."""
    try:
        with zipfile.ZipFile(path) as archive:
            return [name.removesuffix(".npy") for name in archive.namelist()]
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}; give a file that can be read") from None
    except DAMAGED as error:
        raise _refused(path, error) from None


def _refused(path: str | Path, error: Exception) -> InputError:
    reason = " ".join(str(error).split()) or type(error).__name__
    return InputError(f"{path} is damaged, or holds more than numbers: {reason}; get it from where it is published")


class _Type:
    """Replaces `numpy.dtype`: numbers, strings of a fixed length, or objects."""

    def __init__(self, code: Any, *_: Any):
        if not isinstance(code, str) or not re.fullmatch(r"[biufcSUO]\d{0,4}", code):
            raise pickle.UnpicklingError(f"it has an array of the type {code!r:.40}")
        self.code, self.order = code, "="

    def __setstate__(self, state: Any) -> None:
        _, order, subarray, names, fields, *_ = state
        if order not in ("<", ">", "=", "|") or not (subarray is names is fields is None):
            raise pickle.UnpicklingError("it has an array of a compound type")
        self.order = order

    @property
    def dtype(self) -> np.dtype:
        return np.dtype(self.code if self.order == "|" else self.order + self.code)


class _Array:
    """Replaces an array under construction."""

    array: np.ndarray

    def __setstate__(self, state: Any) -> None:
        _, shape, kind, fortran, data = state
        self.array = _of_data(data, kind, shape, "F" if fortran else "C")


def _of_data(data: Any, kind: Any, shape: Any, order: str) -> np.ndarray:
    if not isinstance(kind, _Type):
        raise pickle.UnpicklingError("it has an array without a type")
    if kind.dtype.hasobject:
        if not isinstance(data, list) or math.prod(shape) != len(data):
            raise pickle.UnpicklingError("it has objects that are no list")
        array = np.empty(len(data), object)
        array[:] = data
        return array.reshape(shape, order=order)  # type: ignore[call-overload]
    raw = data.encode("latin1") if isinstance(data, str) else bytes(data)
    return np.frombuffer(raw, kind.dtype).reshape(shape, order=order).copy()  # type: ignore[call-overload]


def _reconstruct(*_: Any) -> _Array:
    return _Array()


def _scalar(kind: _Type, data: Any) -> Any:
    return _of_data(data, kind, (1,), "C")[0]


def _from_buffer(data: Any, kind: _Type, shape: Any, order: str) -> _Array:
    result = _Array()
    result.array = _of_data(data, kind, shape, order)
    return result


def _encode(text: str, encoding: str) -> bytes:
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"it encodes as {encoding!r:.40}")
    return text.encode("latin1")


def _no_bytes() -> bytes:
    return b""


_KNOWN = {
    ("numpy", "dtype"): _Type,
    ("numpy", "ndarray"): None,  # pickles name it, and `object`, only as the type to reconstruct
    **{(builtins, "object"): None for builtins in ("__builtin__", "builtins")},
    ("collections", "OrderedDict"): OrderedDict,
    ("_codecs", "encode"): _encode,  # how old pickles hold bytes
    ("__builtin__", "bytes"): _no_bytes,  # the bytes of an empty array
    **{
        (f"numpy.{core}.{module}", name): stand_in
        for core in ("core", "_core")
        for module, name, stand_in in (
            ("multiarray", "_reconstruct", _reconstruct),
            ("multiarray", "scalar", _scalar),
            ("numeric", "_frombuffer", _from_buffer),
        )
    },
}


class _Numbers(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str, /) -> Any:
        if (module_name, global_name) in _KNOWN:
            return _KNOWN[module_name, global_name]
        if (stand_in := pickle_stand_ins.find(module_name, global_name)) is None:
            raise pickle.UnpicklingError(f"it calls {module_name}.{global_name}")
        return stand_in


def _load(file: io.BufferedIOBase) -> Any:
    return _plain(_Numbers(file, encoding="latin1").load())  # the encoding that arrays in pickles of Python 2 need


def _plain(content: Any) -> Any:
    """Return the content with the arrays themselves in place of their stand-ins."""
    if isinstance(content, _Array):
        array = content.array
        if array.dtype.hasobject:
            for index, each in np.ndenumerate(array):
                array[index] = _plain(each)
        return array
    if isinstance(content, pickle_stand_ins.Instance):
        return pickle_stand_ins.content(content, _plain)
    if isinstance(content, dict):
        return {key: _plain(each) for key, each in content.items()}
    if isinstance(content, list | tuple):
        return type(content)(map(_plain, content))
    return content


def _array(member: bytes) -> Any:
    file = io.BytesIO(member)
    version = np.lib.format.read_magic(file)
    headers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in headers:
        raise ValueError(f"its arrays are of the unknown version {version}")
    shape, fortran, dtype = headers[version](file)
    if dtype.kind == "O":
        objects = _load(file)
        return objects.item() if isinstance(objects, np.ndarray) and objects.ndim == 0 else objects
    if dtype.kind not in "biufcSU":
        raise ValueError("its arrays are of a compound type")
    return np.frombuffer(file.read(), dtype).reshape(shape, order="F" if fortran else "C").copy()
