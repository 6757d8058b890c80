"""The equation of one implicit Euler step of the velocity: its residual, its Jacobians, its root.

The step solves `M (u' - u) + dt (bias - drive(u') - contact(u')) = 0` for the velocity u' at its end. The search for
the root is in `broyden`, the derivatives of the root are in `implicit_derivative`.

The residual is an inverse dynamics, which is cheap. Its Jacobian is expensive, so one matrix serves several steps of
the search. The laws of drive and contact have kinks: torques at their limits, friction at the cone, contact without
load. With the Jacobian of a distant point, a search would leap from one side of a kink to the other. With laws taken as
viscous, as in iteratively reweighted least squares, the search follows them safely.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from diffphy.arrays import Scalar
from diffphy.body.humanoid import Humanoid
from diffphy.physics import actuation, broyden, dynamics
from diffphy.physics import contact as contacts
from diffphy.physics.actuation import Drive
from diffphy.physics.contact import Contact, ContactLaw
from diffphy.physics.dynamics import Frames, Spatial


class StepStart(NamedTuple):
    """All that the velocity at the end of a step depends on.

    Attributes:
        humanoid: The body.
        frame: Its bodies at the start of the step.
        motion: Their spatial velocities at the start.
        velocity: The generalized velocity at the start, m/s and rad/s.
        drive: What the joints' motors do.
        contact: What the bodies touch.
        law: The law of contact for this body.
        gravity: Acceleration, m/s^2, world axes.
        dt: Length of the step, s.
    """

    humanoid: Humanoid
    frame: Frames
    motion: Spatial
    velocity: Float[Array, "N"]
    drive: Drive
    contact: Contact
    law: ContactLaw
    gravity: Float[Array, "3"]
    dt: Float[Array, ""]


@jax.jit  # traced once for its many uses
def residual(start: StepStart, new: Float[Array, "N"]) -> Float[Array, "N"]:
    """Return the impulse that is missing for a velocity at the end of the step, N s and N m s.

    Args:
        start: The step.
        new: Generalized velocity at the end of the step, m/s and rad/s.
    """
    new_motion = dynamics.body_motion(start.frame, *dynamics.split(new))
    impulse = missing_impulse(start, new_motion, change_of_motion(start, new_motion))
    driven = start.dt * actuation.torques(start.drive, dynamics.split(new)[1])
    return dynamics.generalized_force(start.frame, impulse) - jnp.pad(driven.reshape(-1), (6, 0))


def change_of_motion(start: StepStart, new_motion: Spatial) -> Spatial:
    """Return how each body's spatial velocity changes in the step, with its axes, beyond what gravity does, m/s, rad/s.

    Its product with the inertia is an impulse. `new_motion`: the spatial velocities at the end of the step.
    """
    motion, dt = start.motion, start.dt
    bias = dynamics.bias_acceleration(start.frame, motion, dynamics.split(start.velocity)[1])
    return Spatial(
        new_motion.angular - motion.angular + dt * bias.angular,
        new_motion.linear - motion.linear + dt * (bias.linear - start.gravity[None]),
    )


def missing_impulse(start: StepStart, new_motion: Spatial, change: Spatial) -> Spatial:
    """Return the impulse that each body's motion asks for, less that of contact, N s and N m s.

    Args:
        start: The step.
        new_motion: Spatial velocities at the end of the step.
        change: `change_of_motion`.
    """
    humanoid, frame, motion, _, _, contact, law, _, dt = start
    gyroscopic = dynamics.gyroscopic_force(motion, dynamics.momentum(humanoid, frame, motion))
    inertial = dynamics.momentum(humanoid, frame, change)
    touch = contacts.wrench(contact, law.forces(contact, contacts.point_velocity(contact, new_motion), dt))
    return Spatial(
        inertial.angular + dt * (gyroscopic.angular - touch.angular),
        inertial.linear + dt * (gyroscopic.linear - touch.linear),
    )


def jacobian(start: StepStart, at: Float[Array, "N"]) -> Float[Array, "N N"]:
    """Return the derivative of the residual by the velocity at the end of the step.

    It is the mass matrix and dt times the resistance of contacts and joints.
    """
    contact, dt = start.contact, start.dt
    inertia = dynamics.spatial_inertia(start.humanoid, start.frame)
    resistance = start.law.resistance(contact, _point_velocity(start, at), dt)
    joints = dt * actuation.resistance(start.drive, dynamics.split(at)[1])
    bodies = inertia + dt * contacts.spatial_resistance(contact, resistance)
    return dynamics.assemble(start.frame, bodies) + dynamics.at_joints(joints)


def symmetric_jacobian(
    start: StepStart, inertia: Float[Array, "B 6 6"], at: Float[Array, "N"], saturation: Scalar
) -> Float[Array, "N N"]:
    """Return a symmetric positive definite matrix near the residual's Jacobian.

    Above the blocks of the diagonal nothing is filled in.

    Args:
        start: The step.
        inertia: Spatial inertias of the bodies.
        at: Generalized velocity at the end of the step, m/s and rad/s.
        saturation: With 0, drive and friction are taken as viscous. With 1, only the growth of friction with the load
            is missing.
    """
    contact, dt = start.contact, start.dt
    velocity = _point_velocity(start, at)
    resistance = start.law.symmetric_resistance(contact, velocity, dt, saturation)
    joints = dt * actuation.resistance(start.drive, dynamics.split(at)[1], saturation)
    bodies = inertia + dt * contacts.spatial_resistance(contact, resistance)
    return dynamics.assemble_below(start.frame, bodies) + dynamics.at_joints(joints)


def residual_along(
    start: StepStart, at: Float[Array, "N"], direction: Float[Array, "N"], value: Float[Array, ""]
) -> broyden.Along:
    """Return the residual at `at` + share `direction`, times the direction, as a function of the share, J.

    Contacts and joints move linearly along the direction, so only their laws are evaluated for each share.

    Args:
        start: The step.
        at: Generalized velocity where the line begins.
        direction: Change of the velocity over the whole line.
        value: The function's value at share 0.
    """
    drive, contact, dt = start.drive, start.contact, start.dt
    change = dynamics.body_motion(start.frame, *dynamics.split(direction))
    momentum = dynamics.momentum(start.humanoid, start.frame, change)
    inertial = jnp.sum(change.angular * momentum.angular) + jnp.sum(change.linear * momentum.linear)
    point, point_change = _point_velocity(start, at), contacts.point_velocity(contact, change)
    angular, angular_change = dynamics.split(at)[1], dynamics.split(direction)[1]

    def work(share: Float[Array, ""]) -> Float[Array, ""]:
        force = start.law.forces(contact, point + share * point_change, dt)
        torque = actuation.torques(drive, angular + share * angular_change)
        return -dt * (jnp.sum(force * point_change) + jnp.sum(torque * angular_change[1:]))

    work_at_start = work(jnp.zeros_like(dt))
    return lambda share: value + share * inertial + work(share) - work_at_start


@jax.jit
def find_root(start: StepStart) -> broyden.Solution:
    """Search for the velocity where the residual vanishes, from the velocity at the start of the step."""
    inertia = dynamics.spatial_inertia(start.humanoid, start.frame)
    equation = broyden.Equation(
        partial(residual, start), partial(symmetric_jacobian, start, inertia), partial(residual_along, start)
    )
    return broyden.find_root(equation, start.velocity)


def residual_force(start: StepStart, velocity: Float[Array, "N"]) -> Float[Array, ""]:
    """Return the size of the force on the whole body that the solver's error stands for, N.

    It has no derivative. XLA removes its computation where a loss does not use it.
    """
    return lax.stop_gradient(jnp.linalg.norm(residual(start, velocity)[:3]) / start.dt)


def _point_velocity(start: StepStart, velocity: Float[Array, "N"]) -> Float[Array, "K 3"]:
    return contacts.point_velocity(start.contact, dynamics.body_motion(start.frame, *dynamics.split(velocity)))
