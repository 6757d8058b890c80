"""Rigid-body dynamics of the tree, in world axes and about the root's position.

Spatial vectors (Featherstone, "Rigid Body Dynamics Algorithms", 2008) are pairs (angular, linear). Their reference
point is the place of the root, which keeps the numbers small wherever the person walks. Sums along chains and over
subtrees are products with the matrix of ancestors, so nothing loops over bodies.

The generalized velocity is `[root linear velocity (world axes), root angular velocity (root's own axes), each body's
angular velocity relative to its parent (its own axes)]`, N = 3 + 3 B numbers, m/s and rad/s.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.body.humanoid import Humanoid
from diffphy.physics import kinematics

GRAVITY = (0.0, 0.0, -9.81)


class Frames(NamedTuple):
    """The bodies at one instant, in world axes, relative to the root's position.

    Attributes:
        chains: The matrix of ancestors (`kinematics.ancestors`).
        matrix: Orientations.
        joint: Positions of the joints less the root's position, m.
        com: Positions of the centres of mass less the root's position, m.
    """

    chains: Float[Array, "B B"]
    matrix: Float[Array, "B 3 3"]
    joint: Float[Array, "B 3"]
    com: Float[Array, "B 3"]


class Spatial(NamedTuple):
    """Spatial vectors, one for each body: motions or forces.

    Attributes:
        angular: Angular velocities, rad/s, or their rates; of forces the torques about the root's position, N m.
        linear: Velocities, m/s, at the root's position, or their rates; of forces the forces, N.
    """

    angular: Float[Array, "B 3"]
    linear: Float[Array, "B 3"]

    def at(self, point: Float[Array, "B 3"]) -> Float[Array, "B 3"]:
        """Return the velocity of the material point of each body that is at `point`. The vectors must be motions."""
        return self.linear + rotations.cross(self.angular, point)


def frames(humanoid: Humanoid, rotation: Float[Array, "B 4"]) -> Frames:
    """Return the poses relative to the root's position, from the root's orientation and the joints' rotations, wxyz."""
    world = kinematics.world_rotations(humanoid.parents, rotation)
    matrix = rotations.to_matrix(world)
    chains = jnp.asarray(kinematics.ancestors(humanoid.parents), matrix.dtype)
    joint = chains @ kinematics.bone_vectors(humanoid, matrix)
    com = joint + jnp.sum(matrix * humanoid.com[:, None, :], axis=-1)
    return Frames(chains, matrix, joint, com)


def joint_motion(frame: Frames, angular_velocity: Float[Array, "B 3"]) -> Spatial:
    """Return what each joint adds to the motion of all bodies beyond it: its columns of the Jacobian times its rates.

    Args:
        frame: The bodies.
        angular_velocity: Angular velocity of each joint, in the child's axes, rad/s.
    """
    axis = jnp.sum(frame.matrix * angular_velocity[:, None, :], axis=-1)
    return Spatial(axis, rotations.cross(frame.joint, axis))


def joint_axes(frame: Frames) -> Float[Array, "B 6 3"]:
    """Return the spatial motion, (angular, linear), that a rate of 1 rad/s about each axis of each joint adds."""
    return jnp.concatenate([frame.matrix, rotations.cross(frame.joint[:, None], frame.matrix.mT).mT], axis=1)


def along_chains(frame: Frames, own: Spatial) -> Spatial:
    """Return for each body the sum of a motion over the body and its ancestors."""
    total = frame.chains @ jnp.concatenate(own, axis=-1)
    return Spatial(total[:, :3], total[:, 3:])


def body_motion(frame: Frames, velocity: Float[Array, "3"], angular_velocity: Float[Array, "B 3"]) -> Spatial:
    """Return the spatial velocity of every body from the generalized velocity. It is linear in that velocity."""
    angular, linear = along_chains(frame, joint_motion(frame, angular_velocity))
    return Spatial(angular, linear + velocity[None])


def bias_acceleration(frame: Frames, motion: Spatial, angular_velocity: Float[Array, "B 3"]) -> Spatial:
    """Return the spatial acceleration of every body while the generalized velocity is constant.

    The axes of a joint turn with the body that carries it. This gives the sum of V x (S w) over the ancestors.
    """
    own = joint_motion(frame, angular_velocity)
    turned = rotations.cross(motion.angular, own.linear) + rotations.cross(motion.linear, own.angular)
    return along_chains(frame, Spatial(rotations.cross(motion.angular, own.angular), turned))


