"""Reconstruction as minimization: control parameters in, a scalar out."""

from collections.abc import Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from diffphy import losses, rotations
from diffphy.humanoid import Humanoid
from diffphy.observation import Keyframes
from diffphy.scene import Scene
from diffphy.simulate import Effort, Physics, State, rollout


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class ReconstructionProblem:
    """Find the control that makes the simulated body follow F observed frames from a given state.

    The parameters are rotation vectors (F, J, 3), rad: control = reference rotation * exp(offset), one for each frame
    and joint. `first_control`: the target (J, 4) that holds at the start of the first frame. `observed`: the F frames
    after `state`. `weights`: of the loss terms, by name (`diffphy.losses.TERMS`).
    """

    humanoid: Humanoid
    scene: Scene
    physics: Physics
    state: State
    first_control: Float[np.ndarray | Array, "J 4"]
    observed: Keyframes
    weights: Mapping[str, float]

    def control(self, offset: Float[Array, "F J 3"]) -> Float[Array, "F+1 J 4"]:
        """Target rotations, wxyz, at the start of the first frame and at the end of each."""
        control = rotations.multiply(self.observed.rotation[:, 1:], rotations.exp(offset))
        return jnp.concatenate([jnp.asarray(self.first_control)[None], control])

    def loss(self, offset: Float[Array, "F J 3"]) -> tuple[Float[Array, ""], dict[str, Float[Array, ""]]]:
        """The DiffPhy loss and its terms by name."""
        state, effort = rollout(self.humanoid, self.scene, self.physics, self.state, self.control(offset))
        motion = losses.observe(self.humanoid, self.scene, self.physics.control_rate, state, effort, offset)
        return losses.evaluate(self.weights, motion, self.observed)


@jax.jit
def loss_and_gradient(problem: ReconstructionProblem, offset: Float[Array, "F J 3"]):
    """((loss, terms), gradient) of a problem at one set of parameters; compiled once for a number of frames."""
    return jax.value_and_grad(ReconstructionProblem.loss, argnums=1, has_aux=True)(problem, offset)


@jax.jit
def simulate(
    problem: ReconstructionProblem, offset: Float[Array, "F J 3"]
) -> tuple[State, Effort, Float[Array, "F J 4"]]:
    """States, efforts and control of the F frames."""
    control = problem.control(offset)
    return *rollout(problem.humanoid, problem.scene, problem.physics, problem.state, control), control[1:]
