"""The feedback gains of a solved motion: how its control must change when the body is elsewhere than planned.

The Riccati recursion of Gauss-Newton's method finds them, about the motion as it is, in parts that look ahead. They
are those of `diffphy.physics.feedback`, so they need no recording.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.arrays import AnyArray
from diffphy.physics.feedback import gain_shape
from diffphy.reconstruction.observation import Keyframes
from diffphy.reconstruction.polish import PARTS, offsets_of
from diffphy.reconstruction.simulated_window import SimulatedWindow, simulate_frames
from diffphy.reconstruction.window_methods import WindowAlongTime, along_time
from diffphy.reconstruction.windows import SolvedWindow, WindowSizes, WindowSolver

FindGains = Callable[[WindowAlongTime, SimulatedWindow], Float[AnyArray, "F U V"]]
"""`find(problem, about)` returns the gains about a window, as `simulated_window.Feedback` describes them."""


@dataclass(frozen=True)
class MotionGains:
    """Finds the feedback gains of a solved motion.

    Attributes:
        find: The Riccati recursion.
        sizes: Length of a part, and how much of it is kept, in frames.
    """

    find: FindGains
    sizes: WindowSizes = PARTS

    def about(
        self, solver: WindowSolver, observed: Keyframes, windows: Sequence[SolvedWindow]
    ) -> Float[np.ndarray, "T U V"]:
        """Return the gains of `rollout_with_feedback`, float32, for T frames after the first.

        Nothing follows the last frames, so their gains care for little.

        Args:
            solver: What solved the motion.
            observed: The recording, T + 1 frames.
            windows: All windows of the motion.

        Raises:
            FloatingPointError: Some gains are not finite.
        """
        stride = self.sizes.stride
        length = max(self.sizes.length, stride + 1)  # A part begins a frame early: see below.
        solver = replace(solver, sizes=WindowSizes(length, stride))
        states = jax.tree.map(lambda *leaves: np.concatenate(leaves), *(window.state for window in windows))
        control = np.concatenate([window.control for window in windows])
        found, done = [np.zeros((0, *gain_shape(states)[1:]), np.float32)], 0
        while done < len(observed) - 1:
            # The gains of a part's first frame know nothing of the control before it. So a part begins a frame early.
            early = min(done, 1)
            at, kept = done - early, min(stride, len(observed) - 1 - done)
            rows = np.minimum(np.arange(at, at + length), len(control) - 1)
            before = jax.tree.map(lambda a, rows=rows: a[rows], states)
            first = jax.tree.map(lambda a: a[0], before)
            point = replace(windows[-1].resume_point, frame=at, state=first, control=control[at])
            problem = solver.build_problem(observed, point)
            offset = offsets_of(problem.observed, control[at + 1 :])
            along = along_time(problem, lambda terms: None, start_unit=0.0)
            gains = self.find(along, simulate_frames(along.problem, before, jnp.asarray(offset)))
            found.append(np.asarray(in_own_axes(gains, offset)[early : early + kept], np.float32))
            # A factorisation that fails, as it can in float32, gives NaN instead of an error.
            if not np.isfinite(found[-1]).all():
                raise FloatingPointError(f"the feedback of frames {done + 1} to {done + kept} is not finite")
            done += kept
        return np.concatenate(found)


@jax.jit
def in_own_axes(gain: Float[AnyArray, "F U V"], offset: Float[AnyArray, "F J 3"]) -> Float[Array, "F U V"]:
    """Return gains between turns of the control in its own axes, from gains between changes of its offsets.

    The control is the reference times exp(offset). A small change of the offset turns it by the right Jacobian of the
    offset times the change. The control before the first frame has no offset: its columns stay.

    Args:
        gain: Gains for the changes of the offsets.
        offset: The offsets about which they are, rad.
    """
    gain, turn = jnp.asarray(gain), rotations.right_jacobian(jnp.asarray(offset))
    same = jnp.broadcast_to(jnp.eye(3, dtype=turn.dtype), turn[:1].shape)
    back = jnp.concatenate([same, jnp.linalg.inv(turn[:-1])])
    frames, inputs, columns = gain.shape
    states, joints = columns - inputs, turn.shape[1]
    by_state = turn @ gain[..., :states].reshape(frames, joints, 3, states)
    by_last = turn @ gain[..., states:].reshape(frames, joints, 3, inputs)
    by_last = jnp.einsum("fimjk,fjkl->fimjl", by_last.reshape(frames, joints, 3, joints, 3), back)
    return jnp.concatenate([by_state.reshape(frames, inputs, -1), by_last.reshape(frames, inputs, inputs)], axis=2)
