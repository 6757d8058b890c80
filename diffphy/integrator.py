"""Time integration: one implicit Euler step of the velocity, then of the position.

The step solves `M (u' - u) + dt (bias - drive(u') - contact(u')) = 0` for the velocity u' at its end. Drive and contact
are monotone but saturate: torques at their limits, friction at the cone, the ground at nothing. Newton's method from
afar would leap from one side of such a law to the other. So the first iteration, and any after one that made things
worse, takes saturated laws as viscous (as iteratively reweighted least squares does); the others go along Newton's
direction no farther than where the residual along it vanishes (as the solver of Castro, Permenter and Han, 2022, does).

Derivatives never see the iterations: by the implicit function theorem they are one more solve with the last factor
against the derivative of the residual, and the residual is an inverse dynamics, without any matrix.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jax.ad_checkpoint import checkpoint_name
from jaxtyping import Array, Float, Int

from diffphy import actuation, dynamics, rotations
from diffphy import contact as contacts
from diffphy.actuation import Drive
from diffphy.contact import Contact, Scalar
from diffphy.dynamics import Frames, Spatial
from diffphy.humanoid import Humanoid

SAVED = ("solution", "velocity")  # names of the intermediates worth keeping for the backward pass
MAX_ITERATIONS = 40  # four are usual, twelve the most in recorded acrobatics
LINE_SEARCH_ITERATIONS = 10


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
    touch = contacts.wrench(contact, contacts.forces(contact, contacts.point_velocity(contact, new_motion), dt))
    impulse = Spatial(
        inertial.angular + dt * (gyroscopic.angular - touch.angular),
        inertial.linear + dt * (gyroscopic.linear - touch.linear),
    )
    driven = dt * actuation.torques(drive, dynamics.split(new)[1])
    return dynamics.generalized_force(frame, impulse) - jnp.pad(driven.reshape(-1), (6, 0))


class Solution(NamedTuple):
    """Where Newton's method ended: next to the root, with the factor of the slope (`lu`, `pivots`) one iteration
    earlier, and how many it took."""

    velocity: Float[Array, "N"]
    lu: Float[Array, "N N"]
    pivots: Int[Array, "N"]
    iterations: Int[Array, ""]


def implicit_velocity(start: Start) -> Float[Array, "N"]:
    """Generalized velocity at the end of the step, where the residual vanishes."""
    return _polish(start, checkpoint_name(iterate(lax.stop_gradient(start)), "solution"))


def iterate(start: Start) -> Solution:
    """Newton's method from the velocity at the start of the step; not differentiable in reverse.

    It ends with an iteration that changes no velocity by more than the root of the precision: as the error is squared
    in each, what is left after it is rounding.
    """
    size = len(start.velocity)
    inertia = dynamics.assemble(start.frame, dynamics.spatial_inertia(start.humanoid, start.frame))
    tolerance = jnp.finfo(inertia.dtype).eps ** 0.5
    none = jnp.asarray(jnp.inf, inertia.dtype)

    weight = 1.0 / jnp.diagonal(inertia)

    def goes_on(carry: tuple[Solution, Array, Array]) -> Array:
        solution, change, _ = carry
        return (change > tolerance) & (solution.iterations < MAX_ITERATIONS)

    def improve(carry: tuple[Solution, Array, Array]) -> tuple[Solution, Array, Array]:
        (at, _, _, count), _, error_before = carry
        missing = residual(start, at)
        error = jnp.dot(weight, missing * missing)
        tangent = jnp.where((count > 0) & (error < error_before), 1.0, 0.0)
        factor = lax.linalg.lu(inertia + resistance_matrix(start, at, tangent))
        direction = -jax.scipy.linalg.lu_solve(factor[:2], missing)
        # Friction makes the slope unsymmetric, so that Newton's direction may lead uphill: then nothing moves, and the
        # next iteration is viscous.
        downhill = jnp.dot(direction, missing) < 0
        direction = jnp.where(downhill, _line_search(start, inertia, at, missing, direction), 0.0) * direction
        change = jnp.where(downhill | (error == 0), jnp.max(jnp.abs(direction)), jnp.inf)
        error = jnp.where(downhill, error, 0.0)
        return Solution(at + direction, *factor[:2], count + 1), change, error

    first = Solution(start.velocity, jnp.zeros_like(inertia), jnp.zeros(size, jnp.int32), jnp.asarray(0))
    return lax.while_loop(goes_on, improve, (first, none, none))[0]


def _line_search(
    start: Start,
    inertia: Float[Array, "N N"],
    at: Float[Array, "N"],
    missing: Float[Array, "N"],
    direction: Float[Array, "N"],
) -> Float[Array, ""]:
    """How far to go, at most all of `direction`: about to where the residual has no part along it any more.

    Contacts and joints move linearly along the direction, so that only their laws are evaluated, by regula falsi
    in the manner of Illinois.
    """
    _, frame, _, _, drive, contact, _, dt = start

    def moves(velocity: Float[Array, "N"]) -> tuple[Array, Array]:
        linear, angular = dynamics.split(velocity)
        return contacts.point_velocity(contact, dynamics.body_motion(frame, linear, angular)), angular

    (point, angular), (point_change, angular_change) = moves(at), moves(direction)

    def power(length: Array) -> Array:
        force = contacts.forces(contact, point + length * point_change, dt)
        torque = actuation.torques(drive, angular + length * angular_change)
        return -dt * (jnp.sum(force * point_change) + jnp.sum(torque * angular_change[1:]))

    begin, inertial = jnp.dot(direction, missing), jnp.dot(direction, inertia @ direction)
    here = power(jnp.zeros_like(dt))

    def slope(length: Array) -> Array:
        return begin + length * inertial + power(length) - here

    def overshoots(carry: tuple[Array, ...]) -> Array:
        _, value, _, _, _, _, count = carry
        return (jnp.abs(value) > 0.05 * jnp.abs(begin)) & (count < LINE_SEARCH_ITERATIONS)

    def narrow(carry: tuple[Array, ...]) -> tuple[Array, ...]:
        length, value, low, low_value, high, high_value, count = carry
        beyond = value > 0
        # The value at the end that stays is halved, lest it stays for ever.
        high_value = jnp.where(beyond, value, 0.5 * high_value)
        low_value = jnp.where(beyond, 0.5 * low_value, value)
        low, high = jnp.where(beyond, low, length), jnp.where(beyond, length, high)
        length = low + (high - low) * low_value / (low_value - high_value)
        return length, slope(length), low, low_value, high, high_value, count + 1

    whole = jnp.ones_like(dt)
    end = slope(whole)
    # Short of the zero, or uphill from the start, the whole way is taken.
    value = jnp.where((end > 0) & (begin < 0), end, 0.0)
    return lax.while_loop(overshoots, narrow, (whole, value, 0 * whole, begin, whole, value, jnp.asarray(0)))[0]


@jax.custom_jvp
def _polish(start: Start, solution: Solution) -> Float[Array, "N"]:
    # Second derivatives through a scan differentiate this body, not the rule below, so it must have a slope of its own.
    at = solution.velocity
    return at - _newton_step(start, solution, at, residual(start, at))


@_polish.defjvp
def _polish_jvp(primals, tangents):
    start, solution = primals
    new = checkpoint_name(_polish(start, solution), "velocity")
    missing = jax.jvp(lambda s: residual(s, new), (start,), (tangents[0],))[1]
    return new, -_newton_step(start, solution, new, missing)


def _newton_step(
    start: Start, solution: Solution, at: Float[Array, "N"], missing: Float[Array, "N"]
) -> Float[Array, "N"]:
    """H^-1 times the missing impulse, differentiable through the residual's slope at `at` instead of the factor."""
    factor = (solution.lu, solution.pivots)
    return lax.custom_linear_solve(
        lambda v: jax.jvp(lambda u: residual(start, u), (at,), (v,))[1],
        missing,
        lambda _, right: jax.scipy.linalg.lu_solve(factor, right),
        lambda _, right: jax.scipy.linalg.lu_solve(factor, right, trans=1),
    )


