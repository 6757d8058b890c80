"""The implicit step: its matrix, its solution, and what it amounts to in free flight."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal, assert_array_less

from diffphy.body.humanoid import Humanoid
from diffphy.physics import broyden, dynamics, implicit_step, simulate
from diffphy.physics import contact as contacts
from diffphy.physics import scene as scenes
from diffphy.physics.actuation import Drive, pd_drive, torques
from diffphy.physics.compliant_contact_law import CompliantContact
from diffphy.physics.implicit_derivative import solve_velocity
from diffphy.physics.kinematics import contact_points, forward_kinematics
from diffphy.physics.simulate import Physics, State
from diffphy.rotations import exp, multiply, to_matrix
from tests.diffphy.simulators import random_state

pytestmark = pytest.mark.usefixtures("float64")

DT = 1 / 120


def drawn(humanoid: Humanoid, seed: int) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Rotation, velocity and position of the root, at random, with some bodies 1 cm in the ground."""
    state = random_state(humanoid, np.random.default_rng(seed))
    root = jnp.array([0.0, 0.0, -0.01 - lowest_points(humanoid, state.rotation[None])[0]])
    return jnp.asarray(state.rotation), jnp.asarray(state.velocity), root


def start_of_step(
    humanoid: Humanoid, scene: scenes.Scene, rotation: jax.Array, velocity: jax.Array, root: jax.Array
) -> implicit_step.StepStart:
    """A step from a state, with all joints driven."""
    linear, angular = dynamics.split(velocity)
    frame = dynamics.frames(humanoid, rotation)
    motion = dynamics.body_motion(frame, linear, angular)
    target = multiply(rotation[1:], exp(jnp.full((19, 3), 0.1)))
    drive = pd_drive(humanoid, rotation, target, DT)
    contact = contacts.detect_contact(humanoid, scene, frame, root)
    law = CompliantContact().law_for(jnp.sum(humanoid.mass))
    gravity, dt = jnp.asarray(dynamics.GRAVITY), jnp.asarray(DT)
    return implicit_step.StepStart(humanoid, frame, motion, velocity, drive, contact, law, gravity, dt)


def lowest_points(humanoid: Humanoid, rotation: np.ndarray) -> jax.Array:
    """Height of the lowest contact sphere's surface over the root for each of these poses."""

    def lowest(rotation):
        centers = contact_points(humanoid, forward_kinematics(humanoid, jnp.zeros(3), rotation))
        return jnp.min(centers[:, 2] - humanoid.contact_radius)

    return jax.vmap(lowest)(jnp.asarray(rotation))


@jax.jit
def step_and_jacobians(humanoid: Humanoid, rotation: jax.Array, velocity: jax.Array, root: jax.Array):
    """The Jacobian of the residual at the solution of a step, by automatic differentiation and in closed form; the
    residual there and at the start; the solution; symmetric matrices near the Jacobian."""
    start = start_of_step(humanoid, scenes.ground(), rotation, velocity, root)
    new, _ = solve_velocity(start)
    derivative = jax.jacfwd(lambda new: implicit_step.residual(start, new))(new)
    matrix, left = implicit_step.jacobian(start, new), implicit_step.residual(start, new)
    inertia = dynamics.spatial_inertia(humanoid, start.frame)
    symmetric = [implicit_step.symmetric_jacobian(start, inertia, start.velocity, share) for share in (0.0, 1.0)]
    solution = implicit_step.find_root(start)
    return derivative, matrix, left, implicit_step.residual(start, start.velocity), solution, symmetric


@pytest.mark.parametrize("seed", [2, 3, 6])
def test_the_jacobian_is_that_of_the_residual_which_the_step_solves(lopsided: Humanoid, seed: int) -> None:
    derivative, matrix, left, first, solution, symmetric = step_and_jacobians(lopsided, *drawn(lopsided, seed))
    for approximate in symmetric:
        assert (np.linalg.eigvalsh(approximate, UPLO="L") > 0).all()
    assert_allclose(matrix, derivative, atol=1e-9 * np.abs(derivative).max())
    assert np.abs(matrix - matrix.T).max() > 1e-3 * np.abs(derivative).max(), (
        "no sliding contact: the test shows too little"
    )
    assert np.abs(left).max() < 1e-9 * np.abs(first).max()
    assert solution.converged
    assert int(solution.evaluations) <= 30


