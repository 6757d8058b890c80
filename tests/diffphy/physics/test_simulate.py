"""The stages of a step, each called alone, and how `step` and `rollout` put them together."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from diffphy import rotations
from diffphy.body.humanoid import Humanoid
from diffphy.physics import scene as scenes
from diffphy.physics.actuation import pd_drive
from diffphy.physics.contact import detect_contact
from diffphy.physics.implicit_derivative import solve_velocity
from diffphy.physics.implicit_step import StepStart, residual, residual_force
from diffphy.physics.kinematics import center_of_mass, forward_kinematics
from diffphy.physics.simulate import (
    Effort,
    Physics,
    State,
    locate_bodies,
    measure_effort,
    move,
    rollout,
    start_of_step,
    step,
)
from tests.diffphy.motions import on_the_ground
from tests.diffphy.simulators import random_state

pytestmark = pytest.mark.usefixtures("float64")

PHYSICS = Physics()


@pytest.fixture
def state(lopsided: Humanoid) -> State:
    """A body in any pose, with a centimetre of it in the ground, that moves."""
    drawn = random_state(lopsided, np.random.default_rng(5))
    resting = on_the_ground(lopsided, drawn.rotation)
    velocity, angular = jnp.asarray(drawn.velocity[:3]), jnp.asarray(drawn.velocity[3:].reshape(20, 3))
    return State(resting.position - jnp.array([0.0, 0.0, 0.01]), resting.rotation, 0.3 * velocity, 0.3 * angular)


def begin(humanoid: Humanoid, state: State, target: jax.Array) -> StepStart:
    """The stages before the solver."""
    frame, motion = locate_bodies(humanoid, state)
    drive = pd_drive(humanoid, state.rotation, target, PHYSICS.dt)
    contact = detect_contact(humanoid, scenes.ground(), frame, state.position)
    return start_of_step(humanoid, PHYSICS, state, frame, motion, drive, contact)


def test_bodies_are_located_where_forward_kinematics_has_them_and_move_as_it_does(
    lopsided: Humanoid, state: State
) -> None:
    frame, motion = jax.jit(locate_bodies)(lopsided, state)
    pose = forward_kinematics(lopsided, state.position, state.rotation)
    assert_allclose(frame.joint + state.position[None], pose.position, atol=1e-12)
    assert_allclose(frame.matrix, rotations.to_matrix(pose.rotation), atol=1e-12)
    h = 1e-6
    velocity = jnp.concatenate([state.velocity, state.angular_velocity.reshape(-1)])
    ahead, behind = (
        forward_kinematics(lopsided, moved.position, moved.rotation).position
        for moved in (move(state, sign * velocity, h) for sign in (1.0, -1.0))
    )
    assert_allclose(motion.at(frame.joint), (ahead - behind) / (2 * h), atol=1e-6)


def test_the_start_of_a_step_has_the_type_of_the_state(lopsided: Humanoid, state: State) -> None:
    body = lopsided.astype(jnp.float32)
    begun = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float32), state)
    start = begin(body, begun, begun.rotation[1:])
    assert start.velocity.dtype == start.gravity.dtype == start.dt.dtype == jnp.float32
    assert float(start.dt) == pytest.approx(1 / 120)
    assert_allclose(start.gravity, [0.0, 0.0, -9.81], rtol=1e-6)


def test_a_step_is_its_stages(lopsided: Humanoid, state: State) -> None:
    @jax.jit
    def stages(target: jax.Array) -> tuple[State, Effort, jax.Array]:
        start = begin(lopsided, state, target)
        velocity, converged = solve_velocity(start)
        end = move(state, velocity, PHYSICS.dt)
        return end, measure_effort(start, end), converged

    target = rotations.multiply(state.rotation[1:], rotations.exp(jnp.full((19, 3), 0.1)))
    end, effort, converged = stages(target)
    whole = jax.jit(step)(lopsided, scenes.ground(), PHYSICS, state, target)
    assert bool(converged)
    jax.tree.map(lambda a, b: assert_allclose(a, b, rtol=1e-9, atol=1e-7), whole, (end, effort))


def test_the_effort_explains_how_the_whole_body_moves(lopsided: Humanoid, state: State) -> None:
    """Contact and weight change the momentum; the residual force is what they leave, for any velocity at the end."""
    start = begin(lopsided, state, state.rotation[1:])
    solved, _ = jax.jit(solve_velocity)(start)
    mass = float(lopsided.mass.sum())

    def momentum(velocity: jax.Array) -> np.ndarray:
        """Derivative of the centre of mass times the mass, N s."""

        def center(share: jax.Array) -> jax.Array:
            moved = move(state, velocity, share)
            return center_of_mass(lopsided, forward_kinematics(lopsided, moved.position, moved.rotation))

        return mass * np.asarray(jax.jacfwd(center)(jnp.zeros(())))

    other = solved + 0.01
    for velocity, expected in ((solved, 0.0), (other, float(jnp.linalg.norm(residual(start, other)[:3]) * 120))):
        effort = jax.jit(measure_effort)(start, move(state, velocity, PHYSICS.dt))
        assert float(effort.residual_force) == pytest.approx(expected, abs=1e-6 * 9.81 * mass, rel=1e-9)
    assert expected > 10.0
    force = np.asarray(jax.jit(measure_effort)(start, move(state, solved, PHYSICS.dt)).contact_force).sum(axis=0)
    assert force[2] > 0.0
    change = momentum(solved) - momentum(start.velocity)
    # The centre of mass also accelerates while joints turn at constant rates: a term of the order of dt.
    gyration = mass * np.asarray(turning(lopsided, state, start.velocity))
    assert_allclose(
        change + PHYSICS.dt * gyration, PHYSICS.dt * (force + np.array([0.0, 0.0, -9.81 * mass])), atol=1e-6
    )


def turning(humanoid: Humanoid, state: State, velocity: jax.Array) -> jax.Array:
    """Acceleration of the centre of mass at a constant generalized velocity, m/s^2."""

    def center(time: jax.Array) -> jax.Array:
        moved = move(state, velocity, time)
        return center_of_mass(humanoid, forward_kinematics(humanoid, moved.position, moved.rotation))

    return jax.jacfwd(jax.jacfwd(center))(jnp.zeros(()))


def test_the_residual_force_has_no_derivative(lopsided: Humanoid, state: State) -> None:
    start = begin(lopsided, state, state.rotation[1:])
    other = start.velocity + 0.1
    assert float(residual_force(start, other)) > 1.0
    assert_array_equal(jax.grad(lambda velocity: residual_force(start, velocity))(other), 0.0)


def test_a_rollout_is_its_steps(humanoid: Humanoid) -> None:
    """The targets of the steps divide each control frame's turn; the effort is the mean over the frame's steps."""
    start = on_the_ground(humanoid, np.tile([1.0, 0.0, 0.0, 0.0], (20, 1)))
    turn = jnp.linspace(0.0, 0.3, 3)[:, None, None] * jnp.ones((1, 19, 3))
    states, effort = jax.jit(rollout)(humanoid, scenes.ground(), PHYSICS, start, rotations.exp(turn))
    one, state = jax.jit(step), start
    for frame in range(2):
        torques = []
        for substep in range(1, 5):
            target = rotations.exp(turn[frame] + substep / 4 * (turn[frame + 1] - turn[frame]))
            state, acted = one(humanoid, scenes.ground(), PHYSICS, state, target)
            torques.append(acted.torque)
        assert_allclose(states.position[frame], state.position, atol=1e-9)
        assert_allclose(states.angular_velocity[frame], state.angular_velocity, atol=1e-6)
        assert_allclose(effort.torque[frame], np.mean(torques, axis=0), atol=1e-5)