def step_matrix(start: Start, at: Float[Array, "N"]) -> Float[Array, "N N"]:
    """H, the slope of the residual: the mass matrix and dt times the resistance of contacts and joints."""
    inertia = dynamics.assemble(start.frame, dynamics.spatial_inertia(start.humanoid, start.frame))
    return inertia + resistance_matrix(start, at)


def resistance_matrix(start: Start, at: Float[Array, "N"], tangent: Scalar = 1.0) -> Float[Array, "N N"]:
    """What contacts and joints add to the slope of the residual; with `tangent` zero, were they viscous."""
    _, frame, _, _, drive, contact, _, dt = start
    linear, angular = dynamics.split(at)
    velocity = contacts.point_velocity(contact, dynamics.body_motion(frame, linear, angular))
    point_resistance = contacts.resistance(contact, velocity, dt, tangent)
    matrix = dynamics.assemble(frame, dt * contacts.spatial_resistance(contact, point_resistance))
    joints = len(drive.limit)
    block = dt * actuation.resistance(drive, angular, tangent)
    spread = block[:, :, None, :] * jnp.eye(joints, dtype=block.dtype)[:, None, :, None]
    return matrix.at[6:, 6:].add(spread.reshape(3 * joints, 3 * joints))


def advance(
    position: Float[Array, "3"], rotation: Float[Array, "B 4"], velocity: Float[Array, "N"], dt: float
) -> tuple[Float[Array, "3"], Float[Array, "B 4"]]:
    """Root position and rotations after moving for `dt` seconds with a constant generalized velocity."""
    linear, angular = dynamics.split(velocity)
    turned = rotations.multiply(rotation, rotations.exp(dt * angular))
    return position + dt * linear, rotations.normalize(turned)
