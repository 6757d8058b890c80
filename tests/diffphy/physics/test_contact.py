"""Contact and friction of a block, whose forces are known by hand."""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose

from diffphy.arrays import Scalar
from diffphy.body.humanoid import Humanoid
from diffphy.physics import scene as scenes
from diffphy.physics.compliant_contact_law import CompliantContact
from diffphy.physics.contact import Contact, ContactLaw, ContactModel
from diffphy.physics.simulate import Physics, rollout
from tests.diffphy.motions import at_rest, hold, identity_rotations, last

pytestmark = pytest.mark.usefixtures("float64")

GRAVITY = 9.81
WEIGHT = 10.0 * GRAVITY
HALF_HEIGHT = 0.05
MODEL = CompliantContact()
LAW = MODEL.law_for(10.0)
SMOOTHING = float(MODEL.smoothing)
# Four corners carry the weight, each by a spring whose onset is a softplus: the depth at which k s log(1 + exp(d / s))
# is a quarter of it.
SINK = SMOOTHING * np.log(np.expm1(GRAVITY / (4 * float(MODEL.stiffness_per_mass) * SMOOTHING)))
FRICTION = 0.5


def tilted(degrees: float) -> tuple[np.ndarray, np.ndarray]:
    """Normal of a slope that falls along +x, and the orientation (1, 4) of a block that lies on it."""
    angle = np.deg2rad(degrees)
    return np.array([np.sin(angle), 0.0, np.cos(angle)]), np.array([[np.cos(angle / 2), 0.0, np.sin(angle / 2), 0.0]])


