"""Contact of the bodies' spheres with the scene: compliant, smooth, with dry friction.

Every sphere feels every object by a force `f = f0 - C v` on its surface point, affine in the velocity `v` that the
point has at the end of the step. The integrator solves for that velocity, so stiff contact stays stable at 120 Hz.

Normal force: a spring k on the penetration at the end of the step, smoothed by softplus over the length `smoothing`, so
that a body feels the ground that far before it touches, times Hunt and Crossley's damping (1 - c v) (1975). It is
linearized around the velocity at the start of the step. Friction: Coulomb's law regularized
at a slip velocity, `-mu fn v / sqrt(v^2 + slip^2)`, with the coefficient of `v` taken at the start of the step.
"""

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy import scene as scenes
from diffphy.dynamics import Frames, Spatial, point_matrix
from diffphy.humanoid import Humanoid
from diffphy.kinematics import selection
from diffphy.rotations import cross
from diffphy.scene import Scene

Scalar = float | Float[Array, ""]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class ContactModel:
    """Stiffness of a sphere over the body's mass, N/(m kg) (so that a heavier person sinks no deeper); Hunt and
    Crossley's `damping`, s/m; `smoothing`, m, of the onset of contact; `slip`, m/s, below which friction grows."""

    stiffness_per_mass: Scalar = 2000.0
    damping: Scalar = 1.0
    smoothing: Scalar = 0.002
    slip: Scalar = 0.01


class Contact(NamedTuple):
    """Affine contact forces, one for each of O objects and C spheres: on `point` acts `force - resistance v`.

    `select`: picks each contact's body. `point`: surface points less the root's position, world axes, m.
    `resistance`: symmetric, N s/m.
    """

    select: Float[Array, "K B"]
    point: Float[Array, "K 3"]
    force: Float[Array, "K 3"]
    resistance: Float[Array, "K 3 3"]


def detect(
    humanoid: Humanoid,
    scene: Scene,
    model: ContactModel,
    frame: Frames,
    root: Float[Array, "3"],
    motion: Spatial,
    dt: float,
) -> Contact:
    """The contact forces of a step of `dt` seconds from this pose and motion of the bodies."""
    select = jnp.asarray(selection(humanoid.contact_body, humanoid.bodies), root.dtype)
    carrier = select @ jnp.concatenate([frame.joint, *motion, frame.matrix.reshape(-1, 9)], axis=-1)
    matrix = carrier[:, 9:].reshape(-1, 3, 3)
    center = carrier[:, :3] + jnp.sum(matrix * humanoid.contact_offset[:, None, :], axis=-1)
    distance, normal = scenes.signed_distance(scene, root[None] + center)
    objects = len(distance)
    normal = normal.reshape(-1, 3)
    gap = (distance - humanoid.contact_radius[None]).reshape(-1)
    radius = jnp.tile(humanoid.contact_radius, objects)
    point = jnp.tile(center, (objects, 1)) - radius[:, None] * normal
    select = jnp.tile(select, (objects, 1))
    velocity = jnp.tile(carrier[:, 6:9], (objects, 1)) + cross(jnp.tile(carrier[:, 3:6], (objects, 1)), point)

    stiffness = model.stiffness_per_mass * jnp.sum(humanoid.mass)
    approach = jnp.sum(velocity * normal, axis=-1)
    predicted = -(gap + dt * approach) / model.smoothing
    spring = stiffness * model.smoothing * jax.nn.softplus(predicted)
    slope = stiffness * jax.nn.sigmoid(predicted)
    normal_resistance = dt * slope + model.damping * spring
    normal_force = spring + dt * slope * approach

    load = spring * jax.nn.relu(1.0 - model.damping * approach)
    slipping = velocity - approach[:, None] * normal
    speed = jnp.sqrt(jnp.sum(slipping * slipping, axis=-1) + model.slip**2)
    friction = scene.friction * load / speed
    along = normal[:, :, None] * normal[:, None, :]
    across = jnp.eye(3, dtype=along.dtype)[None] - along
    resistance = normal_resistance[:, None, None] * along + friction[:, None, None] * across
    return Contact(select, point, normal_force[:, None] * normal, resistance)


def forces(contact: Contact, motion: Spatial) -> Float[Array, "K 3"]:
    """Force on each contact point, N, world axes, when the bodies move as `motion`."""
    carrier = contact.select @ jnp.concatenate(motion, axis=-1)
    velocity = carrier[:, 3:] + cross(carrier[:, :3], contact.point)
    return contact.force - jnp.sum(contact.resistance * velocity[:, None, :], axis=-1)


def wrench(contact: Contact, force: Float[Array, "K 3"]) -> Spatial:
    """Contact forces as spatial forces on the bodies."""
    total = contact.select.T @ jnp.concatenate([cross(contact.point, force), force], axis=-1)
    return Spatial(total[:, :3], total[:, 3:])


def spatial_resistance(contact: Contact) -> Float[Array, "B 6 6"]:
    """The contacts' resistance as it acts on the bodies' spatial velocities, summed by body."""
    matrix = point_matrix(contact.point)
    each = jnp.swapaxes(matrix, -1, -2) @ contact.resistance @ matrix
    return (contact.select.T @ each.reshape(-1, 36)).reshape(-1, 6, 6)
