"""Changes of a state as vectors: S = 2 N numbers, those of the configuration, m and rad, then of the velocity.

They are in the order of the generalized velocity (`dynamics`). The root moves in world axes; the root and the joints
turn in their own axes.
"""

import math

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.physics import dynamics
from diffphy.physics.simulate import State


def change_size(state: State) -> int:
    """Return S: how many numbers a change of such a state has."""
    return 2 * (state.velocity.shape[-1] + math.prod(state.angular_velocity.shape[-2:]))


def state_change(a: State, b: State) -> Float[Array, "S"]:
    """Return the change from state a to state b."""
    turn = rotations.difference(a.rotation, b.rotation)
    parts = (b.position - a.position, turn, b.velocity - a.velocity, b.angular_velocity - a.angular_velocity)
    return jnp.concatenate([jnp.ravel(part) for part in parts])


def change_state(state: State, change: Float[Array, "S"]) -> State:
    """Return the state after a change."""
    size = len(change) // 2
    (shift, turn), (velocity, angular) = dynamics.split(change[:size]), dynamics.split(change[size:])
    return State(
        state.position + shift,
        rotations.multiply(state.rotation, rotations.exp(turn)),
        state.velocity + velocity,
        state.angular_velocity + angular,
    )
