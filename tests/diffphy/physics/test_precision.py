"""One simulation, however it is run: in single precision, in a batch, again."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose

from diffphy import rotations
from diffphy.body.humanoid import Humanoid
from diffphy.physics import scene as scenes
from diffphy.physics.simulate import Effort, Physics, State, rollout, step
from tests.diffphy.motions import compiled_rollout, identity_rotations, joint_positions, on_the_ground

FRAMES = 10
BATCH = 3


def squats(humanoid: Humanoid) -> tuple[State, np.ndarray]:
    """Standing, and batches of controls (BATCH, FRAMES + 1, 19, 4) that bend the joints by up to 0.3 rad."""
    start = on_the_ground(humanoid, identity_rotations(humanoid))
    bend = np.random.default_rng(0).uniform(-0.3, 0.3, (BATCH, 1, 19, 3))
    course = np.sin(np.linspace(0.0, np.pi, FRAMES + 1))[None, :, None, None]
    return start, np.asarray(rotations.exp(jnp.asarray(bend * course)))


def in_type(dtype, humanoid: Humanoid) -> tuple[State, Effort, np.ndarray]:
    """States, efforts and joint positions of the first squat in a floating-point type."""
    start, control = squats(humanoid)
    body, ground = humanoid.astype(dtype), scenes.ground().astype(dtype)
    start = jax.tree.map(lambda leaf: leaf.astype(dtype), start)
    states, effort = compiled_rollout(body, ground, Physics(), start, jnp.asarray(control[0], dtype))
    assert {leaf.dtype for leaf in jax.tree.leaves((states, effort))} == {jnp.dtype(dtype)}
    return states, effort, np.asarray(joint_positions(body, states))


@pytest.mark.usefixtures("float64")
def test_single_precision_is_close_to_double(humanoid: Humanoid) -> None:
    double = in_type(jnp.float64, humanoid)
    with jax.enable_x64(False):
        single = in_type(jnp.float32, humanoid)
    assert_allclose(single[2], double[2], atol=1e-4)
    weight = 9.81 * float(humanoid.mass.sum())
    assert_allclose(single[1].contact_force, double[1].contact_force, atol=0.01 * weight)
    assert_allclose(single[1].torque, double[1].torque, atol=0.5)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("differentiate", [jax.jacfwd, jax.jacrev])
def test_derivatives_of_steady_sliding_are_the_same_in_both_precisions(block: Humanoid, differentiate) -> None:
    """What slides at a steady speed is solved by the first iteration, whose matrix is not yet the Jacobian."""
    angle = np.arctan(0.5)
    normal = np.array([np.sin(angle), 0.0, np.cos(angle)])
    downhill = np.array([np.cos(angle), 0.0, -np.sin(angle)])
    rotation = np.array([[np.cos(angle / 2), 0.0, np.sin(angle / 2), 0.0]])

    def moves(dtype, state: State) -> State:
        scene = scenes.empty(0.5).with_plane(normal, np.zeros(3)).astype(dtype)
        return step(block.astype(dtype), scene, Physics(), state, jnp.zeros((0, 4), dtype))[0]

    start = State(*map(jnp.asarray, (0.049 * normal, rotation, downhill, np.zeros((1, 3)))))
    steady = jax.lax.fori_loop(0, 240, lambda _, state: moves(jnp.float64, state), start)
    assert_allclose(steady.velocity, jnp.dot(steady.velocity, downhill) * downhill, atol=1e-6)
    assert float(jnp.dot(steady.velocity, downhill)) > 0.5

    def jacobian(dtype) -> np.ndarray:
        state = jax.tree.map(lambda leaf: leaf.astype(dtype), steady)
        at = differentiate(lambda velocity: moves(dtype, state._replace(velocity=velocity)).velocity)
        return np.asarray(jax.jit(at)(state.velocity))

    single, double = jacobian(jnp.float32), jacobian(jnp.float64)
    assert_allclose(single, double, atol=2e-3)


def test_a_batch_is_its_members_and_a_repetition_is_identical(humanoid: Humanoid) -> None:
    start, control = squats(humanoid)
    body, ground = humanoid.astype(jnp.float32), scenes.ground().astype(jnp.float32)
    batched = jax.jit(jax.vmap(lambda c: rollout(body, ground, Physics(), start, c)))(jnp.asarray(control))
    for member in range(BATCH):
        alone = compiled_rollout(body, ground, Physics(), start, jnp.asarray(control[member]))
        assert_allclose(batched[0].position[member], alone[0].position, atol=1e-4)
        assert_allclose(batched[0].rotation[member], alone[0].rotation, atol=1e-3)
        again = compiled_rollout(body, ground, Physics(), start, jnp.asarray(control[member]))
        for once, twice in zip(jax.tree.leaves(alone), jax.tree.leaves(again), strict=True):
            np.testing.assert_array_equal(once, twice)


def test_a_program_with_optimizations_computes_the_same(humanoid: Humanoid) -> None:
    """Users run such programs. All other tests compile without optimizations (tests/conftest.py)."""
    start, control = squats(humanoid)
    body, ground = humanoid.astype(jnp.float32), scenes.ground().astype(jnp.float32)
    given = (body, ground, Physics(), start, jnp.asarray(control[0]))
    with_them = {"xla_backend_optimization_level": 3, "xla_llvm_disable_expensive_passes": False}
    optimized = jax.jit(rollout, compiler_options=with_them)(*given)
    plain = compiled_rollout(*given)
    assert_allclose(optimized[0].position, plain[0].position, atol=1e-4)
    assert_allclose(optimized[0].rotation, plain[0].rotation, atol=1e-3)
    assert not all(map(np.array_equal, jax.tree.leaves(optimized), jax.tree.leaves(plain)))  # it is another program
