"""Reconstruction as a minimization problem: control parameters in, a scalar loss out."""

from collections.abc import Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.arrays import AnyArray
from diffphy.body.humanoid import Humanoid
from diffphy.compiled import compiled
from diffphy.physics.scene import Scene
from diffphy.physics.simulate import Physics, State, rollout
from diffphy.reconstruction import losses
from diffphy.reconstruction.observation import Keyframes
from diffphy.reconstruction.parameters import Parameters


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class ReconstructionProblem:
    """Find the control with which the simulated body follows F frames of a recording.

    The control of each frame and joint is the reference rotation times exp(offset). A push changes the initial
    velocity, because a recording says little about the velocity of its first frame.

    Attributes:
        humanoid: The simulated body.
        scene: What it can touch.
        physics: Constants of the simulation.
        state: The state before the first frame.
        first_control: Target rotations, wxyz, at the start of the first frame.
        observed: The F frames after `state`.
        weights: Weight of each loss term, by its name in `losses.TERMS`.
    """

    humanoid: Humanoid
    scene: Scene
    physics: Physics
    state: State
    first_control: Float[AnyArray, "J 4"]
    observed: Keyframes
    weights: Mapping[str, float | Float[Array, ""]]

    def control(self, offset: Float[AnyArray, "F J 3"]) -> Float[Array, "F+1 J 4"]:
        """Return target rotations, wxyz, at the start of the first frame and at the end of each frame."""
        control = rotations.multiply(self.observed.rotation[:, 1:], rotations.exp(offset))
        return jnp.concatenate([jnp.asarray(self.first_control)[None], control])

    def apply_push(self, push: Float[AnyArray, "velocities 3"]) -> State:
        """Return the initial state with the push added to its velocities."""
        return self.state._replace(
            velocity=self.state.velocity + push[0], angular_velocity=self.state.angular_velocity + push[1:]
        )

    def loss(self, parameters: Parameters) -> tuple[Float[Array, ""], dict[str, Float[Array, ""]]]:
        """Return the DiffPhy loss and what each term adds to it, by name."""
        offset, push = parameters
        control = self.control(offset)
        state, effort = rollout(self.humanoid, self.scene, self.physics, self.apply_push(push), control)
        motion = losses.simulated_motion(self.humanoid, self.scene, self.physics.control_rate, state, effort, offset)
        return losses.evaluate(self.weights, motion, self.observed)


@compiled
def loss_and_gradient(problem: ReconstructionProblem, parameters: Parameters):
    """Return ((loss, terms), gradient) of a problem at one set of parameters. Compiled once for each window length."""
    return jax.value_and_grad(ReconstructionProblem.loss, argnums=1, has_aux=True)(problem, parameters)