@jax.jit
@partial(jax.vmap, in_axes=(None, 0, 0, 0))
def impact(humanoid: Humanoid, rotation: jax.Array, velocity: jax.Array, root: jax.Array):
    """What is left of the residual, contact forces, joint torques and the solution of a step onto the ground."""
    start = start_of_step(humanoid, scenes.ground(), rotation, velocity, root)
    new, converged = solve_velocity(start)
    linear, angular = dynamics.split(new)
    points = contacts.point_velocity(start.contact, dynamics.body_motion(start.frame, linear, angular))
    force = start.law.forces(start.contact, points, DT)
    left, torque = implicit_step.residual(start, new), torques(start.drive, angular)
    return left, force, torque, implicit_step.find_root(start), converged


@pytest.mark.parametrize("speed", [0.3, 1.0])
def test_impacts_are_solved_within_the_laws(lopsided: Humanoid, speed: float) -> None:
    """Bodies that fly into the ground at random, joints at their limits: nothing pulls, slides or turns beyond law."""
    generator = np.random.default_rng(4)
    states = [random_state(lopsided, generator) for _ in range(40)]
    velocity = speed * np.stack([state.velocity for state in states])
    rotation = np.stack([state.rotation for state in states])
    root = np.zeros((40, 3))
    root[:, 2] = generator.uniform(-0.02, 0.0, 40) - lowest_points(lopsided, rotation)
    start = (jnp.asarray(rotation), jnp.asarray(velocity), jnp.asarray(root))
    left, force, torque, solution, converged = impact(lopsided, *start)
    assert np.abs(left).max() < 1e-8 * np.abs(velocity).max() * lopsided.mass.sum()
    assert solution.converged.all()
    assert converged.shape == (40,)
    assert converged.all()
    assert solution.stages.mean() < 4
    assert solution.evaluations.mean() < 30
    load, tangential = force[..., 2], np.linalg.norm(force[..., :2], axis=-1)
    assert load.max() > 1000.0
    assert (load >= 0.0).all()
    assert_array_less(tangential, float(scenes.ground().friction) * load * (1 + 1e-9) + 1e-9)
    assert (np.linalg.norm(torque, axis=-1) <= lopsided.torque_limit * (1 + 1e-9)).all()


def test_without_contact_and_control_the_step_is_forward_dynamics(lopsided: Humanoid) -> None:
    @jax.jit
    def evaluate(rotation, velocity, root):
        start = start_of_step(lopsided, scenes.empty(), rotation, velocity, root)
        start = start._replace(drive=Drive(jnp.zeros((19, 3)), jnp.zeros(19), jnp.ones(19)))
        acceleration = dynamics.forward_dynamics(lopsided, rotation, velocity, jnp.zeros(63))
        return solve_velocity(start)[0], velocity + DT * acceleration

    implicit, explicit = evaluate(*drawn(lopsided, 2))
    assert_allclose(implicit, explicit, rtol=1e-8, atol=1e-8)