def momentum(humanoid: Humanoid, frame: Frames, motion: Spatial) -> Spatial:
    """Return the momentum of every body: its spatial inertia times a motion.

    For a velocity it is the angular momentum about the root's position, N m s, and the linear momentum, N s. For an
    acceleration it is a torque, N m, and a force, N.
    """
    linear = jnp.asarray(humanoid.mass)[:, None] * motion.at(frame.com)
    local = jnp.sum(jnp.swapaxes(frame.matrix, -1, -2) * motion.angular[:, None, :], axis=-1)
    local = jnp.sum(humanoid.inertia * local[:, None, :], axis=-1)
    spin = jnp.sum(frame.matrix * local[:, None, :], axis=-1)
    return Spatial(spin + rotations.cross(frame.com, linear), linear)


def gyroscopic_force(motion: Spatial, body_momentum: Spatial) -> Spatial:
    """Return the rate of change of each body's momentum that its motion alone causes, V x* (I V): N m, N."""
    torque = rotations.cross(motion.angular, body_momentum.angular)
    torque = torque + rotations.cross(motion.linear, body_momentum.linear)
    return Spatial(torque, rotations.cross(motion.angular, body_momentum.linear))


def generalized_force(frame: Frames, force: Spatial) -> Float[Array, "N"]:
    """Return the generalized force of forces on the bodies: the transpose of `body_motion`."""
    carried = frame.chains.T @ jnp.concatenate(force, axis=-1)
    torque = carried[:, :3] - rotations.cross(frame.joint, carried[:, 3:])
    joints = jnp.sum(jnp.swapaxes(frame.matrix, -1, -2) * torque[:, None, :], axis=-1)
    return jnp.concatenate([carried[0, 3:], joints.reshape(-1)])


def split(generalized: Float[Array, "N"]) -> tuple[Float[Array, "3"], Float[Array, "B 3"]]:
    """Split a generalized velocity into the root's linear velocity, m/s, and all angular velocities, rad/s."""
    return generalized[:3], generalized[3:].reshape(-1, 3)


def join(velocity: Float[Array, "3"], angular_velocity: Float[Array, "B 3"]) -> Float[Array, "N"]:
    """Join velocities to a generalized velocity: the inverse of `split`."""
    return jnp.concatenate([velocity, angular_velocity.reshape(-1)])


def point_matrix(point: Float[Array, "*batch 3"]) -> Float[Array, "*batch 3 6"]:
    """Return the matrix (-[p]x, 1) from a body's spatial velocity (angular, linear) to the velocity of its point."""
    x, y, z = point[..., 0], point[..., 1], point[..., 2]
    o, i = jnp.zeros_like(x), jnp.ones_like(x)
    rows = [[o, z, -y, i, o, o], [-z, o, x, o, i, o], [y, -x, o, o, o, i]]
    return jnp.stack([jnp.stack(row, axis=-1) for row in rows], axis=-2)


def spatial_inertia(humanoid: Humanoid, frame: Frames) -> Float[Array, "B 6 6"]:
    """Return the inertia of every body about the root's position. It acts on (angular, linear)."""
    at_com = point_matrix(frame.com)
    translation = jnp.asarray(humanoid.mass)[:, None, None] * jnp.einsum("bij,bik->bjk", at_com, at_com)
    turned = frame.matrix @ humanoid.inertia @ jnp.swapaxes(frame.matrix, -1, -2)
    return translation + jnp.pad(turned, ((0, 0), (0, 3), (0, 3)))


def assemble(frame: Frames, body_matrix: Float[Array, "B 6 6"]) -> Float[Array, "N N"]:
    """Return the matrix J^T diag(body_matrix) J over generalized velocities, by composite bodies.

    With spatial inertias this is the composite-rigid-body algorithm (Featherstone, chapter 6). Damping that acts on
    bodies, as contact does, is summed in the same way. The result is symmetric if the matrices of the bodies are.
    """
    below, above = assemble_below(frame, body_matrix), assemble_below(frame, body_matrix.mT)
    return jnp.tril(below) + jnp.triu(above.T, 1)


