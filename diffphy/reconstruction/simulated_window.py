"""A simulated window with all its steps: under given offsets, or with feedback on what deviates from another one.

The state's change has S numbers: those of the configuration, m and rad, then those of the generalized velocity, in the
order of `state_change`. The input of a frame is the change of the control's offsets at its end, U = 3 J numbers.
"""

from dataclasses import replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.arrays import AnyArray, on_device
from diffphy.compiled import compiled
from diffphy.physics import dynamics, simulate
from diffphy.physics.simulate import Effort, State, targets_of_steps
from diffphy.physics.state_change import change_size, change_state, state_change
from diffphy.reconstruction import losses
from diffphy.reconstruction.parameters import Parameters
from diffphy.reconstruction.problem import ReconstructionProblem


class SimulatedWindow(NamedTuple):
    """A simulated window with all its steps. A frame has n steps.

    Attributes:
        loss: The loss.
        terms: What each term adds to it.
        offset: Rotation vectors of the control relative to the reference, in the joints' axes, rad.
        start: The state before the first frame.
        state: The states at the ends of the frames.
        effort: What acted in each frame.
        before: The state before each step.
        velocity: The generalized velocity at the end of each step, m/s and rad/s.
    """

    loss: Float[Array, ""]
    terms: dict[str, Float[Array, ""]]
    offset: Float[Array, "F J 3"]
    start: State
    state: State
    effort: Effort
    before: State
    velocity: Float[Array, "F n N"]


class Feedback(NamedTuple):
    """A change of the control that depends on where the simulation is: u = change + gain (x, u before).

    Attributes:
        gain: Row i belongs to component i of the input.
        change: The change at zero deviation, rad.
        start: Change of the state before the first frame.
    """

    gain: Float[AnyArray, "F U S+U"]
    change: Float[AnyArray, "F U"]
    start: Float[AnyArray, "S"]


def simulate_offsets(problem: ReconstructionProblem, offset: Float[AnyArray, "F J 3"]) -> SimulatedWindow:
    """Return the window with these offsets, rad, without feedback."""
    problem, offset = on_device(problem), on_device(jnp.asarray(offset))
    frames, inputs, states = len(offset), offset[0].size, change_size(problem.state)
    shapes = ((frames, inputs, states + inputs), (frames, inputs), (states,))
    none = Feedback(*(np.zeros(shape, offset.dtype) for shape in shapes))
    about = jax.tree.map(lambda a: np.tile(a, (frames, problem.physics.substeps, *[1] * a.ndim)), problem.state)
    return _simulate(problem, offset, problem.state, *on_device((about, none)))


def simulate_feedback(problem: ReconstructionProblem, about: SimulatedWindow, feedback: Feedback) -> SimulatedWindow:
    """Return the window whose control changes from that of `about` by a feedback on deviations from its motion."""
    return _simulate(problem, about.offset, about.start, about.before, on_device(feedback))


def simulate_parameters(problem: ReconstructionProblem, parameters: Parameters) -> SimulatedWindow:
    """Return the window with these parameters."""
    pushed = replace(problem, state=problem.apply_push(np.asarray(parameters.push)))
    return simulate_offsets(pushed, parameters.offset)


@compiled
def _simulate(
    problem: ReconstructionProblem,
    offset: Float[Array, "F J 3"],
    start: State,
    about: State,
    feedback: Feedback,
) -> SimulatedWindow:
    """Simulate with feedback on deviations from the states `about`, those before all steps. Compiled once for all."""

    def make_frame(carry, inputs):
        state, control, last = carry
        about, planned, reference, gain, change = inputs
        change = change + gain @ jnp.concatenate([state_change(about, state), last])
        offset = planned + change.reshape(planned.shape)
        new = rotations.multiply(reference, rotations.exp(offset))
        found = _simulate_frame(problem, state, control, new)
        return (found[0], new, change), (offset, *found)

    start = change_state(start, jnp.asarray(feedback.start))
    first = (start, jnp.asarray(problem.first_control), jnp.zeros_like(feedback.change[0]))
    reference = jnp.asarray(problem.observed.rotation)[:, 1:]
    before = jax.tree.map(lambda a: a[:, 0], about)
    _, found = lax.scan(make_frame, first, (before, offset, reference, feedback.gain, feedback.change))
    offset, state, effort, steps, velocity = found
    return _with_loss(problem, offset, start, state, effort, steps, velocity)


@compiled
def simulate_frames(problem: ReconstructionProblem, before: State, offset: Float[Array, "F J 3"]) -> SimulatedWindow:
    """Return a window of a known motion: each frame is simulated from the state that the motion has before it.

    So rounding does not grow from frame to frame, as it does in a window without feedback.

    Args:
        problem: The window.
        before: The states before the F frames.
        offset: The offsets of the control, rad.
    """
    control = problem.control(offset)
    state, effort, steps, velocity = lax.map(
        lambda each: _simulate_frame(problem, *each), (before, control[:-1], control[1:])
    )
    return _with_loss(problem, offset, jax.tree.map(lambda a: a[0], before), state, effort, steps, velocity)


def _simulate_frame(
    problem: ReconstructionProblem, state: State, control: Float[Array, "J 4"], new: Float[Array, "J 4"]
) -> tuple[State, Effort, State, Float[Array, "n N"]]:
    """Simulate a frame whose targets move from `control` to `new`.

    Returns:
        The state at its end, what acted (mean over its steps), the states before its steps, and the generalized
        velocities at their ends.
    """
    physics = problem.physics

    def make_step(state: State, target: Float[Array, "J 4"]):
        end, effort = simulate.step(problem.humanoid, problem.scene, physics, state, target)
        return end, (state, effort, dynamics.join(end.velocity, end.angular_velocity))

    end, (before, effort, velocity) = lax.scan(make_step, state, targets_of_steps(physics.substeps, control, new))
    return end, jax.tree.map(lambda a: jnp.mean(a, axis=0), effort), before, velocity


def _with_loss(
    problem: ReconstructionProblem,
    offset: Float[Array, "F J 3"],
    start: State,
    state: State,
    effort: Effort,
    before: State,
    velocity: Float[Array, "F n N"],
) -> SimulatedWindow:
    """Return a window with its loss."""
    rate = problem.physics.control_rate
    motion = losses.simulated_motion(problem.humanoid, problem.scene, rate, state, effort, offset)
    loss, terms = losses.evaluate(problem.weights, motion, problem.observed)
    return SimulatedWindow(loss, terms, offset, start, state, effort, before, velocity)
