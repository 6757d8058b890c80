"""Triangle meshes and world poses of the shapes of bodies and scenes."""

from collections.abc import Sequence

import numpy as np
import trimesh
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from diffphy.body.humanoid import Geom

BEVEL = 0.01  # m, largest rounding of a box's edges: visible in the light, and too small to change the shape


def to_mesh(geom: Geom) -> trimesh.Trimesh:
    """Return the shape as triangles about its own origin."""
    size = np.asarray(geom.size, dtype=float)
    if geom.kind == "sphere":
        return trimesh.creation.icosphere(subdivisions=3, radius=size[0])
    if geom.kind == "capsule":
        return _capsule(*size)
    bevel = min(BEVEL, 0.5 * size.min())
    sphere = trimesh.creation.icosphere(subdivisions=2)
    corner = np.where(sphere.vertices >= 0, 1.0, -1.0) * (size - bevel)
    return trimesh.Trimesh(bevel * sphere.vertices + corner, sphere.faces, process=False)


def _capsule(radius: float, half_length: float) -> trimesh.Trimesh:
    """Return a capsule along local z. Its wall has rings, because the renderer is slow on long thin triangles."""
    arc = np.linspace(0, np.pi / 2, 6)
    wall = np.linspace(-half_length, half_length, 2 + round(4 * half_length / radius))[1:-1]
    across = radius * np.concatenate([np.sin(arc), np.ones_like(wall), np.cos(arc)])
    along = np.concatenate([-half_length - radius * np.cos(arc), wall, half_length + radius * np.sin(arc)])
    return trimesh.creation.revolve(np.stack([across, along], -1), sections=20)


def bounding_radius(geom: Geom) -> float:
    """Return the radius, m, of the sphere about the shape's origin that contains it."""
    size = np.asarray(geom.size, dtype=float)
    return float(np.linalg.norm(size) if geom.kind == "box" else size.sum())


def world_poses(
    geoms: Sequence[Geom], body_position: Float[np.ndarray, "T B 3"], body_rotation: Float[np.ndarray, "T B 4"]
) -> tuple[Float[np.ndarray, "T G 3"], Float[np.ndarray, "T G 4"]]:
    """Return world positions, m, and orientations, wxyz, of the shapes of bodies. Body -1 is the world."""
    frames = len(body_position)
    body = np.array([geom.body for geom in geoms], dtype=int)
    # The last body, with index -1, is the world itself.
    origin = np.concatenate([body_position, np.zeros((frames, 1, 3))], axis=1)[:, body]
    identity = np.tile([1.0, 0.0, 0.0, 0.0], (frames, 1, 1))
    turn = np.concatenate([body_rotation, identity], axis=1)[:, body]
    offset = np.tile(np.array([geom.position for geom in geoms], dtype=float), (frames, 1, 1))
    local = np.tile(np.array([geom.quat_wxyz for geom in geoms], dtype=float), (frames, 1, 1))
    body_turn = Rotation.from_quat(turn.reshape(-1, 4), scalar_first=True)
    position = origin + body_turn.apply(offset.reshape(-1, 3)).reshape(origin.shape)
    rotation = body_turn * Rotation.from_quat(local.reshape(-1, 4), scalar_first=True)
    return position, rotation.as_quat(scalar_first=True).reshape(turn.shape)
