"""The contact law of the simulation: compliant, smooth, with dry friction. The ground never pulls.

Normal force: a spring k on the penetration at the end of the step, times the damping (1 - c v) of Hunt and Crossley
(1975). It is never negative. A softplus smooths the spring over the length `smoothing`, so that a body feels the ground
that far before it touches. Friction: Coulomb's law regularized at a slip velocity, `-mu fn v / sqrt(v^2 + slip^2)`,
which never leaves the cone.
"""

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy.arrays import Scalar
from diffphy.physics.contact import Contact


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class CompliantContact:
    """Constants of compliant contact with regularized Coulomb friction: a `ContactModel`.

    Attributes:
        stiffness_per_mass: Stiffness of a sphere over the body's mass, N/(m kg): a heavier person sinks no deeper.
        damping: Hunt and Crossley's damping, s/m.
        smoothing: Length of the smooth onset of contact, m.
        slip: Speed below which friction grows with the speed, m/s.
    """

    stiffness_per_mass: Scalar = 2000.0
    damping: Scalar = 1.0
    smoothing: Scalar = 0.002
    slip: Scalar = 0.01

    def law_for(self, body_mass: Scalar) -> "CompliantLaw":
        """Return the law for a body of that mass, kg."""
        return CompliantLaw(self.stiffness_per_mass * body_mass, self.damping, self.smoothing, self.slip)


class CompliantLaw(NamedTuple):
    """Compliant contact of one body: a `ContactLaw`.

    Attributes:
        stiffness: Stiffness of a sphere, N/m.
        damping: Hunt and Crossley's damping, s/m.
        smoothing: Length of the smooth onset of contact, m.
        slip: Speed below which friction grows with the speed, m/s.
    """

    stiffness: Scalar
    damping: Scalar
    smoothing: Scalar
    slip: Scalar

    def forces(self, contact: Contact, velocity: Float[Array, "K 3"], dt: Scalar) -> Float[Array, "K 3"]:
        """Return the force on each point, N: the normal force and friction."""
        terms = self._terms(contact, velocity, dt)
        return terms.load[:, None] * (contact.normal - contact.friction * terms.slipping / terms.speed[:, None])

    def resistance(self, contact: Contact, velocity: Float[Array, "K 3"], dt: Scalar) -> Float[Array, "K 3 3"]:
        """Return how fast the force falls with the velocity, N s/m. Friction grows with the load: not symmetric."""
        terms = self._terms(contact, velocity, dt)
        heading = terms.slipping / terms.speed[:, None]
        growth = (contact.friction * terms.normal_resistance)[:, None, None] * heading[:, :, None]
        growth = growth * contact.normal[:, None]
        return _symmetric(contact, terms, 1.0) - growth

    def symmetric_resistance(
        self, contact: Contact, velocity: Float[Array, "K 3"], dt: Scalar, saturation: Scalar
    ) -> Float[Array, "K 3 3"]:
        """Return the resistance for a constant load of friction, N s/m: symmetric positive semidefinite.

        With `saturation` 0 friction is taken as viscous, with the coefficient that it has at this velocity. The matrix
        is then larger.
        """
        return _symmetric(contact, self._terms(contact, velocity, dt), saturation)

    def _terms(self, contact: Contact, velocity: Float[Array, "K 3"], dt: Scalar) -> "_Terms":
        leaving = jnp.sum(velocity * contact.normal, axis=-1)
        depth = -(contact.gap + dt * leaving) / self.smoothing
        spring = self.stiffness * self.smoothing * jax.nn.softplus(depth)
        brake = jax.nn.relu(1.0 - self.damping * leaving)
        hardening, damping = dt * self.stiffness * jax.nn.sigmoid(depth) * brake, self.damping * spring
        slipping = velocity - leaving[:, None] * contact.normal
        speed = jnp.sqrt(jnp.sum(slipping * slipping, axis=-1) + self.slip**2)
        return _Terms(spring * brake, hardening + jnp.where(brake > 0, damping, 0.0), slipping, speed)


class _Terms(NamedTuple):
    """Intermediate results that forces and resistance share.

    Attributes:
        load: Normal force, N.
        normal_resistance: How fast the load falls with the velocity at which the point leaves the object, N s/m.
        slipping: Tangential velocity, m/s.
        speed: Size of the tangential velocity, m/s, never less than the slip velocity of the regularization.
    """

    load: Float[Array, "K"]
    normal_resistance: Float[Array, "K"]
    slipping: Float[Array, "K 3"]
    speed: Float[Array, "K"]


def _symmetric(contact: Contact, terms: _Terms, saturation: Scalar) -> Float[Array, "K 3 3"]:
    along = contact.normal[:, :, None] * contact.normal[:, None]
    heading = terms.slipping / terms.speed[:, None]
    across = jnp.eye(3, dtype=along.dtype)[None] - along - saturation * heading[:, :, None] * heading[:, None]
    viscous = terms.load * contact.friction / terms.speed
    return terms.normal_resistance[:, None, None] * along + viscous[:, None, None] * across