def test_a_step_that_is_not_solved_leaves_a_residual_force(lopsided: Humanoid, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that goes on as it was, in the air, at rest, is held by as much as its weight."""
    monkeypatch.setattr(simulate, "solve_velocity", lambda start: (start.velocity, jnp.asarray(False)))
    rotation = jnp.asarray(random_state(lopsided, np.random.default_rng(2)).rotation)
    state = State(jnp.zeros(3), rotation, jnp.zeros(3), jnp.zeros((20, 3)))
    _, effort = simulate.step(lopsided, scenes.empty(), Physics(), state, rotation[1:])
    assert_allclose(effort.residual_force, 9.81 * float(lopsided.mass.sum()), rtol=1e-9)


@jax.jit
@partial(jax.vmap, in_axes=(None, None, 0, 0, 0))
def held_as_it_is(humanoid: Humanoid, scene: scenes.Scene, rotation: jax.Array, velocity: jax.Array, height: jax.Array):
    """The solution of a step with the joints' rotations as targets, in float32, and what force it leaves, N."""
    frame = dynamics.frames(humanoid, rotation)
    position = jnp.zeros(3, np.float32).at[2].set(height)
    start = implicit_step.StepStart(
        humanoid,
        frame,
        dynamics.body_motion(frame, *dynamics.split(velocity)),
        velocity,
        pd_drive(humanoid, rotation, rotation[1:], DT),
        contacts.detect_contact(humanoid, scene, frame, position),
        CompliantContact().law_for(jnp.sum(humanoid.mass)),
        jnp.asarray(dynamics.GRAVITY, np.float32),
        jnp.asarray(DT, np.float32),
    )
    solution = implicit_step.find_root(start)
    return solution, jnp.linalg.norm(implicit_step.residual(start, solution.root)[:3]) / DT


@pytest.mark.parametrize(("speed", "solved"), [(20.0, 30), (100.0, 0)])
def test_a_body_thrown_hard_stays_finite_in_single_precision(lopsided: Humanoid, speed: float, solved: int) -> None:
    """Limbs at any speed: what is called solved is; of 100 rad/s no more is asked than numbers."""
    generator = np.random.default_rng(1)
    rotation = np.stack([random_state(lopsided, generator).rotation for _ in range(60)])
    velocity = speed * generator.standard_normal((60, 63))
    height = -0.02 - np.asarray(lowest_points(lopsided, rotation))
    humanoid, ground = lopsided.astype(np.float32), scenes.ground().astype(np.float32)
    arguments = (jnp.asarray(argument, np.float32) for argument in (rotation, velocity, height))
    solution, force = held_as_it_is(humanoid, ground, *arguments)
    assert solution.root.dtype == np.float32
    assert np.isfinite(solution.root).all()
    weight, converged = 9.81 * float(lopsided.mass.sum()), np.asarray(solution.converged)
    assert converged.sum() >= solved
    assert np.max(np.asarray(force)[converged], initial=0.0) < 0.05 * weight


def test_positions_move_with_the_velocity(lopsided: Humanoid) -> None:
    state = random_state(lopsided, np.random.default_rng(3))
    still = State(jnp.asarray(state.position), jnp.asarray(state.rotation), jnp.zeros(3), jnp.zeros((20, 3)))
    moved = jax.jit(simulate.move, static_argnums=2)(still, jnp.asarray(state.velocity), DT)
    assert_allclose(moved.position, state.position + DT * state.velocity[:3])
    assert_array_equal(moved.velocity, state.velocity[:3])
    assert_array_equal(moved.angular_velocity, state.velocity[3:].reshape(20, 3))
    turn = to_matrix(exp(DT * state.velocity[3:].reshape(20, 3)))
    assert_allclose(to_matrix(moved.rotation), to_matrix(state.rotation) @ turn, atol=1e-12)


def test_the_solver_says_whether_it_has_converged(lopsided: Humanoid, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two steps of one stage are not enough; a batch says so for each of its members, and so does a derivative."""
    rotation, velocity, root = (jnp.stack([a, a]) for a in drawn(lopsided, 2))

    def solve(rotation: jax.Array, velocity: jax.Array, root: jax.Array) -> tuple[jax.Array, jax.Array]:
        start = start_of_step(lopsided, scenes.ground(), rotation, velocity, root)
        return solve_velocity(start)

    def solve_all(velocity: jax.Array) -> tuple[jax.Array, jax.Array]:
        return jax.vmap(solve)(rotation, velocity, root)

    slow = velocity.at[1].set(0.0)
    new, converged = jax.jit(solve_all)(slow)
    assert_array_equal(converged, [True, True])
    same, change, again = jax.jit(lambda v: jax.jvp(solve_all, (v,), (v,), has_aux=True))(slow)
    assert_allclose(same, new, rtol=1e-12)
    assert np.isfinite(change).all()
    assert_array_equal(again, [True, True])
    lost, solved = jax.jit(solve_all)(slow.at[1].set(np.nan))
    assert np.isnan(lost[1]).any()
    assert_array_equal(solved, [True, False])

    monkeypatch.setattr(broyden, "MAX_STAGES", 1)
    monkeypatch.setattr(broyden, "MAX_STEPS", 2)
    jax.clear_caches()
    try:
        assert_array_equal(jax.jit(solve_all)(slow)[1], [False, False])
    finally:
        jax.clear_caches()
