"""Reconstruction as minimization: control parameters in, a scalar out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.body.humanoid import Humanoid
from diffphy.physics.scene import Scene
from diffphy.physics.simulate import Effort, Physics, State, rollout
from diffphy.reconstruction import losses
from diffphy.reconstruction.observation import Keyframes


class Parameters(NamedTuple):
    """What an optimizer may change: offsets of the control from the reference, rad, and a push at the start."""

    offset: Float[np.ndarray | Array, "F J 3"]
    push: Float[np.ndarray | Array, "velocities 3"]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class ReconstructionProblem:
    """Find the control that makes the simulated body follow F observed frames from a given state.

    The parameters are rotation vectors (F, J, 3), rad: control = reference rotation * exp(offset), one for each frame
    and joint; and a push (B + 1, 3), a change of the state's velocity (linear, m/s, then angular, rad/s), for the
    start of a motion, whose velocity a recording only hints at. `first_control`: the target (J, 4) that holds at the
    start of the first frame. `observed`: the F frames after `state`. `weights`: of the loss terms, by name
    (`diffphy.reconstruction.losses.TERMS`).
    """

    humanoid: Humanoid
    scene: Scene
    physics: Physics
    state: State
    first_control: Float[np.ndarray | Array, "J 4"]
    observed: Keyframes
    weights: Mapping[str, float | Float[Array, ""]]

    def control(self, offset: Float[Array | np.ndarray, "F J 3"]) -> Float[Array, "F+1 J 4"]:
        """Target rotations, wxyz, at the start of the first frame and at the end of each."""
        control = rotations.multiply(self.observed.rotation[:, 1:], rotations.exp(offset))
        return jnp.concatenate([jnp.asarray(self.first_control)[None], control])

    def apply_push(self, push: Float[Array | np.ndarray, "velocities 3"]) -> State:
        """The given state after a push."""
        return self.state._replace(
            velocity=self.state.velocity + push[0], angular_velocity=self.state.angular_velocity + push[1:]
        )

    def loss(self, parameters: Parameters) -> tuple[Float[Array, ""], dict[str, Float[Array, ""]]]:
        """The DiffPhy loss and its terms by name."""
        offset, push = parameters
        control = self.control(offset)
        state, effort = rollout(self.humanoid, self.scene, self.physics, self.apply_push(push), control)
        motion = losses.simulated_motion(self.humanoid, self.scene, self.physics.control_rate, state, effort, offset)
        return losses.evaluate(self.weights, motion, self.observed)


@jax.jit
def loss_and_gradient(problem: ReconstructionProblem, parameters: Parameters):
    """((loss, terms), gradient) of a problem at one set of parameters; compiled once for a number of frames."""
    return jax.value_and_grad(ReconstructionProblem.loss, argnums=1, has_aux=True)(problem, parameters)


@jax.jit
def simulate(problem: ReconstructionProblem, parameters: Parameters) -> tuple[State, Effort, Float[Array, "F J 4"]]:
    """States, efforts and control of the F frames."""
    control = problem.control(parameters.offset)
    start = problem.apply_push(parameters.push)
    return *rollout(problem.humanoid, problem.scene, problem.physics, start, control), control[1:]
