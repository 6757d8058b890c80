"""A motion that is followed with feedback: the control changes when the body is elsewhere than planned.

A deviation of the body has S = 2 N numbers (`state_change`). A deviation of the control turns each target in its own
axes, 3 J numbers, rad: c' = c exp(u). The gain of a frame says how its control deviates, u = gain (x, u before), with x
the deviation of the body before the frame and u before that of the control there. It has U = 3 J rows and V = S + U
columns.
"""

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.arrays import AnyArray
from diffphy.body.humanoid import Humanoid
from diffphy.physics import simulate
from diffphy.physics.scene import Scene
from diffphy.physics.simulate import Effort, Physics, State
from diffphy.physics.state_change import change_size, state_change


def rollout_with_feedback(
    humanoid: Humanoid,
    scene: Scene,
    physics: Physics,
    state: State,
    planned: State,
    control: Float[AnyArray, "K J 4"],
    gain: Float[AnyArray, "T U V"],
) -> tuple[State, Effort, Float[Array, "T J 4"]]:
    """Simulate T = K - 1 control frames of a planned motion from any state, with feedback on how it deviates.

    Args:
        humanoid: The body.
        scene: What it can touch.
        physics: Constants of the simulation.
        state: The state at the start. With the first planned state, the motion is the planned one.
        planned: The K planned states: before the first frame, and at the end of every frame.
        control: The planned target rotations there, wxyz. The control at the start is the planned one.
        gain: Row i of a frame belongs to component i of the deviation of the control, rad. The columns are the
            deviations of the root's position, m, of all rotations, rad, of the root's velocity, m/s, of all angular
            velocities, rad/s, and of the control before the frame, rad. See the module.

    Returns:
        The states at the end of the T frames, what acted in each frame (mean over its steps), and the target rotations
        at their ends, wxyz.

    Raises:
        ValueError: An array has another shape, or the humanoid or an array a wider floating-point type than the state.
    """
    _check_arguments(state, planned, control, gain)
    dtype = jnp.result_type(state.velocity)
    planned, control, gain = jax.tree.map(lambda a: jnp.asarray(a, dtype), (planned, control, gain))
    make_step = simulate.step_of_scan(humanoid, scene, physics)

    def make_frame(carry, plan):
        state, target, last = carry
        about, planned, gain = plan
        change = gain @ jnp.concatenate([state_change(about, state), last])
        new = rotations.multiply(planned, rotations.exp(change.reshape(-1, 3)))
        state, (_, effort) = lax.scan(make_step, state, simulate.targets_of_steps(physics.substeps, target, new))
        return (state, new, change), (state, jax.tree.map(lambda a: jnp.mean(a, axis=0), effort), new)

    before = jax.tree.map(lambda a: a[:-1], planned)
    first = (jax.tree.map(jnp.asarray, state), control[0], jnp.zeros(gain.shape[1], dtype))
    return lax.scan(make_frame, first, (before, control[1:], gain))[1]


def gain_shape(planned: State) -> tuple[int, int, int]:
    """Return (T, U, V), the shape of the gains for T + 1 planned states."""
    states, inputs = change_size(planned), planned.angular_velocity[0, 1:].size
    return len(planned.position) - 1, inputs, states + inputs


def _check_arguments(state: State, planned: State, control: AnyArray, gain: AnyArray) -> None:
    """Refuse what JAX would broadcast in silence, or refuse with an error about our internals."""
    if control.ndim != 3 or len(control) < 2:
        raise ValueError(f"control has the shape {control.shape}: give (frames + 1, joints, 4), at least one frame")
    frames, joints = len(control), len(state.angular_velocity) - 1
    if control.shape[1:] != (joints, 4):
        raise ValueError(f"control has the shape {control.shape}: give {(frames, joints, 4)}, one for each joint")
    for name, one, given in zip(State._fields, state, planned, strict=True):
        if given.shape != (frames, *one.shape):
            raise ValueError(
                f"planned.{name} has the shape {given.shape}: give {(frames, *one.shape)}, a state for each control"
            )
    if gain.shape != (wanted := gain_shape(planned)):
        raise ValueError(f"gain has the shape {gain.shape}: give {wanted}, (frames, inputs, states + inputs)")
    motion = jnp.result_type(state.velocity)
    for name, given in (
        ("planned", jnp.result_type(*planned)),
        ("control", jnp.result_type(control)),
        ("gain", jnp.result_type(gain)),
    ):
        if jnp.promote_types(given, motion) != motion:
            raise ValueError(f"{name} is {given}, but the state {motion}: convert one of them")
