"""Time integration: one implicit Euler step of the velocity, then of the position.

The step solves `M (u' - u) + dt (bias - drive(u') - contact(u')) = 0` for the velocity u' at its end. Its residual is
an inverse dynamics, cheap, and its slope is not: so one matrix serves several steps, each of which corrects it (see
`find_root`). Laws saturate, torques at their limits, friction at the cone, the ground at nothing, and a step with the
slope from afar would leap from one side of such a law to the other: taken as viscous, as iteratively reweighted least
squares does, they are followed safely. The search along a direction is borrowed from the convex solver of Castro,
Permenter and Han (2022); here friction grows with the load, the problem is not convex, and convergence is measured, not
guaranteed.

Derivatives never see the iterations: by the implicit function theorem they are one solve with the exact slope at the
root against the derivative of the residual.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jax.ad_checkpoint import checkpoint_name
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir
from jaxtyping import Array, Bool, Float, Int

from diffphy import rotations
from diffphy.body.humanoid import Humanoid
from diffphy.physics import actuation, dynamics
from diffphy.physics import contact as contacts
from diffphy.physics.actuation import Drive
from diffphy.physics.contact import Contact, Scalar
from diffphy.physics.dynamics import Frames, Spatial

SAVED = "velocity"  # name of the intermediate that is worth keeping for the backward pass
STEPS = 10  # of a stage; five to eleven are usual in all, 60 the most in recorded acrobatics
MAX_STAGES = 40
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


@jax.jit  # traced once for its many uses
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
    """Next to the root: a generalized velocity, m/s and rad/s; how many `stages`, each with a matrix of its own, and
    `evaluations` of the residual it took; whether it `converged`."""

    velocity: Float[Array, "N"]
    stages: Int[Array, ""]
    evaluations: Int[Array, ""]
    converged: Bool[Array, ""]


# A primitive of its own, because JAX inlines a `custom_jvp` in a scan that is differentiated, and with its rule second
# derivatives would be lost. Of its arguments, the leaves of `Start`, each batch has some mapped over their first axis.
_implicit_velocity = Primitive("implicit_velocity")


def implicit_velocity(start: Start) -> Float[Array, "N"]:
    """Generalized velocity at the end of the step, m/s and rad/s, where the residual vanishes.

    Differentiable to any order, in forward and reverse mode.
    """
    leaves, tree = jax.tree.flatten(start)
    place = len(jax.tree.leaves(start[: Start._fields.index("velocity")]))
    return _implicit_velocity.bind(*leaves, tree=tree, place=place, batches=())


def _batched(function: Callable, batches: Sequence[tuple]) -> Callable:
    for axes in batches:
        function = jax.vmap(function, in_axes=axes)
    return function


@partial(jax.jit, static_argnames=("tree", "place", "batches"))
def _solution(*leaves: Array, tree: Any, place: int, batches: Sequence[tuple]) -> Array:
    del place
    return _batched(lambda *leaves: find_root(jax.tree.unflatten(tree, leaves)).velocity, batches)(*leaves)


def _batch(leaves, axes, *, tree, place, batches):
    size = next(leaf.shape[axis] for leaf, axis in zip(leaves, axes, strict=True) if axis is not None)
    leaves = [leaf if axis is None else jnp.moveaxis(leaf, axis, 0) for leaf, axis in zip(leaves, axes, strict=True)]
    mapped = [None if axis is None else 0 for axis in axes]
    if mapped[place] is None:  # the result has the shape of this argument
        leaves[place], mapped[place] = jnp.broadcast_to(leaves[place], (size, *leaves[place].shape)), 0
    return _implicit_velocity.bind(*leaves, tree=tree, place=place, batches=(*batches, tuple(mapped))), 0


def _differentiate(leaves, tangents, *, tree, place, batches):
    del place

    def rule(leaves, tangents):
        start = jax.tree.unflatten(tree, leaves)
        new = checkpoint_name(implicit_velocity(start), SAVED)
        missing = jax.jvp(lambda *leaves: residual(jax.tree.unflatten(tree, leaves), new), leaves, tangents)[1]
        lu, pivots, _ = lax.linalg.lu(slope(*lax.stop_gradient((start, new))))
        change = lax.custom_linear_solve(  # differentiable again, through the matrix's product instead of its factor
            lambda v: jax.jvp(lambda u: residual(start, u), (new,), (v,))[1],
            missing,
            lambda _, right: jax.scipy.linalg.lu_solve((lu, pivots), right),
            lambda _, right: jax.scipy.linalg.lu_solve((lu, pivots), right, trans=1),
        )
        return new, -change

    return _batched(rule, [(axes, axes) for axes in batches])(tuple(leaves), tuple(map(ad.instantiate_zeros, tangents)))


_implicit_velocity.def_impl(_solution)
_implicit_velocity.def_abstract_eval(lambda *leaves, tree, place, batches: leaves[place])
batching.primitive_batchers[_implicit_velocity] = _batch
ad.primitive_jvps[_implicit_velocity] = _differentiate
mlir.register_lowering(_implicit_velocity, mlir.lower_fun(_solution, multiple_results=False))


class _Stage(NamedTuple):
    """`velocity`: after the last step, whose greatest component is `size`. `steps`: all steps of the stage, and
    `duals`: each over its square, followed by zeros. `first`, `merit`: r V^-1 r, J, of the residual r where the stage
    began and before the last step. `best`, `least`: the velocity where it was least, and what it was there."""

    velocity: Float[Array, "N"]
    size: Float[Array, ""]
    steps: Float[Array, "S N"]
    duals: Float[Array, "S N"]
    taken: Int[Array, ""]
    first: Float[Array, ""]
    merit: Float[Array, ""]
    best: Float[Array, "N"]
    least: Float[Array, ""]


@jax.jit
def find_root(start: Start) -> Solution:
    """Broyden's method from the velocity at the start of the step, in stages; not differentiable in reverse.

    A stage factors one symmetric positive definite matrix V in place of the residual's slope, and corrects it by
    rank-one terms from its own steps (Broyden's good update, as products: Kelley, "Iterative Methods for Linear and
    Nonlinear Equations", 1995, section 7.3). One that does not reach the root is followed by another from its best
    point, which first goes along its direction no farther than where the residual vanishes. V takes drive and friction
    as viscous in one stage, so that no step leaps over their kinks, and with their slopes in the next.
    """
    inertia = dynamics.spatial_inertia(start.humanoid, start.frame)
    dtype = start.velocity.dtype
    tolerance = 10.0 * jnp.finfo(dtype).eps ** 0.75  # of the last step, m/s and rad/s; the error it leaves is far less
    none, infinite = jnp.zeros((STEPS, *start.velocity.shape), dtype), jnp.asarray(jnp.inf, dtype)

    def search(last: Solution) -> Solution:
        matrix = symmetric_slope(start, inertia, last.velocity, (last.stages % 2).astype(dtype))
        factor = lax.linalg.cholesky(matrix, symmetrize_input=False), True

        def correction(at: Float[Array, "N"]) -> tuple[Float[Array, "N"], Float[Array, ""]]:
            missing = residual(start, at)
            direction = -jax.scipy.linalg.cho_solve(factor, missing)
            return direction, -jnp.dot(missing, direction)

        def ahead(at: Float[Array, "N"]) -> Float[Array, "N"]:
            direction, decrease = correction(at)
            return at + _line_search(start, at, direction, decrease) * direction

        def goes_on(stage: _Stage) -> Array:
            return (stage.size > tolerance) & (stage.merit <= stage.first) & (stage.taken < STEPS)

        def improve(stage: _Stage) -> _Stage:
            at, count = stage.velocity, stage.taken
            step, merit = correction(at)
            for after, dual in zip(stage.steps[1:], stage.duals[:-1], strict=True):
                step = step + after * jnp.dot(dual, step)
            step = step / (1.0 - jnp.dot(stage.duals[count - 1], step))
            better = ~(merit >= stage.least)
            return _Stage(
                at + step,
                jnp.max(jnp.abs(step)),
                stage.steps.at[count].set(step),
                stage.duals.at[count].set(step / jnp.dot(step, step)),
                count + 1,
                jnp.where(count == 0, merit, stage.first),
                merit,
                jnp.where(better, at, stage.best),
                jnp.where(better, merit, stage.least),
            )

        begin = lax.cond(last.stages > 0, ahead, lambda at: at, last.velocity)
        count = jnp.asarray(0)
        stage = _Stage(begin, infinite, none, none, count, infinite, infinite, begin, infinite)
        stage = lax.while_loop(goes_on, improve, stage)
        # What is no number where the first stage begins has no root; later on, a step was too long. A stage that begins
        # with no number, because rounding has left V indefinite, has found nothing.
        hopeless = (last.stages == 0) & (stage.taken == 1)
        converged = ~(stage.size > tolerance) & (hopeless | (stage.merit < infinite))
        best = jnp.where(stage.least < infinite, stage.best, last.velocity)
        evaluations = last.evaluations + stage.taken + (last.stages > 0)
        return Solution(jnp.where(converged, stage.velocity, best), last.stages + 1, evaluations, converged)

    def unfinished(last: Solution) -> Array:
        return ~last.converged & (last.stages < MAX_STAGES)

    zero = jnp.asarray(0)
    return lax.while_loop(unfinished, search, Solution(start.velocity, zero, zero, jnp.asarray(False)))


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
    start: Start, at: Float[Array, "N"], direction: Float[Array, "N"], decrease: Float[Array, ""]
) -> Float[Array, ""]:
    """How far to go, at most all of `direction`: about to where the residual has no part along it any more. At the
    start that part is -`decrease`, J.

    Contacts and joints move linearly along the direction, so that only their laws are evaluated. Regula falsi, with the
    value at the end that stays halved every time, which draws the next point towards that end.
    """
    drive, contact, dt = start.drive, start.contact, start.dt
    change = dynamics.body_motion(start.frame, *dynamics.split(direction))
    momentum = dynamics.momentum(start.humanoid, start.frame, change)
    inertial = jnp.sum(change.angular * momentum.angular) + jnp.sum(change.linear * momentum.linear)
    point, point_change = _point_velocity(start, at), contacts.point_velocity(contact, change)
    angular, angular_change = dynamics.split(at)[1], dynamics.split(direction)[1]

    def work(length: Array) -> Array:
        force = contacts.forces(contact, point + length * point_change, dt)
        torque = actuation.torques(drive, angular + length * angular_change)
        return -dt * (jnp.sum(force * point_change) + jnp.sum(torque * angular_change[1:]))

    begin, here = -decrease, work(jnp.zeros_like(dt))

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
    value = jnp.where(end > 0, end, 0.0)  # where it has not changed its sign there is nothing to search for
    first = _Bracket(whole, value, jnp.zeros_like(dt), begin, whole, value, jnp.asarray(0))
    return lax.while_loop(overshoots, narrow, first).length


def slope(start: Start, at: Float[Array, "N"]) -> Float[Array, "N N"]:
    """Derivative of the residual by the velocity at the end of the step."""
    contact, dt = start.contact, start.dt
    inertia = dynamics.spatial_inertia(start.humanoid, start.frame)
    resistance = contacts.spatial_resistance(contact, contacts.resistance(contact, _point_velocity(start, at), dt))
    joints = dt * actuation.resistance(start.drive, dynamics.split(at)[1])
    return dynamics.assemble(start.frame, inertia + dt * resistance) + _at_joints(joints)


def symmetric_slope(
    start: Start, inertia: Float[Array, "B 6 6"], at: Float[Array, "N"], saturation: Scalar
) -> Float[Array, "N N"]:
    """Symmetric positive definite matrix near the residual's slope, from the bodies' spatial inertias.

    Without `saturation` (0) it takes drive and friction as viscous; with it (1) it only lacks that friction grows with
    the load. Above the blocks of the diagonal nothing is filled in.
    """
    contact, dt = start.contact, start.dt
    velocity = _point_velocity(start, at)
    resistance = contacts.symmetric_resistance(contact, velocity, dt, saturation)
    joints = dt * actuation.resistance(start.drive, dynamics.split(at)[1], saturation)
    bodies = inertia + dt * contacts.spatial_resistance(contact, resistance)
    return dynamics.assemble_below(start.frame, bodies) + _at_joints(joints)


def _at_joints(block: Float[Array, "J 3 3"]) -> Float[Array, "N N"]:
    """Matrix with these blocks on the joints' part of its diagonal."""
    joints = len(block)
    spread = block[:, :, None, :] * jnp.eye(joints, dtype=block.dtype)[:, None, :, None]
    return jnp.pad(spread.reshape(3 * joints, 3 * joints), (6, 0))


def _point_velocity(start: Start, velocity: Float[Array, "N"]) -> Float[Array, "K 3"]:
    return contacts.point_velocity(start.contact, dynamics.body_motion(start.frame, *dynamics.split(velocity)))


def advance(
    position: Float[Array, "3"], rotation: Float[Array, "B 4"], velocity: Float[Array, "N"], dt: float
) -> tuple[Float[Array, "3"], Float[Array, "B 4"]]:
    """Root position and rotations after moving for `dt` seconds with a constant generalized velocity."""
    linear, angular = dynamics.split(velocity)
    turned = rotations.multiply(rotation, rotations.exp(dt * angular))
    return position + dt * linear, rotations.normalize(turned)
