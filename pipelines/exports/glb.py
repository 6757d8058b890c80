"""An animated glTF file (.glb) for Blender, Unity, Unreal and browsers: a skeleton that carries the body's shapes.

The skeleton is at rest in the T-pose, on the ground. Each vertex follows one bone, so the parts stay rigid. glTF has Y
up and looks along Z: our (x, y, z) become its (y, z, x).
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float
from trimesh import Trimesh

from data.formats.glb_document import GlbDocument
from data.rotations import from_wxyz, make_continuous
from diffphy.body.humanoid import ROOT, Geom
from pipelines.reconstruction.body_of_motion import body_shapes, scenery_shapes
from pipelines.reconstruction.reconstructed_motion import ReconstructedMotion
from viz.geometry import to_mesh

_TO_Y_UP = [1, 2, 0]
_BODY_COLOUR, _SCENERY_COLOUR = [0.8, 0.55, 0.35, 1.0], [0.55, 0.55, 0.6, 1.0]


def write(motion: ReconstructedMotion, folder: Path, name: str) -> None:
    """Write one file with the body, its motion, and the objects that it could touch."""
    file = GlbDocument("diffphy")
    rest = _rest_positions(motion)
    bones = _add_bones(file, motion, rest)
    _add_animation(file, motion, bones, name)
    roots = [bones[0], _add_body(file, motion, rest, bones)]
    for number, geom in enumerate(scenery_shapes(motion)):
        label = f"{geom.kind}_{number}"
        mesh = _add_mesh(file, label, [_mesh(geom)], _SCENERY_COLOUR, {})
        roots.append(file.add("nodes", {"name": label, "mesh": mesh}))
    file.content |= {"scene": file.add("scenes", {"name": name, "nodes": roots})}
    (folder / f"{name}.glb").write_bytes(file.to_bytes())


def _rest_positions(motion: ReconstructedMotion) -> Float[np.ndarray, "B 3"]:
    """Return where the joints are in the T-pose, the feet on the ground, m."""
    positions = np.zeros((len(motion.body_names), 3))
    for body, parent in enumerate(motion.body_parents.tolist()):
        if parent >= 0:
            positions[body] = positions[parent] + motion.joint_offset_parent_m[body]
    lowest = min(positions[geom.body, 2] + _mesh(geom).bounds[0, 2] for geom in body_shapes(motion))
    return positions - [0.0, 0.0, lowest]


def _add_bones(file: GlbDocument, motion: ReconstructedMotion, rest: Float[np.ndarray, "B 3"]) -> list[int]:
    """Add a node for each joint, named as in motion.bvh, and return their indices."""
    parents = motion.body_parents.tolist()
    names = [ROOT, *motion.joint_names.tolist()]
    offsets = motion.joint_offset_parent_m.astype(float)
    offsets[0] = rest[0]
    bones = [
        file.add("nodes", {"name": joint, "translation": offset[_TO_Y_UP].tolist()})
        for joint, offset in zip(names, offsets, strict=True)
    ]
    for body, bone in enumerate(bones):
        if children := [bones[child] for child, parent in enumerate(parents) if parent == body]:
            file.content["nodes"][bone]["children"] = children
    return bones


def _add_animation(file: GlbDocument, motion: ReconstructedMotion, bones: list[int], name: str) -> None:
    """Add a rotation of every bone and the way of the root, with a key for each control frame."""
    fps = float(motion.fps_hz)
    time = file.add_values((np.arange(len(motion.time_s)) / fps).astype(np.float32), limits=True)
    turns = make_continuous(motion.local_rotations.astype(float))
    xyzw = np.concatenate([turns[..., 1:][..., _TO_Y_UP], turns[..., :1]], axis=-1)
    curves: list[tuple[int, str, np.ndarray]] = [
        (bones[0], "translation", motion.root_position_world_m[:, _TO_Y_UP]),
        *((bone, "rotation", xyzw[:, body]) for body, bone in enumerate(bones)),
    ]
    samplers, channels = [], []
    for bone, path, values in curves:
        channels.append({"sampler": len(samplers), "target": {"node": bone, "path": path}})
        samplers.append({"input": time, "output": file.add_values(values.astype(np.float32))})
    extras = {"frames_per_second": fps}
    file.add("animations", {"name": name, "samplers": samplers, "channels": channels, "extras": extras})


def _add_body(file: GlbDocument, motion: ReconstructedMotion, rest: Float[np.ndarray, "B 3"], bones: list[int]) -> int:
    """Add the shapes as one mesh with a skin, and return the index of its node."""
    shapes = body_shapes(motion)
    meshes = [_mesh(geom).apply_translation(rest[geom.body]) for geom in shapes]
    owner = np.repeat([geom.body for geom in shapes], [len(mesh.vertices) for mesh in meshes])
    joints = np.zeros((len(owner), 4), np.uint8)
    joints[:, 0] = owner
    weights = np.tile(np.array([1.0, 0.0, 0.0, 0.0], np.float32), (len(owner), 1))
    attributes = {
        "JOINTS_0": file.add_values(joints, used_as="vertices"),
        "WEIGHTS_0": file.add_values(weights, used_as="vertices"),
    }
    mesh = _add_mesh(file, "body", meshes, _BODY_COLOUR, attributes)
    to_bone = np.tile(np.eye(4, dtype=np.float32), (len(bones), 1, 1))
    to_bone[:, :3, 3] = -rest[:, _TO_Y_UP]
    matrices = file.add_values(to_bone)
    skin = file.add("skins", {"joints": bones, "skeleton": bones[0], "inverseBindMatrices": matrices})
    return file.add("nodes", {"name": "body", "mesh": mesh, "skin": skin})


def _add_mesh(
    file: GlbDocument, name: str, parts: Sequence[Trimesh], colour: list[float], attributes: dict[str, int]
) -> int:
    """Add the parts as one mesh with a material of its own, and return its index."""
    before = np.cumsum([0, *(len(part.vertices) for part in parts)])
    faces = np.concatenate([part.faces + start for part, start in zip(parts, before, strict=False)])
    vertices = np.concatenate([part.vertices for part in parts])
    normals = np.concatenate([part.vertex_normals for part in parts])
    look = {"baseColorFactor": colour, "metallicFactor": 0.0, "roughnessFactor": 0.7}
    primitive = {
        "attributes": {
            "POSITION": file.add_values(_to_file(vertices), used_as="vertices", limits=True),
            "NORMAL": file.add_values(_to_file(normals), used_as="vertices"),
            **attributes,
        },
        "indices": file.add_values(faces.astype(np.uint32).ravel(), used_as="triangles"),
        "material": file.add("materials", {"pbrMetallicRoughness": look}),
    }
    return file.add("meshes", {"name": name, "primitives": [primitive]})


def _mesh(geom: Geom) -> Trimesh:
    """Return a shape in the frame of its body, m."""
    place = np.eye(4)
    place[:3, :3] = from_wxyz(np.asarray(geom.quat_wxyz, float)).as_matrix()
    place[:3, 3] = geom.position
    return to_mesh(geom).apply_transform(place)


def _to_file(vectors: Float[np.ndarray, "V 3"]) -> Float[np.ndarray, "V 3"]:
    return vectors[:, _TO_Y_UP].astype(np.float32)
