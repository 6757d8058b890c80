"""Where the bodies are: from generalized positions to poses, points and joint positions in the world."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.body.humanoid import Humanoid


class Pose(NamedTuple):
    """Bodies in the world: the position of each body's joint, m, and its orientation, wxyz."""

    position: Float[Array, "B 3"]
    rotation: Float[Array, "B 4"]


def ancestors(parents: tuple[int, ...]) -> Float[np.ndarray, "B B"]:
    """Matrix whose row b is 1 at b and at each of its ancestors: sums along chains become one product."""
    matrix = np.zeros((len(parents), len(parents)))
    for body, parent in enumerate(parents):
        if parent >= 0:
            matrix[body] = matrix[parent]
        matrix[body, body] = 1.0
    return matrix


def selection(rows: Sequence[int] | np.ndarray, bodies: int) -> Float[np.ndarray, "R B"]:
    """Matrix that picks one body's row for each of `rows`; a negative index picks nothing, zeros.

    Used instead of indexing inside a step: the reverse of a product is a product, that of a gather a scatter, which
    XLA turns into a loop on a CPU.
    """
    return (np.asarray(rows)[:, None] == np.arange(bodies)).astype(float)


@partial(jax.jit, static_argnums=0)  # traced once for its many uses
def world_rotations(parents: tuple[int, ...], rotation: Float[Array, "B 4"]) -> Float[Array, "B 4"]:
    """Orientation of every body in the world from its rotation relative to its parent.

    Chains are multiplied by doubling: in each round every body takes the product of the chain that ends where its own
    begins, so that a tree of depth d needs log2(d) rounds, whatever its shape (Hillis and Steele, 1986).
    """
    above = np.array(parents)
    while (above >= 0).any():
        identity = np.outer(above < 0, [1.0, 0.0, 0.0, 0.0])
        upper = jnp.asarray(selection(above, len(parents)), rotation.dtype) @ rotation
        rotation = rotations.multiply(upper + jnp.asarray(identity, rotation.dtype), rotation)
        above = np.where(above >= 0, above[above], -1)
    return rotation


def bone_vectors(humanoid: Humanoid, matrix: Float[Array, "B 3 3"]) -> Float[Array, "B 3"]:
    """World vector from each body's parent's joint to its own joint, m; zero for the root."""
    parent = jnp.asarray(selection(humanoid.parents, humanoid.bodies), matrix.dtype)
    of_parent = (parent @ matrix.reshape(-1, 9)).reshape(-1, 3, 3)
    return jnp.sum(of_parent * humanoid.joint_offset[:, None, :], axis=-1)


def forward_kinematics(humanoid: Humanoid, position: Float[Array, "3"], rotation: Float[Array, "B 4"]) -> Pose:
    """World poses of all bodies.

    `position`: the root's, m, world. `rotation`: the root's orientation in the world, then each body's relative to its
    parent, wxyz.
    """
    world = world_rotations(humanoid.parents, rotation)
    bones = bone_vectors(humanoid, rotations.to_matrix(world))
    chains = jnp.asarray(ancestors(humanoid.parents), bones.dtype)
    return Pose(position[None] + chains @ bones, world)


def contact_points(humanoid: Humanoid, pose: Pose) -> Float[Array, "C 3"]:
    """World centres of the spheres by which the bodies touch the scene, m."""
    body = np.array(humanoid.contact_body)
    return pose.position[body] + rotations.rotate(pose.rotation[body], humanoid.contact_offset)


def center_of_mass(humanoid: Humanoid, pose: Pose) -> Float[Array, "3"]:
    """Centre of mass of the whole body in the world, m."""
    centers = pose.position + rotations.rotate(pose.rotation, humanoid.com)
    return jnp.asarray(humanoid.mass) @ centers / jnp.sum(humanoid.mass)
