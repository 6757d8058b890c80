"""A glTF 2.0 document that grows part by part, and is written as one binary file (.glb).

No library is used: pygltflib 1.16 has classes for the entries of the JSON, but leaves buffers, views and accessors to
its user, and trimesh 5.2 knows neither skins nor animations. Source: Khronos Group, glTF 2.0 specification, 2021.
"""

import json
import struct
from typing import Any, Literal

import numpy as np

from data.formats.gltf import BINARY_CHUNK, JSON_CHUNK

_COMPONENTS = {"float32": 5126, "uint8": 5121, "uint32": 5125}
_KINDS = {(): "SCALAR", (2,): "VEC2", (3,): "VEC3", (4,): "VEC4", (4, 4): "MAT4"}
_TARGETS = {"vertices": 34962, "triangles": 34963}
_VERSION = 2


class GlbDocument:
    """The JSON of a document and its one buffer.

    Attributes:
        content: The JSON. Lists of entries are added to with `add`.
    """

    def __init__(self, generator: str) -> None:
        self.content: dict[str, Any] = {"asset": {"version": "2.0", "generator": generator}}
        self._buffer = bytearray()

    def add(self, kind: str, entry: dict[str, Any]) -> int:
        """Add an entry to a list of the document, such as "nodes", and return its index."""
        entries = self.content.setdefault(kind, [])
        entries.append(entry)
        return len(entries) - 1

    def add_values(
        self, values: np.ndarray, *, used_as: Literal["vertices", "triangles"] | None = None, limits: bool = False
    ) -> int:
        """Add numbers, and return the index of their accessor.

        Args:
            values: One element a row: float32, uint8 or uint32. Matrices are stored by columns, as glTF wants them.
            used_as: What a mesh uses them for.
            limits: Whether the smallest and the largest values are told, as glTF wants it of positions and times.
        """
        ordered = np.ascontiguousarray(np.swapaxes(values, -1, -2) if values.ndim == 3 else values)
        view: dict[str, Any] = {"buffer": 0, "byteOffset": len(self._buffer), "byteLength": ordered.nbytes}
        if used_as is not None:
            view["target"] = _TARGETS[used_as]
        self._buffer += _padded(ordered.tobytes(), b"\0")
        accessor: dict[str, Any] = {
            "bufferView": self.add("bufferViews", view),
            "componentType": _COMPONENTS[values.dtype.name],
            "count": len(values),
            "type": _KINDS[values.shape[1:]],
        }
        if limits:
            rows = values.reshape(len(values), -1)
            accessor |= {"min": rows.min(axis=0).tolist(), "max": rows.max(axis=0).tolist()}
        return self.add("accessors", accessor)

    def to_bytes(self) -> bytes:
        """Return the file."""
        content = self.content | {"buffers": [{"byteLength": len(self._buffer)}]}
        text = _padded(json.dumps(content).encode(), b" ")
        chunks = ((JSON_CHUNK, text), (BINARY_CHUNK, bytes(self._buffer)))
        body = b"".join(struct.pack("<II", len(data), kind) + data for kind, data in chunks)
        return struct.pack("<4sII", b"glTF", _VERSION, 12 + len(body)) + body


def _padded(data: bytes, filler: bytes) -> bytes:
    """Return the data, filled up to whole words of four bytes."""
    return data + filler * (-len(data) % 4)
