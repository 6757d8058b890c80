"""Contact of the bodies' spheres with the scene: where they touch, and the interface of contact laws.

Every object acts on every sphere by a force on the sphere's surface point. A `ContactLaw` gives the force from the
point's velocity at the end of the step. The step solves for that velocity, so stiff contact stays stable at 120 Hz, and
the forces obey the law exactly.
"""

from typing import NamedTuple, Protocol, runtime_checkable

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy.arrays import Scalar
from diffphy.body.humanoid import Humanoid
from diffphy.physics import scene as scenes
from diffphy.physics.dynamics import Frames, Spatial, point_matrix
from diffphy.physics.kinematics import selection
from diffphy.physics.scene import Scene
from diffphy.rotations import cross


class Contact(NamedTuple):
    """Everything except velocities that the forces on K = O x C points depend on, for O objects and C spheres.

    Attributes:
        select: Picks the body of each point.
        point: Surface points less the root's position, world axes, m.
        normal: Outward normal of the object there, world axes.
        gap: Distance at the start of the step, m, negative inside.
        friction: Coulomb's coefficient.
    """

    select: Float[Array, "K B"]
    point: Float[Array, "K 3"]
    normal: Float[Array, "K 3"]
    gap: Float[Array, "K"]
    friction: Scalar


@runtime_checkable
class ContactLaw(Protocol):
    """The force on a contact point of one body as a function of the point's velocity at the end of a step.

    A law is a pytree: its parameters are leaves, so that a simulation can be differentiated by them. Velocities and
    forces are in world axes; `dt` is the length of the step, s.
    """

    def forces(self, contact: Contact, velocity: Float[Array, "K 3"], dt: Scalar) -> Float[Array, "K 3"]:
        """Return the force on each point, N, in a step that ends with these velocities, m/s."""
        ...

    def resistance(self, contact: Contact, velocity: Float[Array, "K 3"], dt: Scalar) -> Float[Array, "K 3 3"]:
        """Return how fast the force falls with the velocity, N s/m: minus its exact Jacobian."""
        ...

    def symmetric_resistance(
        self, contact: Contact, velocity: Float[Array, "K 3"], dt: Scalar, saturation: Scalar
    ) -> Float[Array, "K 3 3"]:
        """Return a symmetric positive semidefinite matrix near the resistance, N s/m.

        With `saturation` 1 it is the nearest such matrix. With 0 it is larger, so that no step of the solver leaps over
        a kink of the law.
        """
        ...


@runtime_checkable
class ContactModel(Protocol):
    """The constants of a contact law that are the same for every body. It is a pytree too."""

    def law_for(self, body_mass: Scalar) -> ContactLaw:
        """Return the law for a body of that mass, kg."""
        ...


def detect_contact(humanoid: Humanoid, scene: Scene, frame: Frames, root: Float[Array, "3"]) -> Contact:
    """Find the contact points of all spheres with all objects at the start of a step.

    Args:
        humanoid: The body with its contact spheres.
        scene: What they can touch.
        frame: The bodies about the root.
        root: The root's position in the world, m.
    """
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
    return Contact(select, point, normal, gap, jnp.asarray(scene.friction))


def point_velocity(contact: Contact, motion: Spatial) -> Float[Array, "K 3"]:
    """Return the velocity of each contact point, m/s, when the bodies move as `motion`. It is linear in the motion."""
    carrier = contact.select @ jnp.concatenate(motion, axis=-1)
    return carrier[:, 3:] + cross(carrier[:, :3], contact.point)


def wrench(contact: Contact, force: Float[Array, "K 3"]) -> Spatial:
    """Sum contact forces, N, as spatial forces on the bodies."""
    total = contact.select.T @ jnp.concatenate([cross(contact.point, force), force], axis=-1)
    return Spatial(total[:, :3], total[:, 3:])


def spatial_resistance(contact: Contact, point_resistance: Float[Array, "K 3 3"]) -> Float[Array, "B 6 6"]:
    """Sum the points' resistance, N s/m, as it acts on the spatial velocity of each body."""
    matrix = point_matrix(contact.point)
    each = jnp.swapaxes(matrix, -1, -2) @ point_resistance @ matrix
    return (contact.select.T @ each.reshape(-1, 36)).reshape(-1, 6, 6)
