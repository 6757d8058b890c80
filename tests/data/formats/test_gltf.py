"""glTF, written here from our walk: nodes, a skin and an animation, in one file or with a buffer beside it."""

import base64
import json
import pathlib
import struct
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from data import formats
from data.clip import InputError, MotionClip
from data.formats import body_mesh, gltf
from data.rigs import joint_maps
from data.rotations import from_wxyz, to_wxyz
from data.skeleton import Skeleton
from tests.messages import check_remedy

Y_UP = Rotation.from_matrix([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])  # our x, y, z are the file's z, x, y


@pytest.fixture(scope="module")
def walk() -> MotionClip:
    return formats.read("builtin:walk")


def document(walk: MotionClip, *, armature: float = 1.0, spin: bool = False) -> tuple[dict[str, Any], bytes]:
    """The walk's skeleton below a node that scales it. With `spin`, the joints' frames at rest are turned anyhow."""
    assert walk.rotations is not None
    parents, count = walk.parents, len(walk.parents)
    rest = Y_UP.apply(walk.rest_positions)
    turns = Rotation.random(count, rng=np.random.default_rng(0)) if spin else Rotation.identity(count)
    world = [Y_UP * from_wxyz(walk.rotations[:, j]) * Y_UP.inv() * turns[j] for j in range(count)]
    moved = Skeleton(walk.joint_names, parents, rest).relative(
        Y_UP.apply(walk.positions.reshape(-1, 3)).reshape(walk.positions.shape),
        np.stack([to_wxyz(each) for each in world], axis=1),
    )
    still = Skeleton(walk.joint_names, parents, rest).relative(rest[None], to_wxyz(turns)[None])
    nodes: list[dict[str, Any]] = [
        {
            "name": name,
            "translation": (still[0][0, j] / armature).tolist(),
            "rotation": np.roll(still[1][0, j], -1).tolist(),
            "children": [child for child, parent in enumerate(parents) if parent == j],
        }
        for j, name in enumerate(walk.joint_names)
    ]
    nodes.append({"name": "Armature", "scale": [armature] * 3, "children": [0]})
    data = [np.arange(walk.num_frames, dtype="<f4") / walk.fps]
    channels, samplers = [], []
    for j in range(count):
        for path, values in (
            ("translation", moved[0][:, j] / armature),
            ("rotation", np.roll(moved[1][:, j], -1, axis=1)),
        ):
            channels.append({"sampler": len(samplers), "target": {"node": j, "path": path}})
            samplers.append({"input": 0, "output": len(data), "interpolation": "LINEAR"})
            data.append(values.astype("<f4"))
    views, accessors, at = [], [], 0
    for values in data:
        views.append({"buffer": 0, "byteOffset": at, "byteLength": values.nbytes})
        kind = {1: "SCALAR", 3: "VEC3", 4: "VEC4"}[values.size // len(values)]
        accessors.append({"bufferView": len(views) - 1, "componentType": 5126, "count": len(values), "type": kind})
        at += values.nbytes
    content = {
        "asset": {"version": "2.0"},
        "nodes": nodes,
        "skins": [{"joints": list(range(count))}],
        "animations": [{"name": "Take 1", "channels": channels, "samplers": samplers}],
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": at}],
    }
    return content, b"".join(values.tobytes() for values in data)


def write_glb(path: pathlib.Path, content: dict[str, Any], data: bytes) -> pathlib.Path:
    text = json.dumps(content).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(data), 0x004E4942) + data
    path.write_bytes(b"glTF" + struct.pack("<II", 2, 12 + len(chunks)) + chunks)
    return path


def check(clip: MotionClip, walk: MotionClip) -> None:
    assert clip.fps == walk.fps
    at = [clip.joint(name) for name in walk.joint_names]
    np.testing.assert_allclose(clip.positions[:, at], walk.positions, atol=1e-4)
    assert joint_maps.detect(clip) == joint_maps.detect(walk)
    assert clip.findings == ()


@pytest.mark.parametrize("armature", [1.0, 0.01])
@pytest.mark.parametrize("spin", [False, True])
def test_a_skeleton_moves_as_its_nodes_do(
    tmp_path: pathlib.Path, walk: MotionClip, armature: float, spin: bool
) -> None:
    path = write_glb(tmp_path / "walk.glb", *document(walk, armature=armature, spin=spin))
    clip = formats.read(path)
    check(clip, walk)
    assert "animation: Take 1, the first of 1" in clip.notes
    assert not body_mesh.holds_mesh(path)


@pytest.mark.parametrize("embedded", [False, True])
def test_a_buffer_is_beside_the_file_or_in_its_text(tmp_path: pathlib.Path, walk: MotionClip, embedded: bool) -> None:
    content, data = document(walk)
    text = base64.b64encode(data).decode()
    content["buffers"][0]["uri"] = f"data:application/octet-stream;base64,{text}" if embedded else "walk.bin"
    if not embedded:
        (tmp_path / "walk.bin").write_bytes(data)
    (tmp_path / "walk.gltf").write_text(json.dumps(content))
    check(formats.read(tmp_path / "walk.gltf"), walk)


BROKEN: dict[str, Any] = {
    "is not a glTF file, is damaged, or lacks its buffer": lambda content, data: ({}, data),
    "has no animation": lambda content, data: ({**content, "animations": []}, data),
    "an accessor reaches beyond its buffer": lambda content, data: (content, data[:100]),
    "its parts contradict each other": lambda content, data: ({**content, "accessors": []}, data),
    "a node is above itself": lambda content, data: (
        {**content, "nodes": [*content["nodes"][:-1], {"children": [0]}, {"children": [len(content["nodes"])]}]},
        data,
    ),
}


@pytest.mark.parametrize("complaint", BROKEN)
def test_what_is_broken_is_refused(tmp_path: pathlib.Path, walk: MotionClip, complaint: str) -> None:
    path = write_glb(tmp_path / "walk.glb", *BROKEN[complaint](*document(walk)))
    with pytest.raises(InputError, match=complaint) as refused:
        gltf.read(path)
    check_remedy(str(refused.value))


def test_a_stub_is_refused_in_a_sentence(tmp_path: pathlib.Path) -> None:
    (tmp_path / "stub.glb").write_bytes(b"solid glb\n")
    with pytest.raises(InputError, match="is not a glTF file, is damaged") as refused:
        formats.read(tmp_path / "stub.glb")
    check_remedy(str(refused.value))
    assert not body_mesh.holds_mesh(tmp_path / "stub.glb")
