"""How the forces of contact change when bodies are displaced, and with their velocities at the end of a step.

A body is displaced by D = (angle a, shift d) about the root, and its velocity is displaced with it. So what turns with
the body drops out of most products, and the force is taken as the displaced body sees it.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy.physics import scene as scenes
from diffphy.physics.axes_motion import over_subtrees, see_axes
from diffphy.physics.contact import point_velocity, spatial_resistance
from diffphy.physics.dynamics import Spatial, point_matrix
from diffphy.physics.implicit_step import StepStart
from diffphy.physics.scene import Scene
from diffphy.rotations import cross_matrix


class PointJacobians(NamedTuple):
    """How the force on each contact point changes.

    Attributes:
        force: The force, N.
        slide: How the point moves on its body, by a displacement of the body, m/rad and m/m.
        displacement: The force as the body sees it, by a displacement of the body, N/rad and N/m.
        velocity: The force by the velocity of the point, N s/m.
    """

    force: Float[Array, "K 3"]
    slide: Float[Array, "K 3 6"]
    displacement: Float[Array, "K 3 6"]
    velocity: Float[Array, "K 3 3"]


def point_jacobians(start: StepStart, scene: Scene, root: Float[Array, "3"], new_motion: Spatial) -> PointJacobians:
    """Return how the force on each contact point changes.

    The centre c of a sphere moves by a x c + d. The object's normal n turns where its surface is curved. The surface
    point is x = c - r n, so it slides on the body by r (a x n - dn). Its velocity u changes by a x u, and by w x slide,
    with the body's angular velocity w.

    Args:
        start: The step.
        scene: What the body can touch.
        root: The root's position at the start, m.
        new_motion: Spatial velocities at the end of the step.
    """
    contact, law, dt = start.contact, start.law, start.dt
    normal, velocity = contact.normal, point_velocity(contact, new_motion)
    force, by_velocity = law.forces(contact, velocity, dt), -law.resistance(contact, velocity, dt)
    by_gap, by_normal = _law_by_place(start, velocity)
    objects = len(contact.gap) // len(start.humanoid.contact_body)
    radius = jnp.tile(jnp.asarray(start.humanoid.contact_radius), objects)[:, None]
    center = contact.point + radius * normal
    moved = point_matrix(center)
    turned = _normal_by_center(scene, root[None] + center) @ moved
    slide = -radius[..., None] * (turned + _by_angle(cross_matrix(normal)))
    sped = cross_matrix(contact.select @ new_motion.angular) @ slide - _by_angle(cross_matrix(velocity))
    approached = by_gap[:, :, None] * (normal[:, None] @ moved)
    displacement = by_velocity @ sped + approached + by_normal @ turned + _by_angle(cross_matrix(force))
    return PointJacobians(force, slide, displacement, by_velocity)


class ImpulseJacobians(NamedTuple):
    """How contact changes the impulse that is missing on each body: minus dt times a force.

    Attributes:
        displacement: By a displacement of the body, with the velocities that are displaced with it.
        resistance: By the spatial velocity of the body at the end of the step.
    """

    displacement: Float[Array, "B 6 6"]
    resistance: Float[Array, "B 6 6"]


def contact_impulse_jacobians(
    start: StepStart, scene: Scene, root: Float[Array, "3"], new_motion: Spatial
) -> ImpulseJacobians:
    """Return how the impulse of contact changes. The arguments are those of `point_jacobians`."""
    contact, dt = start.contact, start.dt
    found = point_jacobians(start, scene, root, new_motion)
    torque = jnp.pad(cross_matrix(found.force) @ found.slide, ((0, 0), (0, 3), (0, 0)))
    each = torque - point_matrix(contact.point).mT @ found.displacement
    return ImpulseJacobians(
        dt * (contact.select.T @ each.reshape(-1, 36)).reshape(-1, 6, 6),
        dt * spatial_resistance(contact, -found.velocity),
    )


def contact_sum_jacobians(
    start: StepStart,
    scene: Scene,
    root: Float[Array, "3"],
    new: Float[Array, "N"],
    weight: Float[Array, "R C 3"],
) -> tuple[Float[Array, "R N"], Float[Array, "R N"]]:
    """Return the derivatives of weighted sums of the contact forces.

    Args:
        start: The step.
        scene: What the body can touch.
        root: The root's position at the start, m.
        new: Generalized velocity at the end of the step, m/s and rad/s.
        weight: Weight of each component of the force on each sphere, in each of R sums.

    Returns:
        The derivatives by the change of the configuration at the start, and by the velocity at the end.
    """
    axes, contact = see_axes(start, new), start.contact
    found = point_jacobians(start, scene, root, axes.new_motion)
    in_world = found.displacement - _by_angle(cross_matrix(found.force))
    each = jnp.concatenate([in_world, found.velocity @ point_matrix(contact.point)], axis=-1)
    weight = jnp.moveaxis(jnp.tile(weight, (1, len(each) // weight.shape[1], 1)), 0, 1)
    count, sums = weight.shape[1], weight @ each
    of_bodies = (contact.select.T @ sums.reshape(len(sums), 12 * count)).reshape(-1, count, 12)
    rows = over_subtrees(start.frame, of_bodies)
    by_place = rows @ jnp.concatenate([axes.axes, axes.new_turning], axis=1)
    by_speed = rows[..., 6:] @ axes.axes
    return jnp.moveaxis(by_place, 0, 1).reshape(count, -1), jnp.moveaxis(by_speed, 0, 1).reshape(count, -1)


def _law_by_place(start: StepStart, velocity: Float[Array, "K 3"]) -> tuple[Float[Array, "K 3"], Float[Array, "K 3 3"]]:
    """Return the derivatives of the contact forces by the gap, N/m, and by the normal, N. Each point is on its own."""
    contact, law, dt = start.contact, start.law, start.dt

    def along(**change: Array) -> Float[Array, "K 3"]:
        ((name, tangent),) = change.items()
        value = getattr(contact, name)
        return jax.jvp(lambda x: law.forces(contact._replace(**{name: x}), velocity, dt), (value,), (tangent,))[1]

    units = jnp.broadcast_to(jnp.eye(3, dtype=velocity.dtype)[:, None], (3, *velocity.shape))
    by_normal = jax.vmap(lambda unit: along(normal=unit), out_axes=-1)(units)
    return along(gap=jnp.ones_like(contact.gap)), by_normal


def _normal_by_center(scene: Scene, center: Float[Array, "K 3"]) -> Float[Array, "K 3 3"]:
    """Return how the normals turn when the spheres' centres move, 1/m. Those of planes do not.

    Args:
        scene: The O objects.
        center: Centres in the world, m: those of C spheres for each object, K = O x C.
    """
    objects = len(scene.plane_offset) + len(scene.box_position) + len(scene.sphere_radius)
    if objects == len(scene.plane_offset):
        return jnp.zeros((len(center), 3, 3), center.dtype)
    spheres = center[: len(center) // objects]

    def along(unit: Float[Array, "3"]) -> Float[Array, "K 3"]:
        tangent = jnp.broadcast_to(unit, spheres.shape)
        turned = jax.jvp(lambda at: scenes.signed_distance(scene, at)[1], (spheres,), (tangent,))[1]
        return turned.reshape(-1, 3)

    return jax.vmap(along, out_axes=-1)(jnp.eye(3, dtype=center.dtype))


def _by_angle(matrix: Float[Array, "K 3 3"]) -> Float[Array, "K 3 6"]:
    """Return a derivative by displacements from one by angles."""
    return jnp.pad(matrix, ((0, 0), (0, 0), (0, 3)))
