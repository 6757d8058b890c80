"""Time integration: one linearly implicit Euler step of the velocity, then of the position.

The step solves `M (u' - u) + dt (bias - drive(u') - contact(u')) = 0` for the velocity u' at its end; drive and contact
are affine in u', so the equation is linear with the symmetric positive matrix H = M + dt (damping and stiffness).

H is formed and factored once. Derivatives never see it: by the implicit function theorem they are one more solve with
the same factor against the derivative of the residual, and the residual is an inverse dynamics, without any matrix.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jax.ad_checkpoint import checkpoint_name
from jaxtyping import Array, Float

from diffphy import contact as contacts
from diffphy import dynamics, rotations
from diffphy.actuation import Drive, torques
from diffphy.contact import Contact
from diffphy.dynamics import Frames, Spatial
from diffphy.humanoid import Humanoid

SAVED = ("factor", "velocity")  # names of the intermediates worth keeping for the backward pass


class Start(NamedTuple):
    """All that the velocity at the end of a step depends on."""

    humanoid: Humanoid
    frame: Frames
    motion: Spatial
    velocity: Float[Array, "N"]
    drive: Drive
    contact: Contact
    gravity: Float[Array, "3"]
    dt: Float[Array, ""]


def residual(start: Start, new: Float[Array, "N"]) -> Float[Array, "N"]:
    """Impulse that is missing for the bodies to have the generalized velocity `new` at the end of the step."""
    humanoid, frame, motion, velocity, drive, contact, gravity, dt = start
    bias = dynamics.bias_acceleration(frame, motion, dynamics.split(velocity)[1])
    gyroscopic = dynamics.gyroscopic_force(motion, dynamics.momentum(humanoid, frame, motion))
    new_motion = dynamics.body_motion(frame, *dynamics.split(new))
    change = Spatial(
        new_motion.angular - motion.angular + dt * bias.angular,
        new_motion.linear - motion.linear + dt * (bias.linear - gravity[None]),
    )
    inertial = dynamics.momentum(humanoid, frame, change)
    touch = contacts.wrench(contact, contacts.forces(contact, new_motion))
    impulse = Spatial(
        inertial.angular + dt * (gyroscopic.angular - touch.angular),
        inertial.linear + dt * (gyroscopic.linear - touch.linear),
    )
    driven = dt * torques(drive, dynamics.split(new)[1])
    return dynamics.generalized_force(frame, impulse) - jnp.pad(driven.reshape(-1), (6, 0))


def implicit_velocity(start: Start) -> Float[Array, "N"]:
    """Generalized velocity at the end of the step, where the residual vanishes."""
    factor = lax.linalg.cholesky(lax.stop_gradient(step_matrix(start)))
    return _solve(start, checkpoint_name(factor, "factor"))


@jax.custom_jvp
def _solve(start: Start, factor: Float[Array, "N N"]) -> Float[Array, "N"]:
    # The residual is affine, so one Newton step from any velocity is exact; from the present one it rounds least.
    # Second derivatives through a scan differentiate this body, not the rule below, so it must have a slope of its own.
    return start.velocity - _newton_step(start, factor, start.velocity, residual(start, start.velocity))


@_solve.defjvp
def _solve_jvp(primals, tangents):
    start, factor = primals
    new = checkpoint_name(_solve(start, factor), "velocity")
    missing = jax.jvp(lambda s: residual(s, new), (start,), (tangents[0],))[1]
    return new, -_newton_step(start, factor, new, missing)


def _newton_step(
    start: Start, factor: Float[Array, "N N"], at: Float[Array, "N"], missing: Float[Array, "N"]
) -> Float[Array, "N"]:
    """H^-1 times the missing impulse, differentiable through the residual's slope at `at` instead of the factor."""
    return lax.custom_linear_solve(
        lambda v: jax.jvp(lambda u: residual(start, u), (at,), (v,))[1],
        missing,
        lambda _, right: jax.scipy.linalg.cho_solve((factor, True), right),
        symmetric=True,
    )


def step_matrix(start: Start) -> Float[Array, "N N"]:
    """H, the slope of the residual: the mass matrix and dt times the resistance of contacts and joints."""
    humanoid, frame, _, _, drive, contact, _, dt = start
    bodies = dynamics.spatial_inertia(humanoid, frame) + dt * contacts.spatial_resistance(contact)
    joints = jnp.pad(jnp.repeat(dt * drive.resistance, 3), (6, 0))
    return dynamics.assemble(frame, bodies) + jnp.diag(joints)


def advance(
    position: Float[Array, "3"], rotation: Float[Array, "B 4"], velocity: Float[Array, "N"], dt: float
) -> tuple[Float[Array, "3"], Float[Array, "B 4"]]:
    """Root position and rotations after moving for `dt` seconds with a constant generalized velocity."""
    linear, angular = dynamics.split(velocity)
    turned = rotations.multiply(rotation, rotations.exp(dt * angular))
    return position + dt * linear, rotations.normalize(turned)
