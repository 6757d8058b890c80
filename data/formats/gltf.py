"""Skeletons that move in glTF 2.0 files (.glb, .gltf), as Blender, Mixamo's converters and game engines write them.

Y is up, the unit is the metre. A node has a translation, a rotation (xyzw) and a scale relative to its parent, and an
animation changes them over time. The nodes of the largest skin are the joints; where there is no skin, all nodes are.

Source: Khronos Group, glTF 2.0 specification, 2021.
"""

import base64
import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation, Slerp

from data.clip import InputError, MotionClip
from data.conventions import MAX_VALUE, to_clip
from data.formats.reading import NO_OPTIONS, ReadOptions
from data.formats.safe_pickle import DAMAGED
from data.rotations import from_wxyz, to_wxyz
from data.skeleton import Skeleton

JSON_CHUNK, BINARY_CHUNK = 0x4E4F534A, 0x004E4942
LONGEST_S = 3600.0  # an animation beyond it is damaged
_NUMBERS = {5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}
_REST = {"translation": (0.0, 0.0, 0.0), "rotation": (0.0, 0.0, 0.0, 1.0), "scale": (1.0, 1.0, 1.0)}


class _DamageError(ValueError):
    """What is wrong inside a file that can be opened."""


@dataclass(frozen=True)
class _Document:
    """A file's JSON and its binary parts, each read once."""

    content: dict[str, Any]
    buffers: list[bytes]

    def numbers(self, accessor: int) -> np.ndarray:
        """Return the values of an accessor, a row each; whole numbers that stand for shares become shares."""
        entry = self.content["accessors"][accessor]
        view = self.content["bufferViews"][entry["bufferView"]]
        kind, width = np.dtype(_NUMBERS[entry["componentType"]]), _WIDTHS[entry["type"]]
        start = view.get("byteOffset", 0) + entry.get("byteOffset", 0)
        stride, size = view.get("byteStride") or kind.itemsize * width, kind.itemsize * width
        data = self.buffers[view["buffer"]]
        if start + stride * (entry["count"] - 1) + size > len(data):
            raise _DamageError("an accessor reaches beyond its buffer")
        rows = [np.frombuffer(data, kind, width, start + stride * row) for row in range(entry["count"])]
        values = np.array(rows, float)
        return values / np.iinfo(kind).max if entry.get("normalized") else values


def holds_motion(path: Path) -> bool:
    """Return whether a file has an animation. Of a damaged file that is not known; the reader says what is wrong."""
    try:
        return bool(_load(path).content.get("animations"))
    except InputError:
        return True


def read(path: str | Path, options: ReadOptions = NO_OPTIONS) -> MotionClip:
    """Read the motion of the skeleton in a file, by its first animation.

    Raises:
        InputError: The file is damaged, has no animation, or does not hold a person's motion.
    """
    path = Path(path)
    document = _load(path)
    if not document.content.get("animations"):
        raise InputError(f"{path} has no animation: export it with the motion of its skeleton")
    try:
        clip_parts = _motion(document)
    except (OSError, *DAMAGED) as error:
        reason = str(error) if isinstance(error, _DamageError) else "its parts contradict each other"
        raise InputError(f"{path} is a damaged glTF file, {reason}: export it again") from None
    rate, skeleton, translations, rotations, note = clip_parts
    if not (np.abs(translations) <= MAX_VALUE).all():
        raise InputError(f"{path} holds a NaN or absurd value in its animation: repair or export it again")
    return to_clip(
        path.stem,
        str(path),
        1.0 / rate,
        skeleton,
        translations,
        rotations,
        up_axis=options.up_axis,
        unit=options.unit,
        fps=options.fps,
        header_metres=1.0,
        notes=(note,),
    )


def _load(path: Path) -> _Document:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; give a file that can be read") from None
    try:
        text, inside = (data, None) if data[:4] != b"glTF" else _chunks(data)
        content = json.loads(text)
        if not isinstance(content, dict) or "asset" not in content:
            raise ValueError("it lacks its asset")
        buffers = [_buffer(entry.get("uri"), inside, path.parent) for entry in content.get("buffers", [])]
    except (OSError, *DAMAGED):
        raise InputError(f"{path} is not a glTF file, is damaged, or lacks its buffer: export it again") from None
    return _Document(content, buffers)


def _chunks(data: bytes) -> tuple[bytes, bytes | None]:
    """Return the JSON and the binary part of a .glb file."""
    found: dict[int, bytes] = {}
    at = 12
    while at + 8 <= len(data):
        length, kind = struct.unpack_from("<II", data, at)
        found[kind] = data[at + 8 : at + 8 + length]
        at += 8 + length
    if JSON_CHUNK not in found:
        raise ValueError("it ends before its JSON")
    return found[JSON_CHUNK], found.get(BINARY_CHUNK)


def _buffer(uri: str | None, inside: bytes | None, folder: Path) -> bytes:
    if uri is None:
        return inside or b""
    if uri.startswith("data:"):
        return base64.b64decode(uri.partition(",")[2])
    return (folder / Path(uri).name).read_bytes()


