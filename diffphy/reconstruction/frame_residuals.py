"""The residuals of the loss, frame by frame, with their derivatives by what they depend on."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from diffphy.physics.kinematic_jacobian import kinematic_jacobian
from diffphy.physics.kinematics import Pose
from diffphy.reconstruction import losses
from diffphy.reconstruction.losses.motion import SimulatedMotion
from diffphy.reconstruction.problem import ReconstructionProblem


class Rows(NamedTuple):
    """M residuals of each frame, and their derivatives by what they depend on."""

    residual: Float[Array, "*F M"]
    jacobian: Float[Array, "..."]


def residuals_of_poses(problem: ReconstructionProblem, motion: SimulatedMotion) -> Rows:
    """Return the residuals of poses, by the changes of the configuration before each frame and at its end."""
    seen = _Places(motion.state.position, motion.state.rotation, motion.pose, *motion[4:7])
    moving = jax.vmap(lambda at, turned: kinematic_jacobian(problem.humanoid, problem.scene, at, turned), out_axes=1)(
        motion.state.position, motion.state.rotation
    )
    shift = jnp.eye(len(moving.joint), 3, dtype=seen.position.dtype)[:, None]
    directions = _Places(
        jnp.broadcast_to(shift, (len(shift), *seen.position.shape)),
        moving.rotation,
        Pose(moving.joint, moving.orientation),
        moving.center_of_mass,
        moving.contact_point,
        moving.gap,
    )

    def residuals(seen: _Places) -> list[Array]:
        state = motion.state._replace(position=seen.position, rotation=seen.rotation)
        places = dict(zip(("pose", "center_of_mass", "contact_point", "gap"), seen[2:], strict=True))
        return _residuals(problem, losses.OF_POSES, motion._replace(state=state, **places))

    return _by_frame(residuals, seen, directions)


class _Places(NamedTuple):
    """Where the body is in F frames: what terms of poses depend on."""

    position: Float[Array, "*F 3"]
    rotation: Float[Array, "*F B 4"]
    pose: Pose
    center_of_mass: Float[Array, "*F 3"]
    contact_point: Float[Array, "*F C 3"]
    gap: Float[Array, "*F C"]


def residuals_of_control(problem: ReconstructionProblem, motion: SimulatedMotion) -> Rows:
    """Return the residuals of the control, by the inputs before each frame and of the frame."""

    def residuals(offset: Float[Array, "F J 3"]) -> list[Array]:
        return _residuals(problem, losses.OF_CONTROL, motion._replace(offset=offset))

    offset = jnp.asarray(motion.offset)
    return _by_frame(residuals, offset, _each_component(offset))


def residuals_of_torques(problem: ReconstructionProblem, motion: SimulatedMotion) -> Rows:
    """Return the residuals of the torques, by the mean torques of each frame."""

    def residuals(torque: Float[Array, "F J 3"]) -> list[Array]:
        return _residuals(problem, losses.OF_TORQUES, motion._replace(effort=motion.effort._replace(torque=torque)))

    rows = _by_frame(residuals, motion.effort.torque, _each_component(motion.effort.torque))
    return Rows(rows.residual, rows.jacobian[..., motion.effort.torque[0].size :])


def residuals_of_contact(problem: ReconstructionProblem, motion: SimulatedMotion) -> Rows:
    """Return the residuals of the contact forces, by the mean forces on the spheres in each frame."""
    force = motion.effort.contact_force

    def residuals(force: Float[Array, "F C 3"]) -> Float[Array, "F R"]:
        effort = motion.effort._replace(contact_force=force)
        found = _residuals(problem, losses.OF_CONTACT, motion._replace(effort=effort))
        none = jnp.zeros((len(force), 0), force.dtype)
        return jnp.concatenate([*(rows.reshape(len(force), -1) for rows in found), none], axis=1)

    # A residual depends on the forces of its own frame, so one reverse pass serves all frames.
    residual, pull = jax.vjp(residuals, force)
    rows = jnp.eye(residual.shape[1], dtype=force.dtype)
    jacobian = jax.vmap(lambda row: pull(jnp.broadcast_to(row, residual.shape))[0], out_axes=1)(rows)
    return Rows(residual, jacobian)


def _residuals(
    problem: ReconstructionProblem, terms: Sequence[losses.Term], motion: SimulatedMotion
) -> list[Float[Array, "rows _"]]:
    """Return the weighted residuals of the terms of a group that count, a row for each frame or pair of frames."""
    weights = {term.__name__: problem.weights[term.__name__] for term in terms if term.__name__ in problem.weights}
    found = losses.residuals(weights, motion, problem.observed).values()
    return [rows.reshape(len(rows), -1) for rows in found if rows.size]


def _by_frame(residuals: Callable[[Any], list[Array]], at: Any, directions: Any) -> Rows:
    """Return the residuals of each frame, and their derivatives along D directions: before the frame, and in it.

    A residual depends on a frame, or on two adjacent ones. So all even frames move at once, then all odd ones.

    Args:
        residuals: A function of F frames, a tree of arrays with frames along the first axis.
        at: Where it is differentiated.
        directions: The same tree, with another first axis for the directions. Each moves all frames.
    """
    found, push = jax.linearize(residuals, at)
    frames = len(jax.tree.leaves(at)[0])
    parity = jnp.arange(frames)[None] % 2 == jnp.arange(2)[:, None]

    def along(moves: Bool[Array, "F"], direction: Any) -> list[Array]:
        return push(jax.tree.map(lambda a: jnp.where(moves.reshape(-1, *[1] * (a.ndim - 1)), a, 0.0), direction))

    pushed = jax.vmap(lambda moves: jax.vmap(lambda direction: along(moves, direction))(directions))(parity)
    size, dtype = len(jax.tree.leaves(directions)[0]), jax.tree.leaves(at)[0].dtype
    residual, jacobian = [jnp.zeros((frames, 0), dtype)], [jnp.zeros((frames, 0, 2 * size), dtype)]
    for rows, change in zip(found, pushed, strict=True):
        first = frames - len(rows)  # 1 where rows belong to pairs of frames
        row, own = np.arange(len(rows)), np.arange(first, frames)
        both = [jnp.moveaxis(change[frame % 2, :, row], 1, -1) for frame in (own + 1, own)]
        residual.append(jnp.pad(rows, ((first, 0), (0, 0))))
        jacobian.append(jnp.pad(jnp.concatenate(both, axis=-1), ((first, 0), (0, 0), (0, 0))))
    return Rows(jnp.concatenate(residual, axis=1), jnp.concatenate(jacobian, axis=1))


def _each_component(array: Float[Array, "F J 3"]) -> Float[Array, "D F J 3"]:
    """Return the directions that change one component in all frames."""
    size = array[0].size
    return jnp.broadcast_to(jnp.eye(size, dtype=array.dtype).reshape(size, 1, *array.shape[1:]), (size, *array.shape))
