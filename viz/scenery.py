"""The objects of a scene as shapes to draw."""

import numpy as np
from scipy.spatial.transform import Rotation

from diffphy.body.humanoid import Geom
from diffphy.physics.scene import Scene

SLAB = np.array([3.0, 3.0, 0.05])  # m, half extents of the slab that shows an inclined plane


def scene_shapes(scene: Scene) -> tuple[Geom, ...]:
    """Return the boxes, spheres and half-spaces (as slabs) of a scene, but not the floor z = 0 of every picture."""
    boxes = zip(scene.box_half_extents, scene.box_position, scene.box_quat_wxyz, strict=True)
    spheres = zip(scene.sphere_radius, scene.sphere_position, strict=True)
    planes = zip(np.asarray(scene.plane_normal), np.asarray(scene.plane_offset), strict=True)
    upright = np.array([1.0, 0.0, 0.0, 0.0])
    return (
        *(Geom(-1, "box", *(np.asarray(value) for value in box)) for box in boxes),
        *(Geom(-1, "sphere", np.array([radius]), np.asarray(place), upright) for radius, place in spheres),
        *(_slab(normal, float(offset)) for normal, offset in planes if normal[2] < 0.9999 or abs(offset) > 1e-4),
    )


def _slab(normal: np.ndarray, offset: float) -> Geom:
    """Return a slab whose upper face lies in the plane, centred at the plane's point nearest to the world's origin."""
    turn = Rotation.align_vectors(normal[None], np.array([[0.0, 0.0, 1.0]]))[0]
    return Geom(-1, "box", SLAB, (offset - SLAB[2]) * normal, turn.as_quat(scalar_first=True))
