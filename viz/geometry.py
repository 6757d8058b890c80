"""Triangle meshes and world poses of the shapes that bodies and scenes are made of."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import trimesh
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from viz.errors import RenderError

BEVEL = 0.01  # m, largest rounding of a box's edges: they catch the light, and the shape stays true


class Geom(Protocol):
    """One shape: of `Humanoid.geoms`, or of the static scene with body = -1, its pose then in the world.

    size: capsule (radius, half length of the segment along local z), sphere (radius,), box (three half extents), m.
    """

    @property
    def body(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def size(self) -> Any: ...
    @property
    def position(self) -> Any: ...
    @property
    def quat_wxyz(self) -> Any: ...


def mesh(geom: Geom) -> trimesh.Trimesh:
    """The shape as triangles about its own origin.

    Raises:
        RenderError: a kind that is none of capsule, sphere and box.
    """
    size = np.asarray(geom.size, dtype=float)
    if geom.kind == "sphere":
        return trimesh.creation.icosphere(subdivisions=3, radius=size[0])
    if geom.kind == "capsule":
        capsule = trimesh.creation.capsule(height=2 * size[1], radius=size[0], count=[20, 20])
        return capsule.apply_translation(-capsule.bounds.mean(axis=0))
    if geom.kind == "box":
        bevel = min(BEVEL, 0.5 * size.min())
        sphere = trimesh.creation.icosphere(subdivisions=3)
        corner = np.where(sphere.vertices >= 0, 1.0, -1.0) * (size - bevel)
        return trimesh.Trimesh(bevel * sphere.vertices + corner, sphere.faces, process=False)
    raise RenderError(f"cannot draw a geom of kind '{geom.kind}': use capsule, sphere or box")


def bounding_radius(geom: Geom) -> float:
    """Radius of the sphere about the shape's origin that contains it, m."""
    size = np.asarray(geom.size, dtype=float)
    return float(np.linalg.norm(size) if geom.kind == "box" else size.sum())


def world_poses(
    geoms: Sequence[Geom], body_position: Float[np.ndarray, "T B 3"], body_rotation: Float[np.ndarray, "T B 4"]
) -> tuple[Float[np.ndarray, "T G 3"], Float[np.ndarray, "T G 4"]]:
    """World position (m) and orientation (wxyz) of every geom, from those of the bodies."""
    frames = len(body_position)
    body = np.array([geom.body for geom in geoms], dtype=int)
    # One more body, the world itself, is what body = -1 picks.
    origin = np.concatenate([body_position, np.zeros((frames, 1, 3))], axis=1)[:, body]
    identity = np.tile([1.0, 0.0, 0.0, 0.0], (frames, 1, 1))
    turn = np.concatenate([body_rotation, identity], axis=1)[:, body]
    offset = np.broadcast_to(np.array([geom.position for geom in geoms], dtype=float), origin.shape)
    local = np.broadcast_to(np.array([geom.quat_wxyz for geom in geoms], dtype=float), turn.shape)
    body_turn = Rotation.from_quat(turn.reshape(-1, 4), scalar_first=True)
    position = origin + body_turn.apply(offset.reshape(-1, 3)).reshape(origin.shape)
    rotation = body_turn * Rotation.from_quat(local.reshape(-1, 4), scalar_first=True)
    return position, rotation.as_quat(scalar_first=True).reshape(turn.shape)
