"""The dynamics, stage by stage, against MuJoCo and TinyDiffSim: relative errors at most 1e-8 in double precision."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from diffphy import rotations
from diffphy.body.humanoid import Humanoid
from diffphy.physics import dynamics
from diffphy.physics.kinematics import ancestors, center_of_mass, forward_kinematics
from tests.diffphy.simulators import MuJoCo, RandomState, TinyDiffSim, random_state, relative_error

TOLERANCE = 1e-8
STATES = 5

pytestmark = pytest.mark.usefixtures("float64")


def joint_positions(humanoid: Humanoid, state: RandomState) -> jax.Array:
    return forward_kinematics(humanoid, jnp.asarray(state.position), jnp.asarray(state.rotation)).position


def body_matrices(humanoid: Humanoid, state: RandomState) -> jax.Array:
    pose = forward_kinematics(humanoid, jnp.asarray(state.position), jnp.asarray(state.rotation))
    return rotations.to_matrix(pose.rotation)


def whole_center_of_mass(humanoid: Humanoid, state: RandomState) -> jax.Array:
    pose = forward_kinematics(humanoid, jnp.asarray(state.position), jnp.asarray(state.rotation))
    return center_of_mass(humanoid, pose)


def mass_matrix(humanoid: Humanoid, state: RandomState) -> jax.Array:
    return dynamics.mass_matrix(humanoid, jnp.asarray(state.rotation))


def bias_forces(humanoid: Humanoid, state: RandomState) -> jax.Array:
    return dynamics.bias_forces(humanoid, jnp.asarray(state.rotation), jnp.asarray(state.velocity))


def acceleration(humanoid: Humanoid, state: RandomState) -> jax.Array:
    rotation, velocity, force = map(jnp.asarray, (state.rotation, state.velocity, state.force))
    return dynamics.forward_dynamics(humanoid, rotation, velocity, force)


def largest_error(ours: Callable, theirs: Callable, humanoid: Humanoid) -> float:
    """Over random states; printed, for `pytest -rP` to show."""
    rng = np.random.default_rng(0)
    states = [random_state(humanoid, rng) for _ in range(STATES)]
    compiled = jax.jit(lambda *state: ours(humanoid, RandomState(*state)))
    error = max(relative_error(compiled(*state), theirs(state)) for state in states)
    print(f"largest relative error: {error:.1e}")
    return error


MUJOCO_STAGES = {
    "joint_positions": joint_positions,
    "body_matrices": body_matrices,
    "center_of_mass": whole_center_of_mass,
    "mass_matrix": mass_matrix,
    "bias_forces": bias_forces,
    "acceleration": acceleration,
}
TINY_STAGES = {"joint_positions": joint_positions, "mass_matrix": mass_matrix, "acceleration": acceleration}


@pytest.mark.parametrize("stage", MUJOCO_STAGES)
def test_agrees_with_mujoco(lopsided: Humanoid, stage: str) -> None:
    theirs = getattr(MuJoCo(lopsided), stage)
    assert largest_error(MUJOCO_STAGES[stage], theirs, lopsided) < TOLERANCE


@pytest.mark.parametrize("stage", TINY_STAGES)
def test_agrees_with_tinydiffsim(humanoid: Humanoid, stage: str, tmp_path) -> None:
    theirs = getattr(TinyDiffSim(humanoid, tmp_path), stage)
    assert largest_error(TINY_STAGES[stage], theirs, humanoid) < TOLERANCE


@jax.jit
def kinetic_energies(humanoid: Humanoid, rotation: jax.Array, velocity: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Twice the kinetic energy, J: summed over the bodies, and from the mass matrix."""
    frame = dynamics.frames(humanoid, rotation)
    motion = dynamics.body_motion(frame, *dynamics.split(velocity))
    momentum = dynamics.momentum(humanoid, frame, motion)
    by_body = jnp.sum(motion.angular * momentum.angular) + jnp.sum(motion.linear * momentum.linear)
    return by_body, velocity @ dynamics.mass_matrix(humanoid, rotation) @ velocity


def test_mass_matrix_is_the_kinetic_energy(lopsided: Humanoid) -> None:
    state = random_state(lopsided, np.random.default_rng(1))
    by_body, by_matrix = kinetic_energies(lopsided, jnp.asarray(state.rotation), jnp.asarray(state.velocity))
    assert float(by_matrix) == pytest.approx(float(by_body), rel=1e-12)


@jax.jit
def powers(
    humanoid: Humanoid, rotation: jax.Array, velocity: jax.Array, force: dynamics.Spatial
) -> tuple[jax.Array, jax.Array]:
    """Power of forces on the bodies, W: by the bodies' motion, and by the joints'."""
    frame = dynamics.frames(humanoid, rotation)
    motion = dynamics.body_motion(frame, *dynamics.split(velocity))
    by_body = jnp.sum(force.angular * motion.angular) + jnp.sum(force.linear * motion.linear)
    return by_body, dynamics.generalized_force(frame, force) @ velocity


def test_generalized_force_is_the_transpose_of_body_motion(lopsided: Humanoid) -> None:
    rng = np.random.default_rng(2)
    force = dynamics.Spatial(*jnp.asarray(rng.normal(size=(2, lopsided.bodies, 3))))
    state = random_state(lopsided, rng)
    by_body, by_joint = powers(lopsided, jnp.asarray(state.rotation), jnp.asarray(state.velocity), force)
    assert float(by_joint) == pytest.approx(float(by_body), rel=1e-12)


def test_ancestors_are_the_chain_to_the_root(humanoid: Humanoid) -> None:
    hand = humanoid.body("left_hand")
    chain = {humanoid.body_names[body] for body in np.flatnonzero(ancestors(humanoid.parents)[hand])}
    arm = {"left_shoulder_girdle", "left_upper_arm", "left_forearm", "left_hand"}
    assert chain == {"pelvis", "abdomen", "thorax", *arm}


def test_matrices_on_the_bodies_are_assembled_as_the_jacobian_says_symmetric_or_not(lopsided: Humanoid) -> None:
    rng = np.random.default_rng(6)
    state, bodies = random_state(lopsided, rng), jnp.asarray(rng.normal(size=(20, 6, 6)))

    @jax.jit
    def evaluate():
        frame = dynamics.frames(lopsided, jnp.asarray(state.rotation))
        motion = jax.jacfwd(lambda u: dynamics.body_motion(frame, *dynamics.split(u)))(jnp.asarray(state.velocity))
        return dynamics.assemble(frame, bodies), jnp.concatenate(motion, axis=1)

    ours, jacobian = evaluate()
    expected = sum(jacobian[body].T @ bodies[body] @ jacobian[body] for body in range(20))
    np.testing.assert_allclose(ours, expected, atol=1e-9)
