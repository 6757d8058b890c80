"""The simulation: one step, one control frame, a whole trajectory.

A step: see where the bodies are and how they move, find what the joints and the contacts do, solve for the velocity at
the end of the step, move.
"""

from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.body.humanoid import Humanoid
from diffphy.physics import contact as contacts
from diffphy.physics import dynamics, implicit_step
from diffphy.physics.actuation import pd_drive, torques
from diffphy.physics.contact import ContactModel, Scalar
from diffphy.physics.scene import Scene


class State(NamedTuple):
    """All that changes while the body moves; may carry leading axes.

    `position`: the root's, m, world. `rotation`: wxyz, the root's in the world, then each body's relative to its
    parent. `velocity`: the root's, m/s, world axes. `angular_velocity`: rad/s, the root's in its own axes, then each
    body's relative to its parent in its own axes.
    """

    position: Float[Array, "*T 3"]
    rotation: Float[Array, "*T B 4"]
    velocity: Float[Array, "*T 3"]
    angular_velocity: Float[Array, "*T B 3"]


class Effort(NamedTuple):
    """What acted during a step or, averaged, a control frame.

    `torque`: of the joints, N m, in the child's axes. `contact_force`: on each contact sphere, N, world axes.
    `residual_force`: on the whole body, N, what moved it besides these and its weight: nothing does but the error that
    the solver has left. It tells of steps that were not solved; torques out of nowhere it leaves out. It has no
    derivative.
    """

    torque: Float[Array, "*T J 3"]
    contact_force: Float[Array, "*T C 3"]
    residual_force: Float[Array, "*T"]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Physics:
    """Constants of the simulation: `control_rate` of the targets, Hz, `substeps` a control frame, gravity, contact."""

    control_rate: float = field(default=30.0, metadata={"static": True})
    substeps: int = field(default=4, metadata={"static": True})
    gravity: tuple[Scalar, Scalar, Scalar] = dynamics.GRAVITY
    contact: ContactModel = field(default_factory=ContactModel)

    @property
    def dt(self) -> float:
        """Length of a step, s."""
        return 1.0 / (self.control_rate * self.substeps)


def step(
    humanoid: Humanoid, scene: Scene, physics: Physics, state: State, target: Float[Array, "J 4"]
) -> tuple[State, Effort]:
    """One step of `physics.dt` seconds, the joints driven towards the rotations `target` (wxyz)."""
    dt = physics.dt
    frame = dynamics.frames(humanoid, state.rotation)
    motion = dynamics.body_motion(frame, state.velocity, state.angular_velocity)
    drive = pd_drive(humanoid, state.rotation, target, dt)
    contact = contacts.detect(humanoid, scene, physics.contact, frame, state.position)

    velocity = dynamics.join(state.velocity, state.angular_velocity)
    gravity, step_length = jnp.asarray(physics.gravity, velocity.dtype), jnp.asarray(dt, velocity.dtype)
    start = implicit_step.Start(humanoid, frame, motion, velocity, drive, contact, gravity, step_length)
    velocity = implicit_step.implicit_velocity(start)
    position, rotation = implicit_step.advance(state.position, state.rotation, velocity, dt)

    linear, angular = dynamics.split(velocity)
    point_velocity = contacts.point_velocity(contact, dynamics.body_motion(frame, linear, angular))
    force = contacts.forces(contact, point_velocity, dt)
    force = jnp.sum(force.reshape(-1, len(humanoid.contact_body), 3), axis=0)
    missing = lax.stop_gradient(jnp.linalg.norm(implicit_step.residual(start, velocity)[:3]) / dt)
    return State(position, rotation, linear, angular), Effort(torques(drive, angular), force, missing)


def rollout(
    humanoid: Humanoid, scene: Scene, physics: Physics, state: State, control: Float[Array, "K J 4"]
) -> tuple[State, Effort]:
    """T = K - 1 control frames from `state`.

    `control`: target rotations (wxyz) at the start of the first frame and at the end of every frame; between them the
    target moves along the shorter arc. Returns the states at the end of the T frames and what acted in each (mean
    over its steps).
    """
    frames = len(control) - 1
    fraction = jnp.arange(1, physics.substeps + 1, dtype=control.dtype) / physics.substeps
    targets = rotations.interpolate(control[:-1, None], control[1:, None], fraction[None, :, None])

    # Backwards, a step is computed again from its state, but for the velocity that it took most time to find: storing
    # every intermediate of a step costs more than recomputing it, in time as in memory.
    saved = jax.checkpoint_policies.save_only_these_names(implicit_step.SAVED)

    @partial(jax.checkpoint, policy=saved, prevent_cse=False)
    def advance(state: State, target: Float[Array, "J 4"]) -> tuple[State, tuple[State, Effort]]:
        state, effort = step(humanoid, scene, physics, state, target)
        return state, (state, effort)

    _, (states, efforts) = lax.scan(advance, state, targets.reshape(frames * physics.substeps, *control.shape[1:]))
    by_frame = jax.tree.map(lambda a: a.reshape(frames, physics.substeps, *a.shape[1:]), (states, efforts))
    return jax.tree.map(lambda a: a[:, -1], by_frame[0]), jax.tree.map(lambda a: jnp.mean(a, axis=1), by_frame[1])


class Trajectory(NamedTuple):
    """A simulated motion, F control frames; frame 0 is the initial state, in which nothing has acted yet."""

    state: State
    effort: Effort
    control: Float[Array | np.ndarray, "F J 4"]
