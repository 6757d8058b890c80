"""What the tests of motions share: bodies at rest, and a compiled rollout towards a constant target."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from diffphy.body.humanoid import Humanoid
from diffphy.physics import dynamics
from diffphy.physics.kinematics import center_of_mass, contact_points, forward_kinematics
from diffphy.physics.scene import Scene
from diffphy.physics.simulate import Effort, Physics, State, rollout

compiled_rollout = jax.jit(rollout)


def identity_rotations(humanoid: Humanoid) -> np.ndarray:
    """The zero pose, wxyz."""
    return np.tile([1.0, 0.0, 0.0, 0.0], (humanoid.bodies, 1))


def at_rest(rotation: np.ndarray, position: Sequence[float] | np.ndarray = (0.0, 0.0, 0.0)) -> State:
    """A state without motion."""
    turned = jnp.asarray(rotation, float)
    return State(jnp.asarray(position, float), turned, jnp.zeros(3), jnp.zeros((len(turned), 3)))


def on_the_ground(humanoid: Humanoid, rotation: np.ndarray) -> State:
    """At rest with the lowest contact sphere just touching the ground."""
    pose = forward_kinematics(humanoid, jnp.zeros(3), jnp.asarray(rotation, float))
    lowest = (contact_points(humanoid, pose)[:, 2] - humanoid.contact_radius).min()
    return at_rest(rotation, [0.0, 0.0, -float(lowest)])


def hold(
    humanoid: Humanoid, scene: Scene, state: State, seconds: float, physics: Physics | None = None
) -> tuple[State, Effort]:
    """Simulate with the joints' present rotations as targets; the states after each control frame, and the effort."""
    physics = physics or Physics()
    control = jnp.tile(state.rotation[1:], (round(seconds * physics.control_rate) + 1, 1, 1))
    return compiled_rollout(humanoid, scene, physics, state, control)


def last(states: State) -> State:
    """The final state of a rollout."""
    return jax.tree.map(lambda leaf: leaf[-1], states)


@jax.jit
def joint_positions(humanoid: Humanoid, states: State) -> jax.Array:
    """World positions of all joints in every frame, m (T, B, 3)."""
    return jax.vmap(lambda p, r: forward_kinematics(humanoid, p, r).position)(states.position, states.rotation)


@jax.jit
def conserved(humanoid: Humanoid, state: State) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
    """Centre of mass, m, linear momentum, N s, angular momentum about the centre, N m s, and kinetic energy, J."""
    frame = dynamics.frames(humanoid, state.rotation)
    motion = dynamics.body_motion(frame, state.velocity, state.angular_velocity)
    momentum = dynamics.momentum(humanoid, frame, motion)
    center = center_of_mass(humanoid, forward_kinematics(humanoid, state.position, state.rotation))
    linear = jnp.sum(momentum.linear, axis=0)
    angular = jnp.sum(momentum.angular, axis=0) - jnp.cross(center - state.position, linear)
    energy = jnp.sum(motion.angular * momentum.angular) + jnp.sum(motion.linear * momentum.linear)
    return center, linear, angular, energy / 2
