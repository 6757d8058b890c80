"""How the state at the end of a step, its torques and its contact forces change with the start and with the targets.

Changes of a state are those of the configuration, m and rad, then of the generalized velocity: S = 2 N numbers. The
configuration changes as `step_jacobians` describes. Changes of the targets turn each in its own axes, rad.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.body.humanoid import Humanoid
from diffphy.physics import dynamics, simulate
from diffphy.physics.contact import detect_contact, point_velocity
from diffphy.physics.implicit_derivative import solve_velocity
from diffphy.physics.implicit_step import StepStart, jacobian
from diffphy.physics.scene import Scene
from diffphy.physics.simulate import Effort, Physics, State
from diffphy.physics.step_jacobians import (
    TorqueJacobians,
    cross_matrix,
    on_diagonal,
    residual_jacobians,
    torque_jacobians,
)


class StepDerivatives(NamedTuple):
    """Derivatives of a step. Blocks of 3 x 3 stand for matrices that have them on their diagonal.

    Attributes:
        velocity: The generalized velocity at the end, by the state at the start and the targets.
        kept: The configuration at the end by that at the start: a block for the root's place and for each body.
        moved: The configuration at the end by the generalized velocity at the end, in such blocks.
        torque: The torques.
    """

    velocity: Float[Array, "N S+T"]
    kept: Float[Array, "P 3 3"]
    moved: Float[Array, "P 3 3"]
    torque: TorqueJacobians


def step_derivatives(
    start: StepStart, scene: Scene, state: State, target: Float[Array, "J 4"], new: Float[Array, "N"]
) -> StepDerivatives:
    """Return the derivatives of a step whose velocity at the end is known.

    Args:
        start: The step.
        scene: What the body can touch.
        state: The state at the start.
        target: The targets of the joints, wxyz.
        new: Generalized velocity at the end of the step, m/s and rad/s.
    """
    found = residual_jacobians(start, scene, state.position, state.rotation, target, new)
    # With so many columns, a product with the inverse is faster than a solution, and in float32 as exact. A target
    # acts on its own joint alone, so its columns need no whole product.
    back = -jnp.linalg.inv(jacobian(start, new))
    by_state = back @ jnp.concatenate([found.configuration, found.velocity], axis=1)
    by_target = jnp.einsum("njk,jkl->njl", back[:, 6:].reshape(len(new), -1, 3), found.target)
    # dp moves by dt dv, a rotation by what exp(dt w) makes of dw.
    turn, identity = start.dt * dynamics.split(new)[1], jnp.eye(3, dtype=new.dtype)[None]
    turned_back = jnp.swapaxes(rotations.to_matrix(rotations.exp(turn)), -1, -2)
    return StepDerivatives(
        velocity=jnp.concatenate([by_state, by_target.reshape(len(new), -1)], axis=1),
        kept=jnp.concatenate([identity, turned_back]),
        moved=start.dt * jnp.concatenate([identity, right_jacobian(turn)]),
        torque=torque_jacobians(start, state.rotation, target, new),
    )


class LinearisedStep(NamedTuple):
    """A step, and how the state at its end changes with the state at its start and with the targets.

    Attributes:
        end: The state at the end.
        effort: What acted.
        by_state: Change of the end for each change of the start.
        by_target: Change of the end for each change of the targets.
    """

    end: State
    effort: Effort
    by_state: Float[Array, "S S"]
    by_target: Float[Array, "S T"]


def linearise_step(
    humanoid: Humanoid, scene: Scene, physics: Physics, state: State, target: Float[Array, "J 4"]
) -> LinearisedStep:
    """Make one step, as `simulate.step` does, and return its derivatives.

    Args:
        humanoid: The body.
        scene: What it can touch.
        physics: Constants of the simulation.
        state: The state at the start of the step.
        target: Rotations to drive the joints to, wxyz.
    """
    start = simulate.see_step(humanoid, scene, physics, state, target)
    new, _ = solve_velocity(start)
    end = simulate.move(state, new, physics.dt)
    found = step_derivatives(start, scene, state, target, new)
    size = len(new)
    places = on_diagonal(found.moved) @ found.velocity
    places = places.at[:, :size].add(on_diagonal(found.kept))
    every = jnp.concatenate([places, found.velocity])
    return LinearisedStep(end, simulate.measure_effort(start, end), every[:, : 2 * size], every[:, 2 * size :])


def contact_jacobians(
    start: StepStart, scene: Scene, state: State, new: Float[Array, "N"], weight: Float[Array, "R C 3"]
) -> tuple[Float[Array, "R N"], Float[Array, "R N"]]:
    """Return the derivatives of weighted sums of the contact forces.

    Args:
        start: The step.
        scene: What the body can touch.
        state: The state at the start.
        new: Generalized velocity at the end of the step, m/s and rad/s.
        weight: Weight of each component of the force on each sphere, in each of R sums.

    Returns:
        The derivatives by the change of the configuration at the start, and by the velocity at the end.
    """
    humanoid, spheres = start.humanoid, len(start.humanoid.contact_body)

    def sums(change: Float[Array, "N"], velocity: Float[Array, "N"]) -> Float[Array, "R"]:
        shift, turn = dynamics.split(change)
        frame = dynamics.frames(humanoid, rotations.multiply(state.rotation, rotations.exp(turn)))
        contact = detect_contact(humanoid, scene, frame, state.position + shift)
        points = point_velocity(contact, dynamics.body_motion(frame, *dynamics.split(velocity)))
        force = start.law.forces(contact, points, start.dt).reshape(-1, spheres, 3).sum(axis=0)
        return weight.reshape(len(weight), -1) @ force.reshape(-1)

    return jax.jacrev(sums, (0, 1))(jnp.zeros_like(new), new)


def right_jacobian(vector: Float[Array, "*batch 3"]) -> Float[Array, "*batch 3 3"]:
    """Return J_r: how exp(vector) turns in its own axes when the vector changes (Sola et al., 2018, eq. 143)."""
    squared = jnp.sum(vector * vector, axis=-1)
    small = squared < 1e-4
    angle = jnp.sqrt(jnp.where(small, 1.0, squared))
    first = jnp.where(small, 0.5 - squared / 24.0, (1.0 - jnp.cos(angle)) / angle**2)[..., None, None]
    second = jnp.where(small, 1.0 / 6.0 - squared / 120.0, (angle - jnp.sin(angle)) / angle**3)[..., None, None]
    cross = cross_matrix(vector)
    return jnp.broadcast_to(jnp.eye(3, dtype=vector.dtype), cross.shape) - first * cross + second * cross @ cross
