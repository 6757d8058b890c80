"""A window as a sum of squares along time: a linear model of its motion and a quadratic one of its loss, by frames.

The loss is half a sum of squared residuals. Each residual depends on one frame or on two adjacent ones: on poses, on
torques, on contact forces, or on the control. So the gradient of the loss and its Gauss-Newton Hessian are sums over
frames. Methods such as the Riccati recursion then solve for all frames in a time that is linear in their number (Li and
Todorov, "Iterative linear quadratic regulator design for nonlinear biological movement systems", 2004).

The state x is the change of the configuration and of the generalized velocity, S numbers in the order of
`state_change`. The input u is the change of the control's offsets at the end of a frame, U = 3 J numbers, rad. The
targets move from one offset to the next during a frame, so a frame depends on z = (x before, u before, u).
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.compiled import compiled
from diffphy.physics import dynamics, simulate
from diffphy.physics.contact_jacobians import contact_sum_jacobians
from diffphy.physics.linearised_step import step_derivatives
from diffphy.physics.simulate import State, targets_of_steps
from diffphy.reconstruction import losses
from diffphy.reconstruction.frame_residuals import (
    Rows,
    residuals_of_contact,
    residuals_of_control,
    residuals_of_poses,
    residuals_of_torques,
)
from diffphy.reconstruction.problem import ReconstructionProblem
from diffphy.reconstruction.simulated_window import SimulatedWindow


class FrameModels(NamedTuple):
    """A linear model of F frames and a quadratic model of the loss, about a simulated window.

    z has Z = S + 2 U numbers.

    Attributes:
        transition: The state at the end of each frame by z.
        gradient: What each frame adds to the gradient of the loss.
        hessian: What each frame adds to the Gauss-Newton Hessian of the loss.
    """

    transition: Float[Array, "F S Z"]
    gradient: Float[Array, "F Z"]
    hessian: Float[Array, "F Z Z"]


@compiled
def linearise_window(problem: ReconstructionProblem, window: SimulatedWindow) -> FrameModels:
    """Return the frame models of a window. The gradient is exact at this window."""
    humanoid, scene, rate = problem.humanoid, problem.scene, problem.physics.control_rate
    motion = losses.simulated_motion(humanoid, scene, rate, window.state, window.effort, window.offset)
    contact = residuals_of_contact(problem, motion)
    drives = _drives(problem, window.offset)
    follow = partial(_follow_frame, problem)
    changes = lax.map(lambda each: follow(*each), (window.before, window.velocity, *drives, contact.jacobian))
    rows = (
        residuals_of_poses(problem, motion),
        residuals_of_control(problem, motion),
        residuals_of_torques(problem, motion),
        contact.residual,
    )
    gradient, hessian = lax.map(lambda each: _model_frame(*each), (changes, *rows))
    return FrameModels(changes.state, gradient, hessian)


class _Changes(NamedTuple):
    """How the end of a frame changes with z: the state, the mean torques, and sums of the mean contact forces."""

    state: Float[Array, "*F S Z"]
    torque: Float[Array, "*F U Z"]
    contact: Float[Array, "*F R Z"]


def _drives(
    problem: ReconstructionProblem, offset: Float[Array, "F J 3"]
) -> tuple[Float[Array, "F n J 4"], Float[Array, "F n J 3 3"], Float[Array, "F n J 3 3"]]:
    """Return the targets of all steps, and how they turn with the offset before the frame and with that of the frame.

    The control before the first frame is fixed.
    """
    substeps, control = problem.physics.substeps, problem.control(offset)
    turn = rotations.right_jacobian(offset)
    turn_before = jnp.concatenate([jnp.zeros_like(turn[:1]), turn[:-1]])

    def targets(before: Float[Array, "J 4"], new: Float[Array, "J 4"]):
        at = targets_of_steps(substeps, before, new)

        def turned(change: Float[Array, "3"], change_before: Float[Array, "3"]) -> Float[Array, "n J 3"]:
            ends = (
                rotations.multiply(end, rotations.exp(each)[None])
                for end, each in zip((before, new), (change_before, change), strict=True)
            )
            return rotations.difference(at, targets_of_steps(substeps, *ends))

        zero = jnp.zeros(3, at.dtype)
        by_new, by_before = jax.jacfwd(turned, (0, 1))(zero, zero)
        return at, by_before, by_new

    at, by_before, by_new = jax.vmap(targets)(control[:-1], control[1:])
    return at, by_before @ turn_before[:, None], by_new @ turn[:, None]


def _follow_frame(
    problem: ReconstructionProblem,
    before: State,
    velocity: Float[Array, "n N"],
    targets: Float[Array, "n J 4"],
    by_last: Float[Array, "n J 3 3"],
    by_input: Float[Array, "n J 3 3"],
    contact_weight: Float[Array, "R C 3"],
) -> _Changes:
    """Return how the end of a frame changes, from the derivatives of its steps one after another.

    Args:
        problem: The window's problem.
        before: The states before the n steps.
        velocity: The generalized velocities at their ends.
        targets: Their targets.
        by_last: How the targets turn with the input before the frame.
        by_input: How they turn with the input of the frame.
        contact_weight: The sums of contact forces that count.
    """
    humanoid, scene, physics = problem.humanoid, problem.scene, problem.physics
    size, steps, inputs = velocity.shape[-1], len(velocity), targets[0, :, 1:].size
    states = 2 * size

    def follow(changes: _Changes, step):
        state, new, target, by_last, by_input = step
        start = simulate.see_step(humanoid, scene, physics, state, target)
        found = step_derivatives(start, scene, state, target, new)
        by_target = found.velocity[:, states:].reshape(size, -1, 3)
        turned = [jnp.einsum("njk,jkl->njl", by_target, each).reshape(size, -1) for each in (by_last, by_input)]
        speed = found.velocity[:, :states] @ changes.state
        speed = speed + jnp.concatenate([jnp.zeros((size, states), speed.dtype), *turned], axis=1)
        place = _on_rows(found.kept, changes.state[:size]) + _on_rows(found.moved, speed)
        torque = _on_rows(found.torque.rotation, changes.state[6:size]) + _on_rows(found.torque.velocity, speed[6:])
        driven = [dynamics.on_diagonal(found.torque.target @ each) for each in (by_last, by_input)]
        torque = torque + jnp.concatenate([jnp.zeros((inputs, states), speed.dtype), *driven], axis=1)
        contact = changes.contact
        if len(contact_weight):
            by_place, by_speed = contact_sum_jacobians(start, scene, state.position, new, contact_weight)
            contact = contact + (by_place @ changes.state[:size] + by_speed @ speed) / steps
        return _Changes(jnp.concatenate([place, speed]), changes.torque + torque / steps, contact), None

    width = states + 2 * inputs
    none = [jnp.zeros((rows, width), velocity.dtype) for rows in (inputs, len(contact_weight))]
    unchanged = _Changes(jnp.eye(states, width, dtype=velocity.dtype), *none)
    return lax.scan(follow, unchanged, (before, velocity, targets, by_last, by_input))[0]


def _model_frame(
    changes: _Changes, poses: Rows, control: Rows, torques: Rows, contact: Float[Array, "R"]
) -> tuple[Float[Array, "Z"], Float[Array, "Z Z"]]:
    """Return the gradient and the Hessian that the residuals of a frame add to the loss.

    Args:
        changes: How the end of the frame changes with z.
        poses: Residuals by the changes of the configurations before the frame and at its end.
        control: Residuals by the inputs before the frame and of the frame.
        torques: Residuals by the mean torques.
        contact: The residuals of which `changes.contact` are the changes.
    """
    states = len(changes.state)
    size = states // 2
    place = changes.state[:size]
    square, slope = poses.jacobian.T @ poses.jacobian, poses.jacobian.T @ poses.residual
    across = square[:size, size:] @ place
    hessian = place.T @ square[size:, size:] @ place
    hessian = hessian.at[:size].add(across).at[:, :size].add(across.T).at[:size, :size].add(square[:size, :size])
    gradient = (place.T @ slope[size:]).at[:size].add(slope[:size])
    hessian = hessian.at[states:, states:].add(control.jacobian.T @ control.jacobian)
    gradient = gradient.at[states:].add(control.jacobian.T @ control.residual)
    rows = jnp.concatenate([torques.jacobian @ changes.torque, changes.contact])
    return gradient + rows.T @ jnp.concatenate([torques.residual, contact]), hessian + rows.T @ rows


def _on_rows(blocks: Float[Array, "P 3 3"], matrix: Float[Array, "N Z"]) -> Float[Array, "N Z"]:
    """Return the product with the matrix that has these blocks on its diagonal."""
    return (blocks @ matrix.reshape(len(blocks), 3, -1)).reshape(matrix.shape)
