"""The simulation: one step, and a whole trajectory.

`step` reads as the algorithm. Each of its stages is a function that can be called alone: see where the bodies are and
how they move, drive the joints, detect contact, solve for the velocity at the end of the step, move, and measure what
acted.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.arrays import Scalar
from diffphy.body.humanoid import Humanoid
from diffphy.physics import actuation, dynamics, implicit_derivative, implicit_step
from diffphy.physics.actuation import Drive, pd_drive
from diffphy.physics.compliant_contact_law import CompliantContact
from diffphy.physics.contact import Contact, ContactModel, detect_contact, point_velocity
from diffphy.physics.dynamics import Frames, Spatial
from diffphy.physics.implicit_derivative import solve_velocity
from diffphy.physics.implicit_step import StepStart
from diffphy.physics.scene import Scene


class State(NamedTuple):
    """Everything that changes while the body moves. Fields may carry leading axes.

    Attributes:
        position: Root position, world axes, m.
        rotation: Unit quaternions, wxyz. Entry 0 is the root in the world, the others are relative to the parent.
        velocity: Root velocity, world axes, m/s.
        angular_velocity: Angular velocities, rad/s. Entry 0 is the root's in its own axes; the others are relative to
            the parent, in the body's own axes.
    """

    position: Float[Array, "*T 3"]
    rotation: Float[Array, "*T B 4"]
    velocity: Float[Array, "*T 3"]
    angular_velocity: Float[Array, "*T B 3"]


class Effort(NamedTuple):
    """What acted during a step or, averaged, a control frame. Fields may carry leading axes.

    Attributes:
        torque: Torques of the joints, N m, in the child's axes.
        contact_force: Force on each contact sphere, N, world axes.
        residual_force: Size of the force that moved the whole body besides contact and weight, N. It is the error of
            the solver. Unexplained torques are not in it. It has no derivative.
    """

    torque: Float[Array, "*T J 3"]
    contact_force: Float[Array, "*T C 3"]
    residual_force: Float[Array, "*T"]


class Trajectory(NamedTuple):
    """A simulated motion of F control frames.

    Attributes:
        state: The states. Frame 0 is the initial state.
        effort: What acted in each frame; nothing has acted yet in frame 0.
        control: Target rotations at the end of each frame, wxyz.
    """

    state: State
    effort: Effort
    control: Float[Array | np.ndarray, "F J 4"]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Physics:
    """Constants of the simulation.

    Attributes:
        control_rate: Control frames a second, Hz.
        substeps: Steps of the simulation in a control frame.
        gravity: Acceleration, m/s^2, world axes.
        contact: The contact model.
    """

    control_rate: float = field(default=30.0, metadata={"static": True})
    substeps: int = field(default=4, metadata={"static": True})
    gravity: tuple[Scalar, Scalar, Scalar] = dynamics.GRAVITY
    contact: ContactModel = field(default_factory=CompliantContact)

    @property
    def dt(self) -> float:
        """Length of a step, s."""
        return 1.0 / (self.control_rate * self.substeps)


def step(
    humanoid: Humanoid, scene: Scene, physics: Physics, state: State, target: Float[Array, "J 4"]
) -> tuple[State, Effort]:
    """Make one step of `physics.dt` seconds.

    Args:
        humanoid: The body.
        scene: What it can touch.
        physics: Constants of the simulation.
        state: The state at the start of the step.
        target: Rotations to drive the joints to, wxyz.

    Returns:
        The state at the end of the step, and what acted in between. `Effort.residual_force` tells whether the step was
        solved: it is next to nothing, or NaN if there is no finite solution.

    Raises:
        ValueError: The target has another shape, or it or the humanoid has a wider floating-point type than the state.
    """
    _check_arguments(humanoid, state, target)
    start = see_step(humanoid, scene, physics, state, target)
    velocity, _ = solve_velocity(start)
    end = move(state, velocity, physics.dt)
    return end, measure_effort(start, end)


def see_step(
    humanoid: Humanoid, scene: Scene, physics: Physics, state: State, target: Float[Array, "J 4"]
) -> StepStart:
    """Return all that the velocity at the end of a step depends on. The arguments are those of `step`."""
    frame, motion = locate_bodies(humanoid, state)
    drive = pd_drive(humanoid, state.rotation, target, physics.dt)
    contact = detect_contact(humanoid, scene, frame, state.position)
    return start_of_step(humanoid, physics, state, frame, motion, drive, contact)


def locate_bodies(humanoid: Humanoid, state: State) -> tuple[Frames, Spatial]:
    """Return where the bodies are about the root, and their spatial velocities."""
    frame = dynamics.frames(humanoid, state.rotation)
    return frame, dynamics.body_motion(frame, state.velocity, state.angular_velocity)


def start_of_step(
    humanoid: Humanoid,
    physics: Physics,
    state: State,
    frame: Frames,
    motion: Spatial,
    drive: Drive,
    contact: Contact,
) -> StepStart:
    """Gather everything that the velocity at the end of the step depends on.

    Gravity and the length of the step are converted to the state's floating-point type.
    """
    velocity = dynamics.join(state.velocity, state.angular_velocity)
    gravity, dt = (jnp.asarray(constant, velocity.dtype) for constant in (physics.gravity, physics.dt))
    law = physics.contact.law_for(jnp.sum(humanoid.mass))
    return StepStart(humanoid, frame, motion, velocity, drive, contact, law, gravity, dt)


def move(state: State, velocity: Float[Array, "N"], dt: Scalar) -> State:
    """Move for `dt` seconds with a constant generalized velocity, m/s and rad/s."""
    linear, angular = dynamics.split(velocity)
    turned = rotations.multiply(state.rotation, rotations.exp(dt * angular))
    position, rotation = state.position + dt * linear, rotations.normalize(turned)
    # Split once more: the order in which the backward pass sums derivatives, and with it rounding, depends on it.
    return State(position, rotation, *dynamics.split(velocity))


def measure_effort(start: StepStart, end: State) -> Effort:
    """Evaluate torques, contact forces and the solver's error at the velocity at the end of the step.

    Args:
        start: The step.
        end: The state at its end.
    """
    contact, spheres = start.contact, len(start.humanoid.contact_body)
    points = point_velocity(contact, dynamics.body_motion(start.frame, end.velocity, end.angular_velocity))
    force = start.law.forces(contact, points, start.dt)
    force = jnp.sum(force.reshape(-1, spheres, 3), axis=0)  # over the objects of the scene
    error = implicit_step.residual_force(start, dynamics.join(end.velocity, end.angular_velocity))
    return Effort(actuation.torques(start.drive, end.angular_velocity), force, error)


def rollout(
    humanoid: Humanoid, scene: Scene, physics: Physics, state: State, control: Float[Array, "K J 4"]
) -> tuple[State, Effort]:
    """Simulate T = K - 1 control frames.

    Args:
        humanoid: The body.
        scene: What it can touch.
        physics: Constants of the simulation.
        state: The state at the start.
        control: Target rotations, wxyz, at the start of the first frame and at the end of every frame. In between the
            target moves along the shorter arc.

    Returns:
        The states at the end of the T frames, and what acted in each frame (mean over its steps).

    Raises:
        ValueError: The control has another shape, or it or the humanoid has a wider floating-point type than the state.
    """
    if control.ndim != 3 or len(control) < 2:
        raise ValueError(f"control has the shape {control.shape}: give (frames + 1, joints, 4), at least one frame")
    _check_arguments(humanoid, state, control[0])
    frames = len(control) - 1
    targets = jax.vmap(partial(targets_of_steps, physics.substeps))(control[:-1], control[1:])

    _, (states, efforts) = lax.scan(
        step_of_scan(humanoid, scene, physics), state, targets.reshape(frames * physics.substeps, *control.shape[1:])
    )
    by_frame = jax.tree.map(lambda a: a.reshape(frames, physics.substeps, *a.shape[1:]), (states, efforts))
    return jax.tree.map(lambda a: a[:, -1], by_frame[0]), jax.tree.map(lambda a: jnp.mean(a, axis=1), by_frame[1])


def step_of_scan(
    humanoid: Humanoid, scene: Scene, physics: Physics
) -> Callable[[State, Float[Array, "J 4"]], tuple[State, tuple[State, Effort]]]:
    """Return the body of a scan over targets, (state, target) -> (end, (end, effort)).

    The backward pass computes a step again from its state, except for the velocity, because the search for it takes
    most of the time. Storing every intermediate of a step would cost more time and memory than computing it again.
    """
    saved = jax.checkpoint_policies.save_only_these_names(implicit_derivative.SAVED)

    @partial(jax.checkpoint, policy=saved, prevent_cse=False)
    def advance(state: State, target: Float[Array, "J 4"]) -> tuple[State, tuple[State, Effort]]:
        end, effort = step(humanoid, scene, physics, state, target)
        return end, (end, effort)

    return advance


def targets_of_steps(substeps: int, before: Float[Array, "J 4"], new: Float[Array, "J 4"]) -> Float[Array, "n J 4"]:
    """Return the targets of the steps of a frame, from the control before it and at its end."""
    fraction = jnp.arange(1, substeps + 1, dtype=new.dtype) / substeps
    return rotations.interpolate(before[None], new[None], fraction[:, None])


def _check_arguments(humanoid: Humanoid, state: State, target: Array) -> None:
    """Refuse what JAX would broadcast in silence, or refuse with an error about our internals."""
    joints = len(humanoid.parents) - 1
    if target.shape != (joints, 4):
        raise ValueError(f"the target rotations have the shape {target.shape}: give ({joints}, 4), one for each joint")
    body, motion = jnp.result_type(humanoid.mass), jnp.result_type(state.velocity)
    if jnp.promote_types(body, motion) != motion:
        raise ValueError(f"the humanoid is {body}, but the state {motion}: call humanoid.astype(jnp.{motion})")
    if jnp.promote_types(given := jnp.result_type(target), motion) != motion:
        raise ValueError(f"the target rotations are {given}, but the state {motion}: convert one of them")
