"""How the axes of joints move with the bodies, and what that makes of changes of the configuration.

Spatial vectors are about the root's place (`dynamics`). Joint -1 comes first: it moves the root along the world's axes.
A matrix of a joint has a column for each of its axes. There are P = B + 1 joints, and N = 3 P changes.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.body.humanoid import Humanoid
from diffphy.physics import dynamics, kinematics
from diffphy.physics.dynamics import Frames, Spatial
from diffphy.physics.implicit_step import StepStart, change_of_motion


class AxesMotion(NamedTuple):
    """Motions of the bodies and of the joints' axes in a step.

    Attributes:
        axes: S, what each joint adds to the motion of the bodies beyond it.
        motion: V, the spatial velocity of each body at the start.
        new_motion: V', that at the end.
        change: c, the change of the velocity, with that of the axes, less gravity's: its product with the inertia is an
            impulse.
        turning: V of the joint's parent x S: how a change of the joint changes velocities beyond it, seen from bodies
            that are displaced with it.
        new_turning: The same with V'.
        carrying: V x S: how the axes move.
        bending: How a change of the joint changes c beyond it.
    """

    axes: Float[Array, "P 6 3"]
    motion: Spatial
    new_motion: Spatial
    change: Spatial
    turning: Float[Array, "P 6 3"]
    new_turning: Float[Array, "P 6 3"]
    carrying: Float[Array, "P 6 3"]
    bending: Float[Array, "P 6 3"]


def see_axes(start: StepStart, new: Float[Array, "N"]) -> AxesMotion:
    """Return the motions in a step that ends with a generalized velocity `new`, m/s and rad/s."""
    frame, motion, dt = start.frame, start.motion, start.dt
    velocity, _ = dynamics.split(start.velocity)
    new_velocity, new_angular = dynamics.split(new)
    new_motion = dynamics.body_motion(frame, new_velocity, new_angular)
    falling = -dt * start.gravity
    change = change_of_motion(start, new_motion)
    joints = dynamics.joint_axes(frame)
    axes = jnp.concatenate([jnp.eye(6, 3, -3, joints.dtype)[None], joints])
    zero = jnp.zeros(3, joints.dtype)
    still = jnp.concatenate([zero, zero])

    def of_parent(bodies: Spatial, of_translation: Float[Array, "3"], above: Float[Array, "6"]) -> Float[Array, "P 6"]:
        """Return the motion of each joint's parent. That of joint 0 is joint -1, whose parent is at rest."""
        every = jnp.concatenate(bodies, axis=-1)
        parents = _parents(start.humanoid, every.dtype)
        first = jnp.concatenate([zero, of_translation])
        return jnp.concatenate([above[None], parents @ every + jnp.eye(len(every), 1, dtype=every.dtype) * first[None]])

    parent = of_parent(motion, velocity, still)
    new_parent = of_parent(new_motion, new_velocity, still)
    change_of_parent = of_parent(change, new_velocity - velocity + falling, jnp.concatenate([zero, falling]))
    own = jnp.concatenate([jnp.concatenate([zero, velocity])[None], jnp.concatenate(motion, axis=-1)])
    turning = cross_motion(parent) @ axes
    return AxesMotion(
        axes=axes,
        motion=motion,
        new_motion=new_motion,
        change=change,
        turning=turning,
        new_turning=cross_motion(new_parent) @ axes,
        carrying=cross_motion(own) @ axes,
        bending=cross_motion(change_of_parent) @ axes + dt * cross_motion(parent) @ turning,
    )


def over_subtrees(frame: Frames, matrices: Float[Array, "B M K"]) -> Float[Array, "P M K"]:
    """Return the sum over the bodies beyond each joint. Joint -1 carries all, as joint 0 does."""
    total = (frame.chains.T @ matrices.reshape(len(matrices), -1)).reshape(matrices.shape)
    return jnp.concatenate([total[:1], total])


def cross_motion(motion: Float[Array, "*batch 6"]) -> Float[Array, "*batch 6 6"]:
    """Return the matrix of V x, on motions."""
    turn, shift = rotations.cross_matrix(motion[..., :3]), rotations.cross_matrix(motion[..., 3:])
    upper = jnp.concatenate([turn, jnp.zeros_like(turn)], axis=-1)
    return jnp.concatenate([upper, jnp.concatenate([shift, turn], axis=-1)], axis=-2)


def _parents(humanoid: Humanoid, dtype: jnp.dtype) -> Float[Array, "B B"]:
    return jnp.asarray(kinematics.selection(humanoid.parents, humanoid.bodies), dtype)
