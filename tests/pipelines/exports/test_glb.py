"""The animated glTF file, read by our reader, and by trimesh, which takes the bones and the mesh apart by itself."""

import json
import pathlib
import struct
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import trimesh
from numpy.testing import assert_allclose
from scipy.spatial.transform import Rotation

from data import formats
from pipelines.config import load
from pipelines.exports.glb import write
from pipelines.reconstruction import motion_file
from pipelines.reconstruction.body_of_motion import body_shapes
from pipelines.reconstruction.reconstructed_motion import ReconstructedMotion
from pipelines.scene import build_scene
from viz.geometry import to_mesh, world_poses

FROM_Y_UP = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
"""The file looks along Z and has X to the left; we look along x and have y to the left."""


@pytest.fixture(scope="module")
def path(motion: ReconstructedMotion, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("glb")
    write(motion, folder, "walk")
    return folder / "walk.glb"


class Document:
    """The file as the specification says: a header, JSON, numbers; skinned as a viewer does it."""

    def __init__(self, path: pathlib.Path) -> None:
        data = path.read_bytes()
        magic, version, length = struct.unpack_from("<4sII", data)
        assert (magic, version, length) == (b"glTF", 2, len(data))
        size, kind = struct.unpack_from("<I4s", data, 12)
        assert kind == b"JSON"
        self.json: dict[str, Any] = json.loads(data[20 : 20 + size])
        self.binary = data[28 + size :]
        assert len(self.binary) == struct.unpack_from("<I", data, 20 + size)[0] == self.json["buffers"][0]["byteLength"]

    def values(self, accessor: int) -> np.ndarray:
        entry = self.json["accessors"][accessor]
        width = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}[entry["type"]]
        kind = {5126: "<f4", 5121: "u1", 5125: "<u4"}[entry["componentType"]]
        start = self.json["bufferViews"][entry["bufferView"]]["byteOffset"]
        assert start % 4 == 0
        values = np.frombuffer(self.binary, kind, entry["count"] * width, start).reshape(entry["count"], width)
        for key, limit in (("min", values.min(axis=0)), ("max", values.max(axis=0))):
            assert_allclose(entry.get(key, limit), limit)
        return values

    def matrices(self, frame: int) -> dict[int, np.ndarray]:
        """The world matrix of each node in a frame of the animation."""
        local = {number: dict(node) for number, node in enumerate(self.json["nodes"])}
        (animation,) = self.json["animations"]
        for channel in animation["channels"]:
            values = self.values(animation["samplers"][channel["sampler"]]["output"])
            local[channel["target"]["node"]][channel["target"]["path"]] = values[frame]
        world: dict[int, np.ndarray] = {}

        def visit(node: int, above: np.ndarray) -> None:
            matrix = np.eye(4)
            matrix[:3, :3] = Rotation.from_quat(local[node].get("rotation", [0, 0, 0, 1])).as_matrix()
            matrix[:3, 3] = local[node].get("translation", [0, 0, 0])
            world[node] = above @ matrix
            for child in local[node].get("children", []):
                visit(child, world[node])

        for root in self.json["scenes"][self.json["scene"]]["nodes"]:
            visit(root, np.eye(4))
        return world

    def skinned(self, frame: int) -> np.ndarray:
        """The vertices of the body in a frame."""
        (skin,) = self.json["skins"]
        attributes = self.json["meshes"][0]["primitives"][0]["attributes"]
        world = self.matrices(frame)
        inverse = self.values(skin["inverseBindMatrices"]).reshape(-1, 4, 4).swapaxes(1, 2)
        carried = np.stack([world[joint] for joint in skin["joints"]]) @ inverse
        weights, joints = self.values(attributes["WEIGHTS_0"]), self.values(attributes["JOINTS_0"])
        blend = np.einsum("vk,vkij->vij", weights, carried[joints])
        position = self.values(attributes["POSITION"])
        return np.einsum("vij,vj->vi", blend[:, :3, :3], position) + blend[:, :3, 3]


@pytest.mark.parametrize("frame", [0, 17, 38])
def test_bones_and_skin_are_where_the_body_is(frame: int, path: pathlib.Path, motion: ReconstructedMotion) -> None:
    document = Document(path)
    (skin,) = document.json["skins"]
    world = document.matrices(frame)
    heads = np.stack([world[joint][:3, 3] for joint in skin["joints"]]) @ FROM_Y_UP.T
    assert_allclose(heads, motion.body_position_world_m[frame], atol=1e-6)
    shapes = body_shapes(motion)
    places, turns = world_poses(shapes, motion.body_position_world_m[[frame]], motion.body_quat_world_wxyz[[frame]])
    wanted = [
        Rotation.from_quat(turn, scalar_first=True).apply(to_mesh(shape).vertices) + place
        for shape, place, turn in zip(shapes, places[0], turns[0], strict=True)
    ]
    assert_allclose(document.skinned(frame) @ FROM_Y_UP.T, np.concatenate(wanted), atol=2e-6)


def test_our_reader_reads_the_same_motion(path: pathlib.Path, motion: ReconstructedMotion) -> None:
    """To a tenth of a millimetre, without a note on unit or up axis that would say otherwise."""
    clip = formats.read(path)
    assert (clip.fps, clip.num_frames, clip.findings) == (30, 39, ())
    names = ["pelvis", *motion.joint_names.tolist()]
    assert set(names) == set(clip.joint_names)
    order = [clip.joint(name) for name in names]
    assert_allclose(clip.positions[:, order], motion.body_position_world_m, atol=1e-4)


def test_trimesh_reads_the_rest_pose_on_the_ground(path: pathlib.Path, motion: ReconstructedMotion) -> None:
    scene = trimesh.load_scene(path)
    low, high = scene.bounds
    assert low[1] == pytest.approx(0.0, abs=1e-6)
    assert 1.4 < high[1] < 2.2
    assert high[0] - low[0] > 1.2  # arms spread
    (mesh,) = scene.geometry.values()
    assert len(mesh.split()) == len(body_shapes(motion))
    assert mesh.volume > 0  # the triangles look outwards
    names = {"pelvis", *motion.joint_names.tolist()}
    assert names <= set(scene.graph.nodes)


def test_the_animation_says_its_rate(path: pathlib.Path) -> None:
    (animation,) = Document(path).json["animations"]
    assert animation["name"] == "walk"
    assert animation["extras"] == {"frames_per_second": 30.0}
    times = Document(path).values(animation["samplers"][0]["input"])[:, 0]
    assert_allclose(times, np.arange(39) / 30, atol=1e-6)


def test_boxes_stand_where_the_scene_has_them(motion: ReconstructedMotion, tmp_path: pathlib.Path) -> None:
    box = {"position": [0.4, 0.2, 0.25], "half_extents": [0.1, 0.2, 0.25]}
    scene = build_scene(load(None, {"clip": "builtin:walk", "scene.boxes": [box]}).scene)
    write(replace(motion, **motion_file.scenery_arrays(scene)), tmp_path, "seat")
    loaded = trimesh.load_scene(tmp_path / "seat.glb")
    turn, geometry = loaded.graph.get("box_0")
    corners = loaded.geometry[geometry].vertices @ turn[:3, :3].T + turn[:3, 3]
    low, high = (extreme(corners @ FROM_Y_UP.T, axis=0) for extreme in (np.min, np.max))
    assert_allclose([low, high], [[0.3, 0.0, 0.0], [0.5, 0.4, 0.5]], atol=1e-5)
