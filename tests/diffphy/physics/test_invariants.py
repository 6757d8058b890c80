"""What a flying body keeps: momentum and energy, up to an error that shrinks with the step."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose

from diffphy import rotations
from diffphy.body.humanoid import Humanoid
from diffphy.physics import scene as scenes
from diffphy.physics.simulate import Physics, State
from tests.diffphy.motions import at_rest, conserved, hold, last
from tests.diffphy.simulators import random_state

pytestmark = pytest.mark.usefixtures("float64")

SECONDS = 0.5


@pytest.fixture(scope="session")
def limp(humanoid: Humanoid) -> Humanoid:
    """The person without any torque in the joints."""
    return replace(humanoid, kp=0 * humanoid.kp, kd=0 * humanoid.kd)


@pytest.fixture
def tumbling(humanoid: Humanoid) -> State:
    """In flight, spinning, all joints turning."""
    drawn = random_state(humanoid, np.random.default_rng(3))
    gentle = rotations.exp(0.3 * jnp.asarray(np.random.default_rng(4).normal(size=(20, 3))))
    return State(
        jnp.array([0.0, 0.0, 5.0]),
        gentle,
        jnp.array([1.0, -2.0, 3.0]),
        jnp.asarray(drawn.velocity[3:].reshape(20, 3) / 3),
    )


def drift(body: Humanoid, start: State, substeps: int, gravity: float) -> np.ndarray:
    """Relative error after the flight of linear momentum, angular momentum and energy."""
    physics = Physics(substeps=substeps, gravity=(0.0, 0.0, -gravity))
    end = last(hold(body, scenes.empty(), start, SECONDS, physics)[0])
    (center0, linear0, angular0, kinetic0), (center, linear, angular, kinetic) = (
        conserved(body, start),
        conserved(body, end),
    )
    mass = body.mass.sum()
    impulse = jnp.array([0.0, 0.0, -mass * gravity * SECONDS])
    work = mass * gravity * (center0[2] - center[2])
    return np.array(
        [
            jnp.linalg.norm(linear - linear0 - impulse) / jnp.linalg.norm(linear0),
            jnp.linalg.norm(angular - angular0) / jnp.linalg.norm(angular0),
            jnp.abs(kinetic - kinetic0 - work) / kinetic0,
        ]
    )


@pytest.mark.parametrize("gravity", [0.0, 9.81])
def test_momentum_and_energy_drift_shrinks_with_the_step(limp: Humanoid, tumbling: State, gravity: float) -> None:
    coarse, fine = (drift(limp, tumbling, substeps, gravity) for substeps in (16, 32))
    assert (fine < 0.02).all()
    assert_allclose(coarse / fine, 2.0, rtol=0.15)  # first order


def test_joint_torques_change_no_momentum(humanoid: Humanoid, tumbling: State) -> None:
    coarse, fine = (drift(humanoid, tumbling, substeps, gravity=9.81)[:2] for substeps in (16, 32))
    assert (fine < 0.02).all()
    assert (fine < 0.65 * coarse).all()


def test_the_center_of_mass_flies_a_parabola(limp: Humanoid, tumbling: State) -> None:
    physics = Physics(substeps=32)
    end = last(hold(limp, scenes.empty(), tumbling, SECONDS, physics)[0])
    start, linear, *_ = conserved(limp, tumbling)
    expected = start + linear / limp.mass.sum() * SECONDS - jnp.array([0.0, 0.0, 9.81 * SECONDS**2 / 2])
    assert_allclose(conserved(limp, end)[0], expected, atol=0.01)


def test_control_towards_a_fixed_pose_only_takes_energy(humanoid: Humanoid) -> None:
    # With a pelvis as heavy as a ship nothing turns as a whole, and all motion is the joints'.
    heavy = np.where(np.arange(20) == 0, 1e6, 1.0)
    anchored = replace(humanoid, mass=heavy * humanoid.mass, inertia=heavy[:, None, None] * humanoid.inertia)
    rng = np.random.default_rng(5)
    start = at_rest(np.asarray(rotations.exp(jnp.asarray(0.05 * rng.normal(size=(20, 3))))))
    start = start._replace(angular_velocity=jnp.asarray(rng.normal(size=(20, 3))).at[0].set(0.0))
    states, _ = hold(anchored, scenes.empty(), start, 1.0, Physics(gravity=(0.0, 0.0, 0.0)))
    kinetic = jax.vmap(lambda state: conserved(anchored, state)[3])(states)
    error = rotations.difference(states.rotation[:, 1:], start.rotation[None, 1:])
    stored = jnp.sum(anchored.kp[None, :, None] * error**2, axis=(1, 2)) / 2
    energy = np.concatenate([[float(conserved(anchored, start)[3])], kinetic + stored])
    assert (np.diff(energy) < 0).all()
    assert energy[-1] < 1e-3 * energy[0]


def test_weightless_at_its_targets_a_body_stays_as_it_is(humanoid: Humanoid, tumbling: State) -> None:
    start = at_rest(np.asarray(tumbling.rotation), (0.0, 0.0, 5.0))
    end = last(hold(humanoid, scenes.empty(), start, SECONDS, Physics(gravity=(0.0, 0.0, 0.0)))[0])
    assert_allclose(end.rotation, start.rotation, atol=1e-12)
    assert_allclose(end.position, start.position, atol=1e-12)
    assert_allclose(end.angular_velocity, 0.0, atol=1e-10)


def test_quaternions_stay_unit(limp: Humanoid, tumbling: State) -> None:
    end = last(hold(limp, scenes.empty(), tumbling, SECONDS)[0])
    assert_allclose(jnp.linalg.norm(end.rotation, axis=-1), 1.0, atol=1e-14)
