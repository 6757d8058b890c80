"""Contact of the bodies' spheres with the scene: compliant, smooth, with dry friction.

Every sphere feels every object by a force on its surface point that depends on the velocity `v` which the point has at
the end of the step. The integrator solves for that velocity, so stiff contact stays stable at 120 Hz, and what acts is
the law itself: the ground never pulls, and no friction leaves the cone.

Normal force: a spring k on the penetration at the end of the step, smoothed by softplus over the length `smoothing`, so
that a body feels the ground that far before it touches, times Hunt and Crossley's damping (1 - c v) (1975), and never
less than nothing. Friction: Coulomb's law regularized at a slip velocity, `-mu fn v / sqrt(v^2 + slip^2)`.
"""

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy.body.humanoid import Humanoid
from diffphy.physics import scene as scenes
from diffphy.physics.dynamics import Frames, Spatial, point_matrix
from diffphy.physics.kinematics import selection
from diffphy.physics.scene import Scene
from diffphy.rotations import cross

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
    """What the force on each of K = O x C points depends on, for O objects and C spheres, but for its velocity.

    `select`: picks each contact's body. `point`: surface points less the root's position, and `normal`: of the object
    there, world axes, m. `gap`: distance at the start of the step, m. `stiffness`: N/m. `friction`: coefficient.
    """

    select: Float[Array, "K B"]
    point: Float[Array, "K 3"]
    normal: Float[Array, "K 3"]
    gap: Float[Array, "K"]
    stiffness: Scalar
    friction: Scalar
    model: ContactModel


def detect(
    humanoid: Humanoid,
    scene: Scene,
    model: ContactModel,
    frame: Frames,
    root: Float[Array, "3"],
) -> Contact:
    """Where the spheres are at the start of a step, and what they are to the scene."""
    select = jnp.asarray(selection(humanoid.contact_body, humanoid.bodies), root.dtype)
    carrier = select @ jnp.concatenate([frame.joint, frame.matrix.reshape(-1, 9)], axis=-1)
    matrix = carrier[:, 3:].reshape(-1, 3, 3)
    center = carrier[:, :3] + jnp.sum(matrix * humanoid.contact_offset[:, None, :], axis=-1)
    distance, normal = scenes.signed_distance(scene, root[None] + center)
    objects = len(distance)
    normal = normal.reshape(-1, 3)
    gap = (distance - humanoid.contact_radius[None]).reshape(-1)
    radius = jnp.tile(humanoid.contact_radius, objects)
    point = jnp.tile(center, (objects, 1)) - radius[:, None] * normal
    select = jnp.tile(select, (objects, 1))
    stiffness = model.stiffness_per_mass * jnp.sum(humanoid.mass)
    return Contact(select, point, normal, gap, stiffness, jnp.asarray(scene.friction), model)


def point_velocity(contact: Contact, motion: Spatial) -> Float[Array, "K 3"]:
    """Velocity of each contact point, m/s, when the bodies move as `motion`; linear in it."""
    carrier = contact.select @ jnp.concatenate(motion, axis=-1)
    return carrier[:, 3:] + cross(carrier[:, :3], contact.point)


def forces(contact: Contact, velocity: Float[Array, "K 3"], dt: Scalar) -> Float[Array, "K 3"]:
    """Force on each contact point, N, world axes, in a step of `dt` seconds that ends with these velocities."""
    law = _law(contact, velocity, dt)
    return law.load[:, None] * (contact.normal - contact.friction * law.slipping / law.speed[:, None])


def resistance(contact: Contact, velocity: Float[Array, "K 3"], dt: Scalar) -> Float[Array, "K 3 3"]:
    """How fast the force falls with the velocity, N s/m. Friction grows with the load, so it is not symmetric."""
    law = _law(contact, velocity, dt)
    heading = law.slipping / law.speed[:, None]
    growth = (contact.friction * law.normal_resistance)[:, None, None] * heading[:, :, None] * contact.normal[:, None]
    return _symmetric(contact, law, 1.0) - growth


def symmetric_resistance(
    contact: Contact, velocity: Float[Array, "K 3"], dt: Scalar, saturation: Scalar
) -> Float[Array, "K 3 3"]:
    """The same, N s/m, were the load that friction is taken of constant: symmetric positive semidefinite.

    Without `saturation` (0) friction is taken as viscous, with the coefficient it has at this velocity: larger.
    """
    return _symmetric(contact, _law(contact, velocity, dt), saturation)


def _symmetric(contact: Contact, law: "_Law", saturation: Scalar) -> Float[Array, "K 3 3"]:
    along = contact.normal[:, :, None] * contact.normal[:, None]
    heading = law.slipping / law.speed[:, None]
    across = jnp.eye(3, dtype=along.dtype)[None] - along - saturation * heading[:, :, None] * heading[:, None]
    viscous = law.load * contact.friction / law.speed
    return law.normal_resistance[:, None, None] * along + viscous[:, None, None] * across


class _Law(NamedTuple):
    """`load`: normal force, N. `normal_resistance`: how fast it falls with the velocity of leaving, N s/m. `slipping`:
    tangential velocity, m/s. `speed`: its size, m/s, never less than the slip velocity of the regularization."""

    load: Float[Array, "K"]
    normal_resistance: Float[Array, "K"]
    slipping: Float[Array, "K 3"]
    speed: Float[Array, "K"]


def _law(contact: Contact, velocity: Float[Array, "K 3"], dt: Scalar) -> _Law:
    model, stiffness = contact.model, contact.stiffness
    leaving = jnp.sum(velocity * contact.normal, axis=-1)
    depth = -(contact.gap + dt * leaving) / model.smoothing
    spring = stiffness * model.smoothing * jax.nn.softplus(depth)
    brake = jax.nn.relu(1.0 - model.damping * leaving)
    hardening, damping = dt * stiffness * jax.nn.sigmoid(depth) * brake, model.damping * spring
    slipping = velocity - leaving[:, None] * contact.normal
    speed = jnp.sqrt(jnp.sum(slipping * slipping, axis=-1) + model.slip**2)
    return _Law(spring * brake, hardening + jnp.where(brake > 0, damping, 0.0), slipping, speed)


def wrench(contact: Contact, force: Float[Array, "K 3"]) -> Spatial:
    """Contact forces as spatial forces on the bodies."""
    total = contact.select.T @ jnp.concatenate([cross(contact.point, force), force], axis=-1)
    return Spatial(total[:, :3], total[:, 3:])


def spatial_resistance(contact: Contact, point_resistance: Float[Array, "K 3 3"]) -> Float[Array, "B 6 6"]:
    """The contacts' resistance as it acts on the bodies' spatial velocities, summed by body."""
    matrix = point_matrix(contact.point)
    each = jnp.swapaxes(matrix, -1, -2) @ point_resistance @ matrix
    return (contact.select.T @ each.reshape(-1, 36)).reshape(-1, 6, 6)