def assemble_below(frame: Frames, body_matrix: Float[Array, "B 6 6"]) -> Float[Array, "N N"]:
    """Return the lower triangle of `assemble`. The part above the diagonal's blocks is not filled in."""
    bodies = len(frame.joint)
    composite = (frame.chains.T @ body_matrix.reshape(bodies, 36)).reshape(bodies, 6, 6)
    axes = joint_axes(frame)
    translation = jnp.eye(6, 3, -3, axes.dtype)
    subspace = jnp.concatenate([translation, jnp.moveaxis(axes, 0, 1).reshape(6, -1)], axis=1)

    # Entry (k, l), where joint l carries joint k: the axes of k times the force that k's subtree needs to follow l.
    forces = jnp.moveaxis(composite.mT @ axes, 0, 1).reshape(6, -1)
    forces = jnp.concatenate([composite[0].T @ translation, forces], axis=1)
    carried = jnp.kron(frame.chains, jnp.ones((3, 3), axes.dtype))
    carried = jnp.pad(carried, ((3, 0), (3, 0))).at[:, :3].set(1.0)
    return carried * (forces.T @ subspace)


def on_diagonal(blocks: Float[Array, "P 3 3"]) -> Float[Array, "N N"]:
    """Return the matrix that has these blocks on its diagonal."""
    count = len(blocks)
    spread = blocks[:, :, None, :] * jnp.eye(count, dtype=blocks.dtype)[:, None, :, None]
    return spread.reshape(3 * count, 3 * count)


def at_joints(blocks: Float[Array, "J 3 3"]) -> Float[Array, "N N"]:
    """Return the matrix over generalized velocities that has these blocks at the joints, and zeros at the root."""
    return jnp.pad(on_diagonal(blocks), (6, 0))


def joint_space_inertia(humanoid: Humanoid, frame: Frames) -> Float[Array, "N N"]:
    """Return the mass matrix: kg, kg m and kg m^2 in the blocks of the generalized velocity."""
    return assemble(frame, spatial_inertia(humanoid, frame))


def mass_matrix(humanoid: Humanoid, rotation: Float[Array, "B 4"]) -> Float[Array, "N N"]:
    """Return the mass matrix from the root's orientation and the joints' rotations, wxyz."""
    return joint_space_inertia(humanoid, frames(humanoid, rotation))


def bias_forces(
    humanoid: Humanoid,
    rotation: Float[Array, "B 4"],
    generalized_velocity: Float[Array, "N"],
    gravity: tuple[float, float, float] = GRAVITY,
) -> Float[Array, "N"]:
    """Return the generalized force that keeps the generalized velocity constant, N and N m.

    It contains Coriolis, centrifugal and gyroscopic forces, and gravity: `M du/dt + bias = applied force`. In du/dt
    the first three rows are the derivative of the root's velocity in world axes.

    Args:
        humanoid: The body.
        rotation: The root's orientation and the joints' rotations, wxyz.
        generalized_velocity: The generalized velocity, m/s and rad/s.
        gravity: Acceleration, m/s^2, world axes.
    """
    frame = frames(humanoid, rotation)
    velocity, angular_velocity = split(generalized_velocity)
    motion = body_motion(frame, velocity, angular_velocity)
    acceleration = bias_acceleration(frame, motion, angular_velocity)
    acceleration = Spatial(acceleration.angular, acceleration.linear - jnp.asarray([gravity], velocity.dtype))
    inertial = momentum(humanoid, frame, acceleration)
    gyroscopic = gyroscopic_force(motion, momentum(humanoid, frame, motion))
    return generalized_force(frame, Spatial(*map(jnp.add, inertial, gyroscopic)))


def forward_dynamics(
    humanoid: Humanoid,
    rotation: Float[Array, "B 4"],
    generalized_velocity: Float[Array, "N"],
    force: Float[Array, "N"],
    gravity: tuple[float, float, float] = GRAVITY,
) -> Float[Array, "N"]:
    """Return the generalized acceleration under a generalized force, without contact, m/s^2 and rad/s^2.

    Args:
        humanoid: The body.
        rotation: The root's orientation and the joints' rotations, wxyz.
        generalized_velocity: The generalized velocity, m/s and rad/s.
        force: The generalized force, N and N m.
        gravity: Acceleration, m/s^2, world axes.
    """
    bias = bias_forces(humanoid, rotation, generalized_velocity, gravity)
    return jnp.linalg.solve(mass_matrix(humanoid, rotation), force - bias)
