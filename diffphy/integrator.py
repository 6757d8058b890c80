"""Time integration: one implicit Euler step of the velocity, then of the position.

The step solves `M (u' - u) + dt (bias - drive(u') - contact(u')) = 0` for the velocity u' at its end. Laws saturate:
torques at their limits, friction at the cone, the ground at nothing, and Newton's method from afar would leap from one
side of such a law to the other. So the first iteration, and any after one that made things worse, takes drive and
friction as viscous (as iteratively reweighted least squares does); the others go along Newton's direction no farther
than where the residual along it vanishes. That search is borrowed from the convex solver of Castro, Permenter and Han
(2022); here friction grows with the load, the problem is not convex, and convergence is measured, not guaranteed.

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
MAX_ITERATIONS = 40  # four are usual, nine the most in recorded acrobatics, 30 in random limbs thrown at the ground
LINE_SEARCH_ITERATIONS = 10  # enough to find the kink of friction, 1e-3 of a fast slip


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
    """Impulse, N s and N m s, that is missing for the bodies to have the generalized velocity `new`, m/s and rad/s, at
    the end of the step. Its slope is H, the mass matrix and dt times the resistance of contacts and joints."""
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
    """Next to the root: a generalized velocity, m/s and rad/s, the LU factor of the residual's slope there (`lu`,
    `pivots`), and the iterations it took."""

    velocity: Float[Array, "N"]
    lu: Float[Array, "N N"]
    pivots: Int[Array, "N"]
    iterations: Int[Array, ""]


def implicit_velocity(start: Start) -> Float[Array, "N"]:
    """Generalized velocity at the end of the step, m/s and rad/s, where the residual vanishes."""
    return _polish(start, checkpoint_name(iterate(lax.stop_gradient(start)), "solution"))


class _Iteration(NamedTuple):
    """`merit`: squared residual before this iteration, over the inertias, J; 0 if the next one has to be viscous.
    `change`: greatest change of a velocity by the whole direction, m/s or rad/s."""

    velocity: Float[Array, "N"]
    merit: Float[Array, ""]
    change: Float[Array, ""]
    iterations: Int[Array, ""]


def iterate(start: Start) -> Solution:
    """Newton's method from the velocity at the start of the step; not differentiable in reverse.

    It ends near the root, and leaves to the caller the last, full step of Newton's method with the factor there, which
    squares the error that is left. After MAX_ITERATIONS it ends where it is.
    """
    inertia = dynamics.joint_space_inertia(start.humanoid, start.frame)
    # Friction bends over 1 cm/s, so a Newton step turns an error e into about 100 e^2: what the last iteration leaves
    # is rounding once the caller has made its step.
    tolerance = 0.05 * jnp.finfo(inertia.dtype).eps ** 0.25
    inverse_mass = 1.0 / jnp.diagonal(inertia)  # makes impulses in N s and N m s comparable
    infinite = jnp.asarray(jnp.inf, inertia.dtype)

    def factor(velocity: Float[Array, "N"], tangent: Scalar) -> tuple[Array, Array]:
        lu, pivots, _ = lax.linalg.lu(inertia + resistance_matrix(start, velocity, tangent))
        return lu, pivots

    def goes_on(last: _Iteration) -> Array:
        return (last.change > tolerance) & (last.iterations < MAX_ITERATIONS)

    def improve(last: _Iteration) -> _Iteration:
        missing = residual(start, last.velocity)
        merit = jnp.dot(inverse_mass, missing * missing)
        tangent = jnp.where((last.iterations > 0) & (merit < last.merit), 1.0, 0.0)
        direction = -jax.scipy.linalg.lu_solve(factor(last.velocity, tangent), missing)
        # Friction makes the slope unsymmetric, so that Newton's direction may lead uphill. Then nothing moves, and the
        # next iteration is viscous; where even the viscous direction leads uphill, all that is left is rounding.
        uphill = jnp.dot(direction, missing) > 0
        length = _line_search(start, inertia, last.velocity, missing, direction)
        velocity = jnp.where(uphill, last.velocity, last.velocity + length * direction)
        change = jnp.where(uphill & (tangent > 0), jnp.inf, jnp.max(jnp.abs(direction)))
        return _Iteration(velocity, jnp.where(uphill, 0.0, merit), change, last.iterations + 1)

    last = lax.while_loop(goes_on, improve, _Iteration(start.velocity, infinite, infinite, jnp.asarray(0)))
    return Solution(last.velocity, *factor(last.velocity, 1.0), last.iterations)


class _Bracket(NamedTuple):
    """A length between two, as shares of the direction, and the residual along it at each; `tries` so far."""

    length: Float[Array, ""]
    value: Float[Array, ""]
    low: Float[Array, ""]
    low_value: Float[Array, ""]
    high: Float[Array, ""]
    high_value: Float[Array, ""]
    tries: Int[Array, ""]


def _line_search(
    start: Start,
    inertia: Float[Array, "N N"],
    at: Float[Array, "N"],
    missing: Float[Array, "N"],
    direction: Float[Array, "N"],
) -> Float[Array, ""]:
    """How far to go, at most all of `direction`: about to where the residual has no part along it any more.

    Contacts and joints move linearly along the direction, so that only their laws are evaluated. Regula falsi, with the
    value at the end that stays halved every time, which draws the next point towards that end.
    """
    drive, contact, dt = start.drive, start.contact, start.dt
    point, point_change = _point_velocity(start, at), _point_velocity(start, direction)
    angular, angular_change = dynamics.split(at)[1], dynamics.split(direction)[1]

    def work(length: Array) -> Array:
        force = contacts.forces(contact, point + length * point_change, dt)
        torque = actuation.torques(drive, angular + length * angular_change)
        return -dt * (jnp.sum(force * point_change) + jnp.sum(torque * angular_change[1:]))

    begin, inertial = jnp.dot(direction, missing), jnp.dot(direction, inertia @ direction)
    here = work(jnp.zeros_like(dt))

    def along(length: Array) -> Array:
        return begin + length * inertial + work(length) - here

    def overshoots(bracket: _Bracket) -> Array:
        # A twentieth is as good as none: the next iteration sees the rest.
        return (jnp.abs(bracket.value) > 0.05 * jnp.abs(begin)) & (bracket.tries < LINE_SEARCH_ITERATIONS)

    def narrow(bracket: _Bracket) -> _Bracket:
        length, value, low, low_value, high, high_value, tries = bracket
        beyond = value > 0
        high_value = jnp.where(beyond, value, 0.5 * high_value)
        low_value = jnp.where(beyond, 0.5 * low_value, value)
        low, high = jnp.where(beyond, low, length), jnp.where(beyond, length, high)
        length = low + (high - low) * low_value / (low_value - high_value)
        return _Bracket(length, along(length), low, low_value, high, high_value, tries + 1)

    whole = jnp.ones_like(dt)
    end = along(whole)
    # Where it has not changed its sign there is nothing to search for; uphill the caller does not move at all.
    value = jnp.where((end > 0) & (begin < 0), end, 0.0)
    first = _Bracket(whole, value, jnp.zeros_like(dt), begin, whole, value, jnp.asarray(0))
    return lax.while_loop(overshoots, narrow, first).length


@jax.custom_jvp
def _polish(start: Start, solution: Solution) -> Float[Array, "N"]:
    # The last step of Newton's method. Second derivatives through a scan differentiate this body once, for the inner
    # derivative takes the rule below; a third would need more than one step that is differentiated.
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


def resistance_matrix(start: Start, at: Float[Array, "N"], tangent: Scalar = 1.0) -> Float[Array, "N N"]:
    """What contacts and joints add to the mass matrix in the slope of the residual; with `tangent` zero, were drive and
    friction viscous."""
    drive, contact, dt = start.drive, start.contact, start.dt
    point_resistance = contacts.resistance(contact, _point_velocity(start, at), dt, tangent)
    matrix = dynamics.assemble(start.frame, dt * contacts.spatial_resistance(contact, point_resistance))
    joints = len(drive.limit)
    block = dt * actuation.resistance(drive, dynamics.split(at)[1], tangent)
    spread = block[:, :, None, :] * jnp.eye(joints, dtype=block.dtype)[:, None, :, None]
    return matrix.at[6:, 6:].add(spread.reshape(3 * joints, 3 * joints))


def _point_velocity(start: Start, velocity: Float[Array, "N"]) -> Float[Array, "K 3"]:
    return contacts.point_velocity(start.contact, dynamics.body_motion(start.frame, *dynamics.split(velocity)))


def advance(
    position: Float[Array, "3"], rotation: Float[Array, "B 4"], velocity: Float[Array, "N"], dt: float
) -> tuple[Float[Array, "3"], Float[Array, "B 4"]]:
    """Root position and rotations after moving for `dt` seconds with a constant generalized velocity."""
    linear, angular = dynamics.split(velocity)
    turned = rotations.multiply(rotation, rotations.exp(dt * angular))
    return position + dt * linear, rotations.normalize(turned)