def _motion(
    document: _Document,
) -> tuple[float, Skeleton, Float[np.ndarray, "T J 3"], Float[np.ndarray, "T J 4"], str]:
    """Return the rate, the skeleton at rest, its motion relative to each parent, and a note on the animation."""
    content = document.content
    nodes = content["nodes"]
    parent_of = {child: index for index, node in enumerate(nodes) for child in node.get("children", [])}
    animation = content["animations"][0]
    curves: dict[tuple[int, str], tuple[np.ndarray, np.ndarray]] = {}
    for channel in animation["channels"]:
        sampler, target = animation["samplers"][channel["sampler"]], channel["target"]
        if "node" in target and target["path"] in _REST:
            values = document.numbers(sampler["output"])
            if sampler.get("interpolation") == "CUBICSPLINE":
                values = values[1::3]  # tangents before and after each value
            curves[target["node"], target["path"]] = document.numbers(sampler["input"])[:, 0], values
    rate, time = _times([times for times, _ in curves.values()])
    order = _parents_first(len(nodes), parent_of)
    world = _world(nodes, parent_of, order, curves, time)
    rest = _world(nodes, parent_of, order, {}, time[:1])
    skins = content.get("skins", [])
    joints = set(max((skin["joints"] for skin in skins), key=len)) if skins else set(order)
    kept = [node for node in order if node in joints]
    parents = [_parent_among(node, joints, parent_of) for node in kept]
    if parents.count(None) != 1:  # several roots hang on a node that is no joint: take it along
        above = next(node for node in order if all(node in [each, *_chain(each, parent_of)] for each in kept))
        kept, joints = [above, *(node for node in kept if node != above)], joints | {above}
        parents = [_parent_among(node, joints, parent_of) for node in kept]
    index = {node: place for place, node in enumerate(kept)}
    names = _names([nodes[node].get("name", f"node_{node}") for node in kept])
    tree = tuple(-1 if parent is None else index[parent] for parent in parents)
    at_rest, rest_turns = (np.stack([rest[node][part][0] for node in kept]) for part in (0, 1))
    offsets = at_rest - np.stack([at_rest[parent] if parent >= 0 else np.zeros(3) for parent in tree])
    skeleton = Skeleton(names, tree, offsets)
    positions = np.stack([world[node][0] for node in kept], axis=1)
    turns = [from_wxyz(world[node][1]) * from_wxyz(rest_turns[place]).inv() for place, node in enumerate(kept)]
    relative = skeleton.relative(positions, np.stack([to_wxyz(turn) for turn in turns], axis=1))
    called = animation.get("name", "without a name")
    return rate, skeleton, *relative, f"animation: {called}, the first of {len(content['animations'])}"


def _times(every: list[np.ndarray]) -> tuple[float, Float[np.ndarray, "T"]]:
    """Return the rate of the densest curve, and even times from the first key to the last, s."""
    start, end = min(times[0] for times in every), max(times[-1] for times in every)
    steps = np.concatenate([np.diff(times) for times in every])
    step = float(np.median(steps[steps > 0])) if (steps > 0).any() else 0.0
    if not (step > 0 and end - start <= LONGEST_S):
        raise _DamageError("its animation has no length")
    rate = round(1.0 / step) if abs(round(1.0 / step) * step - 1.0) < 0.01 else 1.0 / step
    return float(rate), start + np.arange(int((end - start) * rate + 1.5)) / rate


def _world(
    nodes: list[dict[str, Any]],
    parent_of: dict[int, int],
    order: list[int],
    curves: dict[tuple[int, str], tuple[np.ndarray, np.ndarray]],
    time: Float[np.ndarray, "T"],
) -> dict[int, tuple[Float[np.ndarray, "T 3"], Float[np.ndarray, "T 4"], Float[np.ndarray, "T 1"]]]:
    """Return each node's position, orientation (wxyz) and size in the file's world."""
    world: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
    for node in order:
        own = _rest(nodes[node])
        place, turn, size = (_at(curves.get((node, path)), own[path], path, time) for path in _REST)
        size = np.abs(size).mean(axis=1, keepdims=True)
        rotation = Rotation.from_quat(turn)
        if (parent := parent_of.get(node)) is not None:
            above, frame, scale = world[parent]
            carrier = from_wxyz(frame)
            place, rotation, size = above + carrier.apply(scale * place), carrier * rotation, scale * size
        world[node] = place, to_wxyz(rotation), size
    return world


def _rest(node: dict[str, Any]) -> dict[str, Any]:
    if "matrix" not in node:
        return {path: node.get(path, rest) for path, rest in _REST.items()}
    matrix = np.array(node["matrix"], float).reshape(4, 4).T
    scale = np.linalg.norm(matrix[:3, :3], axis=0)
    turn = Rotation.from_matrix(matrix[:3, :3] / scale).as_quat()
    return {"translation": matrix[:3, 3], "rotation": turn, "scale": scale}


def _at(curve: tuple[np.ndarray, np.ndarray] | None, rest: Any, path: str, time: np.ndarray) -> np.ndarray:
    if curve is None:
        return np.tile(np.array(rest, float), (len(time), 1))
    keys, values = curve
    if len(keys) == 1:
        return np.tile(values[0], (len(time), 1))
    inside = np.clip(time, keys[0], keys[-1])
    if path == "rotation":
        return Slerp(keys, Rotation.from_quat(values))(inside).as_quat()
    return np.stack([np.interp(inside, keys, column) for column in values.T], axis=1)


def _parents_first(count: int, parent_of: dict[int, int]) -> list[int]:
    depth = {node: len(_chain(node, parent_of)) for node in range(count)}
    return sorted(depth, key=lambda node: (depth[node], node))


def _chain(node: int, parent_of: dict[int, int]) -> list[int]:
    """Return the nodes above a node. Raises `_DamageError` where a node is above itself."""
    chain: list[int] = []
    while (node := parent_of.get(node, -1)) >= 0:
        if node in chain:
            raise _DamageError("a node is above itself")
        chain.append(node)
    return chain


def _parent_among(node: int, joints: set[int], parent_of: dict[int, int]) -> int | None:
    return next((above for above in _chain(node, parent_of) if above in joints), None)


def _names(names: list[str]) -> tuple[str, ...]:
    """Return the names, each with a number where it is there twice."""
    return tuple(name if names.count(name) == 1 else f"{name}_{place}" for place, name in enumerate(names))
