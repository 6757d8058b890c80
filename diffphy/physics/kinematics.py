"""Where the bodies are in the world: poses, contact points and the centre of mass."""

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
    """The bodies in the world.

    Attributes:
        position: Position of each body's joint, m.
        rotation: Orientation of each body, wxyz.
    """

    position: Float[Array, "B 3"]
    rotation: Float[Array, "B 4"]


def ancestors(parents: tuple[int, ...]) -> Float[np.ndarray, "B B"]:
    """Return the matrix whose row b is 1 at b and at each ancestor of b. Sums along chains are products with it."""
    matrix = np.zeros((len(parents), len(parents)))
    for body, parent in enumerate(parents):
        if parent >= 0:
            matrix[body] = matrix[parent]
        matrix[body, body] = 1.0
    return matrix


def selection(rows: Sequence[int] | np.ndarray, bodies: int) -> Float[np.ndarray, "R B"]:
    """Return the matrix that picks one body's row for each of `rows`. A negative index picks zeros.

    It replaces indexing inside a step. The reverse of a product is a product; the reverse of a gather is a scatter,
    which XLA turns into a loop on a CPU.
    """
    return (np.asarray(rows)[:, None] == np.arange(bodies)).astype(float)


@partial(jax.jit, static_argnums=0)  # traced once for its many uses
def world_rotations(parents: tuple[int, ...], rotation: Float[Array, "B 4"]) -> Float[Array, "B 4"]:
    """Return the orientation of every body in the world, wxyz, from the rotations relative to the parents.

    Chains are multiplied by doubling (Hillis and Steele, 1986). In each round a body multiplies its chain by the chain
    that ends where its own begins. A tree of depth d needs log2(d) rounds, whatever its shape.
    """
    above = np.array(parents)
    while (above >= 0).any():
        identity = np.outer(above < 0, [1.0, 0.0, 0.0, 0.0])
        upper = jnp.asarray(selection(above, len(parents)), rotation.dtype) @ rotation
        rotation = rotations.multiply(upper + jnp.asarray(identity, rotation.dtype), rotation)
        above = np.where(above >= 0, above[above], -1)
    return rotation


def bone_vectors(humanoid: Humanoid, matrix: Float[Array, "B 3 3"]) -> Float[Array, "B 3"]:
    """Return the vector from the joint of each body's parent to its own joint, world axes, m. The root's is zero."""
    parent = jnp.asarray(selection(humanoid.parents, humanoid.bodies), matrix.dtype)
    of_parent = (parent @ matrix.reshape(-1, 9)).reshape(-1, 3, 3)
    return jnp.sum(of_parent * humanoid.joint_offset[:, None, :], axis=-1)


def forward_kinematics(humanoid: Humanoid, position: Float[Array, "3"], rotation: Float[Array, "B 4"]) -> Pose:
    """Return the poses of all bodies in the world.

    Args:
        humanoid: The body.
        position: The root's position in the world, m.
        rotation: The root's orientation in the world, then each body's rotation relative to its parent, wxyz.
    """
    world = world_rotations(humanoid.parents, rotation)
    bones = bone_vectors(humanoid, rotations.to_matrix(world))
    chains = jnp.asarray(ancestors(humanoid.parents), bones.dtype)
    return Pose(position[None] + chains @ bones, world)


def contact_points(humanoid: Humanoid, pose: Pose) -> Float[Array, "C 3"]:
    """Return the centres of the contact spheres in the world, m."""
    body = np.array(humanoid.contact_body)
    return pose.position[body] + rotations.rotate(pose.rotation[body], humanoid.contact_offset)


def center_of_mass(humanoid: Humanoid, pose: Pose) -> Float[Array, "3"]:
    """Return the centre of mass of the whole body in the world, m."""
    centers = pose.position + rotations.rotate(pose.rotation, humanoid.com)
    return jnp.asarray(humanoid.mass) @ centers / jnp.sum(humanoid.mass)
