"""What a body can touch: half-spaces (the ground, slopes), boxes (furniture, stairs) and spheres, all at rest."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.arrays import AnyArray, Scalar, array_namespace

Coordinates = Sequence[Scalar | int] | Float[AnyArray, "_"]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Scene:
    """P half-spaces, K boxes and S spheres at rest, and the friction of their surfaces.

    Every number that makes a scene may be traced, so that a simulation can be differentiated by it or mapped over it.

    Attributes:
        plane_normal: Outward unit normals of the half-spaces {x : normal . x <= offset}.
        plane_offset: Offsets of the half-spaces, m.
        box_position: Centres of the boxes, m.
        box_quat_wxyz: Orientations of the boxes.
        box_half_extents: Half extents of the boxes along their axes, m.
        sphere_position: Centres of the spheres, m.
        sphere_radius: Radii of the spheres, m.
        friction: Coulomb's coefficient between the body and all objects.
    """

    plane_normal: Float[AnyArray, "P 3"]
    plane_offset: Float[AnyArray, "P"]
    box_position: Float[AnyArray, "K 3"]
    box_quat_wxyz: Float[AnyArray, "K 4"]
    box_half_extents: Float[AnyArray, "K 3"]
    sphere_position: Float[AnyArray, "S 3"]
    sphere_radius: Float[AnyArray, "S"]
    friction: Float[AnyArray, ""]

    def with_plane(self, normal: Coordinates, point: Coordinates) -> "Scene":
        """Return the scene with one more half-space.

        Args:
            normal: Points out of the half-space, of any length but zero.
            point: A point of its surface, m.
        """
        unit = _unit(normal)
        return replace(
            self,
            plane_normal=_append(self.plane_normal, unit),
            plane_offset=_append(self.plane_offset, unit @ _array(point)),
        )

    def with_box(
        self, position: Coordinates, half_extents: Coordinates, quat_wxyz: Coordinates = (1.0, 0.0, 0.0, 0.0)
    ) -> "Scene":
        """Return the scene with one more box.

        Args:
            position: Its centre, m.
            half_extents: Half extents along its axes, m.
            quat_wxyz: Its orientation.
        """
        return replace(
            self,
            box_position=_append(self.box_position, position),
            box_quat_wxyz=_append(self.box_quat_wxyz, _unit(quat_wxyz)),
            box_half_extents=_append(self.box_half_extents, half_extents),
        )

    def with_sphere(self, position: Coordinates, radius: Scalar) -> "Scene":
        """Return the scene with one more sphere of this centre and radius, m."""
        return replace(
            self,
            sphere_position=_append(self.sphere_position, position),
            sphere_radius=_append(self.sphere_radius, radius),
        )

    def with_stairs(
        self, start: Coordinates, steps: int, depth: Scalar = 0.29, rise: Scalar = 0.17, width: Scalar = 2.0
    ) -> "Scene":
        """Return the scene with a flight of stairs that climbs along +x.

        Args:
            start: Middle of the first step's lower edge, m.
            steps: Number of steps.
            depth: Depth of a step, m.
            rise: Height of a step, m.
            width: Width of the stairs, m.
        """
        x, y, z = start
        scene = self
        for step in range(steps):
            height, length = (step + 1) * rise, (steps - step) * depth
            center = (x + step * depth + length / 2, y, z + height / 2)
            scene = scene.with_box(center, (length / 2, width / 2, height / 2))
        return scene

    def astype(self, dtype) -> "Scene":
        """Return the same scene with its numbers in another floating-point type."""
        return jax.tree.map(lambda leaf: jnp.asarray(leaf, dtype), self)


def empty(friction: Scalar = 1.0) -> Scene:
    """Return a scene without objects, for free flight."""
    none, coefficient = np.zeros((0, 3)), array_namespace(friction).asarray(friction)
    return Scene(none, np.zeros(0), none, np.zeros((0, 4)), none, none, np.zeros(0), coefficient)


def ground(friction: Scalar = 1.0, height: Scalar = 0.0) -> Scene:
    """Return level ground at a height, m, with Coulomb's coefficient of friction."""
    return empty(friction).with_plane((0.0, 0.0, 1.0), (0.0, 0.0, height))


def signed_distance(scene: Scene, point: Float[Array, "C 3"]) -> tuple[Float[Array, "O C"], Float[Array, "O C 3"]]:
    """Return the distance of each point from each of the O objects, m, negative inside, and the outward normal."""
    parts = []
    if len(scene.plane_offset):
        distance = scene.plane_normal @ point.T - scene.plane_offset[:, None]
        parts.append((distance, jnp.broadcast_to(scene.plane_normal[:, None], (*distance.shape, 3))))
    if len(scene.box_position):
        parts.append(_box_distance(scene, point))
    if len(scene.sphere_radius):
        from_center = point[None] - scene.sphere_position[:, None]
        length = _safe_norm(from_center)
        parts.append((length - scene.sphere_radius[:, None], from_center / length[..., None]))
    if not parts:
        return jnp.zeros((0, len(point)), point.dtype), jnp.zeros((0, len(point), 3), point.dtype)
    return jnp.concatenate([distance for distance, _ in parts]), jnp.concatenate([normal for _, normal in parts])


def nearest(scene: Scene, point: Float[Array, "C 3"]) -> Float[Array, "C"]:
    """Return the distance of each point from the nearest object, m, negative inside.

    In a scene without objects it is a kilometre.
    """
    # Pairwise minima, because the derivative of a min over an axis may be NaN.
    return reduce(jnp.minimum, signed_distance(scene, point)[0], jnp.full(len(point), 1e3, point.dtype))


def _array(numbers: Coordinates | Scalar) -> AnyArray:
    return array_namespace(numbers).asarray(numbers, float)


def _unit(vector: Coordinates) -> AnyArray:
    array = _array(vector)
    return array / array_namespace(array).linalg.norm(array)


def _append(rows: AnyArray, row: Coordinates | Scalar) -> AnyArray:
    return array_namespace(rows, row).concatenate([rows, _array(row)[None]])


def _safe_norm(vector: Float[Array, "*batch 3"]) -> Float[Array, "*batch"]:
    """Return the length. At the zero vector its derivative is zero, not NaN; it is never zero: one may divide by it."""
    squared = jnp.sum(vector * vector, axis=-1)
    tiny = squared < 1e-12
    return jnp.where(tiny, 1e-6, jnp.sqrt(jnp.where(tiny, 1.0, squared)))


def _box_distance(scene: Scene, point: Float[Array, "C 3"]) -> tuple[Float[Array, "K C"], Float[Array, "K C 3"]]:
    """Return distance and normal of boxes: outside to the nearest point of the box, inside to the nearest face."""
    turn = scene.box_quat_wxyz[:, None]
    local = rotations.rotate(rotations.inverse(turn), point[None] - scene.box_position[:, None])
    beyond = jnp.abs(local) - scene.box_half_extents[:, None]
    outside = jnp.maximum(beyond, 0.0)
    # Not jnp.max: its derivative divides by the count of numbers that equal the maximum. The count is zero where the
    # compiler computes the numbers twice and rounds them differently.
    depth = jnp.maximum(jnp.maximum(beyond[..., 0], beyond[..., 1]), beyond[..., 2])
    is_inside = depth <= 0.0
    length = _safe_norm(outside)
    face = jax.nn.one_hot(jnp.argmax(beyond, axis=-1), 3, dtype=point.dtype)
    normal = jnp.sign(local) * jnp.where(is_inside[..., None], face, outside / length[..., None])
    return jnp.where(is_inside, depth, length), rotations.rotate(turn, normal)
