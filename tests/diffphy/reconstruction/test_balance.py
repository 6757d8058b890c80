"""The zero moment point and the area of support, on motions where both are known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from diffphy.body.humanoid import Humanoid
from diffphy.physics import kinematics, scene
from diffphy.physics.kinematics import Pose
from diffphy.reconstruction.balance import imbalance
from tests.diffphy.motions import identity_rotations, on_the_ground

FRAMES, RATE, G = 9, 25.0, 9.81


def moved(humanoid: Humanoid, way: np.ndarray, lean: float = 0.0) -> Pose:
    """A body that stands on the ground and moves as a whole by `way` (F, 3), feet included, without turning."""
    state = on_the_ground(humanoid, identity_rotations(humanoid))
    rotation = np.tile(np.asarray(state.rotation), (FRAMES, 1, 1))
    position = np.asarray(state.position) + way + lean * np.eye(3)[0]
    each = jax.vmap(kinematics.forward_kinematics, (None, 0, 0))
    return each(humanoid, jnp.asarray(position), jnp.asarray(rotation))


def beyond(humanoid: Humanoid, pose: Pose) -> np.ndarray:
    """Distance of the zero moment point from the area of support, m."""
    return np.sqrt(np.asarray(imbalance(humanoid, scene.ground(), pose, RATE)))


def steady(along: int, acceleration: float) -> np.ndarray:
    time = np.arange(FRAMES)[:, None] / RATE
    return acceleration * time**2 / 2 * np.eye(3)[along]


def reach(humanoid: Humanoid, within: float) -> tuple[float, float]:
    """How far the points near the ground reach behind and ahead of the standing body's centre of mass, m."""
    pose = jax.tree.map(lambda each: each[0], moved(humanoid, np.zeros((FRAMES, 3))))
    points = np.asarray(kinematics.contact_points(humanoid, pose))
    low = points[points[:, 2] - humanoid.contact_radius < within, 0]
    center = float(kinematics.center_of_mass(humanoid, pose)[0])
    return center - low.min(), low.max() - center


def test_a_body_at_rest_stands(humanoid: Humanoid) -> None:
    with jax.enable_x64(True):
        np.testing.assert_array_equal(beyond(humanoid, moved(humanoid, np.zeros((FRAMES, 3)))), 0.0)


@pytest.mark.parametrize("acceleration", [-4.0, 4.0])
def test_a_push_moves_the_point_by_the_height_of_the_body(humanoid: Humanoid, acceleration: float) -> None:
    """A rigid body is pushed along x: the point lies `height * acceleration / g` behind its centre of mass."""
    with jax.enable_x64(True):
        pose = moved(humanoid, steady(0, acceleration))
        height = float(kinematics.center_of_mass(humanoid, jax.tree.map(lambda each: each[0], pose))[2])
        found = beyond(humanoid, pose)
        least, most = (reach(humanoid, within)[acceleration < 0] for within in (0.001, 0.03))
    np.testing.assert_allclose(found, found[0], atol=1e-6)
    assert abs(acceleration) / G * height - most - 0.02 < found[0] < abs(acceleration) / G * height - least + 0.01


def test_a_falling_body_is_held_by_nothing(humanoid: Humanoid) -> None:
    """In the air, or nearly in the air, the point does not count."""
    with jax.enable_x64(True):
        falling = steady(2, -G) + steady(0, 3.0)
        np.testing.assert_allclose(beyond(humanoid, moved(humanoid, falling)), 0.0, atol=1e-6)


def test_feet_that_are_lifted_carry_nothing(humanoid: Humanoid) -> None:
    """At 1 cm above the ground they reach 1 cm less far, at 10 cm nowhere."""
    with jax.enable_x64(True):
        pushed = steady(0, 4.0)
        on, near, high = (
            beyond(humanoid, moved(humanoid, pushed + up * np.eye(3)[2])).mean() for up in (0.0, 0.01, 0.1)
        )
    assert near - on == pytest.approx(0.01, abs=0.006)
    assert high - on > 0.5


def test_a_box_carries_what_lies_over_it(humanoid: Humanoid) -> None:
    """The standing body at rest, on a box and beside the box."""
    with jax.enable_x64(True):
        raised = moved(humanoid, np.tile([0.0, 0.0, 0.3], (FRAMES, 1)))
        on_box = scene.ground().with_box((0.0, 0.0, 0.15), (0.5, 0.5, 0.15), (1.0, 0.0, 0.0, 0.0))
        np.testing.assert_array_equal(np.asarray(imbalance(humanoid, on_box, raised, RATE)), 0.0)
        assert (beyond(humanoid, raised) > 0.5).all()


def test_its_gradient_is_that_of_the_value(humanoid: Humanoid) -> None:
    rng = np.random.default_rng(0)
    with jax.enable_x64(True):
        pose = moved(humanoid, steady(0, 4.0) + 0.002 * rng.normal(size=(FRAMES, 3)))
        direction = jnp.asarray(rng.normal(size=pose.position.shape))

        def value(step: float | jax.Array) -> jax.Array:
            there = pose._replace(position=pose.position + step * direction)
            return jnp.sum(imbalance(humanoid, scene.ground(), there, RATE))

        numerical = (value(1e-6) - value(-1e-6)) / 2e-6
        assert float(jax.grad(value)(0.0)) == pytest.approx(float(numerical), rel=1e-6)
        assert float(jax.jvp(value, (0.0,), (1.0,))[1]) == pytest.approx(float(numerical), rel=1e-6)