def slide(block: Humanoid, degrees: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A second on a slope from rest: speeds, m/s, normal and tangential force, N, by frame."""
    normal, rotation = tilted(degrees)
    scene = scenes.empty(FRICTION).with_plane(normal, np.zeros(3))
    states, effort = hold(block, scene, at_rest(rotation, (HALF_HEIGHT - SINK) * normal), 1.0)
    force = np.asarray(effort.contact_force).sum(axis=1)
    along = force @ normal
    return np.linalg.norm(states.velocity, axis=1), along, np.linalg.norm(force - along[:, None] * normal, axis=1)


def test_at_rest_the_ground_carries_the_weight(block: Humanoid) -> None:
    states, effort = hold(block, scenes.ground(), at_rest(identity_rotations(block), (0.0, 0.0, HALF_HEIGHT)), 2.0)
    assert_allclose(np.asarray(effort.contact_force)[-1].sum(axis=0), [0.0, 0.0, WEIGHT], atol=1e-3)
    assert_allclose(np.asarray(effort.contact_force)[-1], np.tile([0.0, 0.0, WEIGHT / 4], (4, 1)), atol=1e-3)
    assert_allclose(last(states).position, [0.0, 0.0, HALF_HEIGHT - SINK], atol=1e-5)
    assert_allclose(last(states).velocity, 0.0, atol=1e-6)


def test_without_touch_there_is_no_force(block: Humanoid) -> None:
    states, effort = hold(block, scenes.ground(), at_rest(identity_rotations(block), (0.0, 0.0, 8.0)), 1.0)
    assert np.abs(effort.contact_force).max() < 1e-12
    assert float(last(states).velocity[2]) == pytest.approx(-GRAVITY, rel=1e-12)


@pytest.mark.parametrize("degrees", [5.0, 15.0, 22.0])
def test_below_the_friction_angle_it_sticks(block: Humanoid, degrees: float) -> None:
    speed, normal, tangential = slide(block, degrees)
    angle = np.deg2rad(degrees)
    ratio = np.tan(angle) / FRICTION
    slip = float(MODEL.slip)
    # Regularized friction needs a slip of this speed to carry the load; it does not grow.
    assert_allclose(speed[-10:], slip * ratio / np.sqrt(1 - ratio**2), rtol=2e-2)
    assert_allclose(normal[-10:], WEIGHT * np.cos(angle), rtol=1e-3)
    assert_allclose(tangential[-10:], WEIGHT * np.sin(angle), rtol=1e-3)


@pytest.mark.parametrize("degrees", [35.0, 45.0, 60.0])
def test_above_the_friction_angle_it_slides_as_coulomb_says(block: Humanoid, degrees: float) -> None:
    speed, normal, tangential = slide(block, degrees)
    angle = np.deg2rad(degrees)
    acceleration = (speed[-1] - speed[14]) * 30 / 15
    assert acceleration == pytest.approx(GRAVITY * (np.sin(angle) - FRICTION * np.cos(angle)), rel=0.04)
    assert (tangential <= FRICTION * normal * (1 + 1e-9)).all()
    assert_allclose(tangential[14:], FRICTION * normal[14:], rtol=1e-3)


def test_a_sliding_block_stops_after_the_distance_of_coulomb(block: Humanoid) -> None:
    start = at_rest(identity_rotations(block), (0.0, 0.0, HALF_HEIGHT - SINK))
    start = start._replace(velocity=jnp.array([1.2, -1.6, 0.0]))
    states, _ = hold(block, scenes.ground(friction=FRICTION), start, 1.0)
    travelled = np.linalg.norm(np.asarray(last(states).position)[:2])
    assert travelled == pytest.approx(2.0**2 / (2 * FRICTION * GRAVITY), rel=0.05)
    assert_allclose(last(states).position[1] / last(states).position[0], -4 / 3, rtol=1e-2)
    assert np.linalg.norm(last(states).velocity) < 1e-4


def test_it_comes_to_rest_on_a_box_a_sphere_and_stairs(block: Humanoid) -> None:
    box = scenes.ground().with_box((0.0, 0.0, 0.2), (0.5, 0.5, 0.2))
    stairs = scenes.ground().with_stairs((-1.0, 0.0, 0.0), steps=3, depth=0.5, rise=0.2, width=4.0)
    bump = scenes.empty().with_sphere((0.0, 0.0, -50.0), 50.0)
    for scene, height in ((box, 0.4), (stairs, 0.6), (bump, -(0.195**2 + 0.1**2) / 100)):
        start = at_rest(identity_rotations(block), (0.25 if scene is stairs else 0.0, 0.0, height + HALF_HEIGHT + 0.01))
        states, effort = hold(block, scene, start, 2.0)
        assert float(last(states).position[2]) == pytest.approx(height + HALF_HEIGHT - SINK, abs=1e-3)
        assert np.linalg.norm(last(states).velocity) < 1e-3
        assert_allclose(np.asarray(effort.contact_force)[-1].sum(axis=0), [0.0, 0.0, WEIGHT], atol=0.5)


def test_a_heavier_block_sinks_no_deeper(block: Humanoid) -> None:
    heavy = replace(block, mass=5 * block.mass, inertia=5 * block.inertia)
    start = at_rest(identity_rotations(block), (0.0, 0.0, HALF_HEIGHT + 0.02))
    light_end, heavy_end = (last(hold(body, scenes.ground(), start, 1.0)[0]) for body in (block, heavy))
    assert_allclose(light_end.position, heavy_end.position, atol=1e-9)


def test_a_dropped_block_does_not_bounce_back_higher(block: Humanoid) -> None:
    start = at_rest(identity_rotations(block), (0.0, 0.0, 0.5))
    states, _ = hold(block, scenes.ground(), start, 2.0)
    height = np.asarray(states.position)[:, 2]
    landed = int(np.argmax(height < HALF_HEIGHT + 0.005))
    assert height[landed:].max() < 0.1
    assert height.min() > 0.0


def contact_of_a_point(gap: float, friction: float = FRICTION) -> Contact:
    """One point over a slope."""
    normal = np.array([[np.sin(0.3), 0.0, np.cos(0.3)]])
    return Contact(
        select=jnp.ones((1, 1)),
        point=jnp.zeros((1, 3)),
        normal=jnp.asarray(normal),
        gap=jnp.array([gap]),
        friction=friction,
    )


@pytest.mark.parametrize("gap", [0.01, 0.0, -0.01])
def test_the_ground_never_pulls_and_friction_stays_in_the_cone_at_any_velocity(gap: float) -> None:
    contact, dt = contact_of_a_point(gap), 1 / 120
    velocity = np.random.default_rng(0).normal(size=(2000, 1, 3)) * np.geomspace(1e-4, 30.0, 2000)[:, None, None]
    force = np.asarray(jax.vmap(lambda v: LAW.forces(contact, v, dt))(jnp.asarray(velocity)))
    normal = np.asarray(contact.normal)
    load = (force * normal).sum(-1)
    assert load.max() > 100.0
    assert (load >= 0.0).all()
    assert (np.linalg.norm(force - load[..., None] * normal, axis=-1) <= FRICTION * load * (1 + 1e-9)).all()
    leaving = (velocity * normal).sum(-1)
    assert (load[leaving > 1.0 / float(MODEL.damping)] == 0.0).all()
    rubbing = velocity - leaving[..., None] * normal
    assert ((force * rubbing).sum(-1) <= 0.0).all()


@pytest.mark.parametrize("friction", [0.0, FRICTION])
@pytest.mark.parametrize("gap", [0.002, -0.005])
@pytest.mark.parametrize("velocity", [(0.0, 0.0, 0.0), (0.004, 0.002, 0.0), (2.0, -1.0, -0.5), (0.5, 0.0, 1.5)])
def test_resistance_is_minus_the_jacobian_of_the_force(
    gap: float, velocity: tuple[float, float, float], friction: float
) -> None:
    contact, at, dt = contact_of_a_point(gap, friction), jnp.asarray([velocity]), 1 / 120
    jacobian = jax.jacfwd(lambda v: LAW.forces(contact, v, dt))(at)[0, :, 0]
    assert_allclose(LAW.resistance(contact, at, dt)[0], -jacobian, rtol=1e-9, atol=1e-9)

    # Viscous friction: what acts divided by the speed, whatever the direction, and the derivative of the normal force.
    normal = np.asarray(contact.normal[0])
    along = np.outer(normal, normal)
    load = float(LAW.forces(contact, at, dt)[0] @ normal)
    speed = np.linalg.norm([*((np.eye(3) - along) @ velocity), float(MODEL.slip)])
    expected = -(normal @ jacobian @ normal) * along + friction * load / speed * (np.eye(3) - along)
    assert_allclose(LAW.symmetric_resistance(contact, at, dt, 0.0)[0], expected, rtol=1e-9, atol=1e-9)

    # With saturation 1: the exact resistance for a constant load.
    constant = LAW.symmetric_resistance(contact, at, dt, 1.0)[0]
    across = np.eye(3) - along
    assert_allclose(constant @ across, -jacobian @ across, rtol=1e-9, atol=1e-9)
    assert_allclose(constant, constant.T, rtol=1e-9, atol=1e-9)
    assert (np.linalg.eigvalsh(constant) > -1e-9).all()


def test_without_friction_a_block_keeps_its_speed(block: Humanoid) -> None:
    start = at_rest(identity_rotations(block), (0.0, 0.0, HALF_HEIGHT - SINK))
    start = start._replace(velocity=jnp.array([1.2, -1.6, 0.0]))
    states, effort = hold(block, scenes.ground(friction=0.0), start, 1.0)
    assert_allclose(last(states).velocity, start.velocity, atol=1e-6)
    assert_allclose(np.asarray(effort.contact_force)[-1].sum(axis=0), [0.0, 0.0, WEIGHT], atol=1e-3)


@pytest.mark.parametrize("velocity", [(0.0, 0.0, 5.0), (4.0, 1.0, -4.0), (8.0, 0.0, 1.0)])
def test_a_kicked_block_is_neither_held_down_nor_gripped(block: Humanoid, velocity: tuple[float, float, float]) -> None:
    start = at_rest(identity_rotations(block), (0.0, 0.0, HALF_HEIGHT - 0.004))
    start = start._replace(velocity=jnp.asarray(velocity))
    states, effort = hold(block, scenes.ground(friction=FRICTION), start, 1.0)
    force = np.asarray(effort.contact_force)
    assert (force[..., 2] >= 0.0).all()
    assert (np.linalg.norm(force[..., :2], axis=-1) <= FRICTION * force[..., 2] * (1 + 1e-9)).all()
    if velocity[2] == 5.0:
        # It leaves at once: the ballistic height, but for the step in which the ground still touches.
        assert float(np.max(np.asarray(states.position)[:, 2])) > HALF_HEIGHT + 0.95 * 5.0**2 / (2 * GRAVITY)


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Cushion:
    """Another law: a linear spring with linear damping, no friction. It is its own model."""

    stiffness: Scalar
    damping: Scalar

    def law_for(self, body_mass: Scalar) -> "Cushion":
        return self

    def forces(self, contact: Contact, velocity: jax.Array, dt: Scalar) -> jax.Array:
        leaving = jnp.sum(velocity * contact.normal, axis=-1)
        load = jax.nn.relu(-self.stiffness * (contact.gap + dt * leaving) - self.damping * leaving)
        return load[:, None] * contact.normal

    def resistance(self, contact: Contact, velocity: jax.Array, dt: Scalar) -> jax.Array:
        touches = jnp.sum(self.forces(contact, velocity, dt) * contact.normal, axis=-1) > 0
        along = contact.normal[:, :, None] * contact.normal[:, None]
        return jnp.where(touches, dt * self.stiffness + self.damping, 0.0)[:, None, None] * along

    def symmetric_resistance(self, contact: Contact, velocity: jax.Array, dt: Scalar, saturation: Scalar) -> jax.Array:
        return self.resistance(contact, velocity, dt)


MODELS = {"compliant": MODEL, "cushion": Cushion(3000.0, 50.0)}
"""Every law of contact keeps what `ContactModel` and `ContactLaw` promise."""


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("gap", [0.01, 0.0, -0.01])
def test_every_law_keeps_its_promises(model: ContactModel, gap: float) -> None:
    assert isinstance(model, ContactModel)
    contact, law, dt = contact_of_a_point(gap), model.law_for(10.0), 1 / 120
    assert isinstance(law, ContactLaw)
    normal = np.asarray(contact.normal)
    for velocity in np.random.default_rng(1).normal(size=(5, 1, 3)):
        at = jnp.asarray(velocity)
        assert float(law.forces(contact, at, dt)[0] @ normal[0]) >= 0.0
        jacobian = jax.jacfwd(lambda v: law.forces(contact, v, dt))(at)[0, :, 0]
        assert_allclose(law.resistance(contact, at, dt)[0], -jacobian, rtol=1e-9, atol=1e-9)
        for saturation in (0.0, 1.0):
            symmetric = law.symmetric_resistance(contact, at, dt, saturation)[0]
            assert_allclose(symmetric, symmetric.T, rtol=1e-9, atol=1e-9)
            assert (np.linalg.eigvalsh(symmetric) >= -1e-9 * np.abs(symmetric).max()).all()


def test_another_law_can_take_the_place_of_todays(block: Humanoid) -> None:
    """The block sinks into the cushion as far as its springs say; so it does by its derivative."""
    start = at_rest(identity_rotations(block), (0.0, 0.0, HALF_HEIGHT))

    def depth(stiffness: jax.Array) -> jax.Array:
        physics = Physics(contact=Cushion(stiffness, 200.0))
        control = jnp.zeros((31, 0, 4))
        states, _ = rollout(block, scenes.ground(), physics, start, control)
        return HALF_HEIGHT - states.position[-1, 2]

    sunk, derivative = jax.jit(jax.value_and_grad(depth))(jnp.asarray(3000.0))
    assert float(sunk) == pytest.approx(WEIGHT / (4 * 3000.0), rel=1e-4)
    assert float(derivative) == pytest.approx(-WEIGHT / (4 * 3000.0**2), rel=1e-3)
