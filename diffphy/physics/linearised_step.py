"""How the state at the end of a step and its torques change with the start and with the targets.

Changes of a state are those of the configuration, m and rad, then of the generalized velocity: S = 2 N numbers. The
configuration changes as `step_jacobians` describes. Changes of the targets turn each in its own axes, rad.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.body.humanoid import Humanoid
from diffphy.physics import dynamics, simulate
from diffphy.physics.implicit_derivative import solve_velocity
from diffphy.physics.implicit_step import StepStart, jacobian
from diffphy.physics.scene import Scene
from diffphy.physics.simulate import Effort, Physics, State
from diffphy.physics.step_jacobians import TorqueJacobians, residual_jacobians, torque_jacobians


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
        moved=start.dt * jnp.concatenate([identity, rotations.right_jacobian(turn)]),
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
    places = dynamics.on_diagonal(found.moved) @ found.velocity
    places = places.at[:, :size].add(dynamics.on_diagonal(found.kept))
    every = jnp.concatenate([places, found.velocity])
    return LinearisedStep(end, simulate.measure_effort(start, end), every[:, : 2 * size], every[:, 2 * size :])
