"""The Jacobians of a step, by spatial algebra: exact, and without a loop over bodies or a pass of differentiation.

A step solves R(q, u, t, u') = 0 for the velocity u' at its end (`implicit_step`). Here are the derivatives of R by the
configuration q, the velocity u at the start and the targets t; those by u' are in `implicit_step.jacobian`.
`linearised_step` makes the derivatives of the state at the end of the step of them.

Changes of a configuration are (dp, dtheta): dp moves the root in world axes, m, and dtheta_j turns joint j in the
child's own axes, rad. They have the order of the generalized velocity.

Derivation. Spatial vectors are about the root's place. A change of joint j displaces all bodies beyond it by S_j
dtheta_j, and with them everything that they carry: inertia, forces, axes. What is displaced with a body drops out of
the product with the axes of a joint that is displaced too. Left is what is *not* displaced: velocities and
accelerations that come from joints nearer to the root, gravity, and what the scene does. So every derivative is S_i'
times a matrix of the subtree times a motion of joint j, and the subtree's matrices are sums. See Featherstone, "Rigid
Body Dynamics Algorithms" (2008), for spatial algebra; Singh, Russell and Wensing, "Efficient analytical derivatives of
rigid-body dynamics using spatial vector algebra" (2022), for derivatives of this form.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.body.humanoid import Humanoid
from diffphy.physics import actuation, dynamics
from diffphy.physics.axes_motion import cross_motion, over_subtrees, see_axes
from diffphy.physics.contact_jacobians import contact_impulse_jacobians
from diffphy.physics.dynamics import Frames, Spatial
from diffphy.physics.implicit_step import StepStart, missing_impulse
from diffphy.physics.scene import Scene

_Matrices = Float[Array, "B 6 6"]


class ResidualJacobians(NamedTuple):
    """Derivatives of the residual of a step, N s and N m s for each unit.

    Attributes:
        configuration: By the change of the configuration at the start, m and rad.
        velocity: By the generalized velocity at the start, m/s and rad/s.
        target: By the rotation of each joint's target in its own axes, rad: a block for each joint.
    """

    configuration: Float[Array, "N N"]
    velocity: Float[Array, "N N"]
    target: Float[Array, "J 3 3"]


def residual_jacobians(
    start: StepStart,
    scene: Scene,
    root: Float[Array, "3"],
    rotation: Float[Array, "B 4"],
    target: Float[Array, "J 4"],
    new: Float[Array, "N"],
) -> ResidualJacobians:
    """Return the derivatives of a step's residual.

    Args:
        start: The step.
        scene: What the body can touch.
        root: The root's position at the start, m.
        rotation: Rotations at the start, wxyz.
        target: The targets of the joints, wxyz.
        new: Generalized velocity at the end of the step, m/s and rad/s.
    """
    tree = see_axes(start, new)
    touched = contact_impulse_jacobians(start, scene, root, tree.new_motion)
    inertia = dynamics.spatial_inertia(start.humanoid, start.frame)
    gyration = _gyration(start.humanoid, start.frame, inertia, tree.motion)
    force, dt = missing_impulse(start, tree.new_motion, tree.change), start.dt
    of_bodies = [dt * gyration, inertia, touched.displacement, touched.resistance, _cross_force(force)]
    sums = over_subtrees(start.frame, jnp.concatenate(of_bodies, axis=-1))
    of_subtree, turned = sums[..., :24], sums[..., 24:]

    axes = tree.axes
    moved = jnp.concatenate([tree.turning, tree.bending, axes, tree.new_turning], axis=1)
    by_configuration = _assemble(start.frame, axes, of_subtree, moved, turned)
    sped = jnp.concatenate([axes, dt * (tree.turning + tree.carrying) - axes], axis=1)
    by_velocity = _assemble(start.frame, axes, of_subtree[..., :12], sped, None)
    torque = torque_jacobians(start, rotation, target, new)
    own = dynamics.at_joints(-dt * torque.rotation)
    return ResidualJacobians(by_configuration + own, by_velocity, -dt * torque.target)


class TorqueJacobians(NamedTuple):
    """Derivatives of the torque of each joint, a block for each.

    Attributes:
        rotation: By a turn of the joint at the start of the step, N m/rad.
        target: By a turn of its target in the target's own axes, N m/rad.
        velocity: By its angular velocity at the end of the step, N m s.
    """

    rotation: Float[Array, "J 3 3"]
    target: Float[Array, "J 3 3"]
    velocity: Float[Array, "J 3 3"]


def torque_jacobians(
    start: StepStart, rotation: Float[Array, "B 4"], target: Float[Array, "J 4"], new: Float[Array, "N"]
) -> TorqueJacobians:
    """Return the derivatives of the joints' torques. The arguments are those of `residual_jacobians`."""
    drive = start.drive
    resistance = actuation.resistance(drive, dynamics.split(new)[1])
    by_error = resistance * (jnp.asarray(start.humanoid.kp) / drive.damping)[:, None, None]
    inverse = rotations.inverse_left_jacobian(rotations.difference(rotation[1:], target))
    return TorqueJacobians(-by_error @ inverse, by_error @ jnp.swapaxes(inverse, -1, -2), -resistance)


def _gyration(humanoid: Humanoid, frame: Frames, inertia: _Matrices, motion: Spatial) -> _Matrices:
    """Return how the rate of change of each body's momentum grows with a change of its motion."""
    carried = inertia @ cross_motion(jnp.concatenate(motion, axis=-1))
    momentum = dynamics.momentum(humanoid, frame, motion)
    return _cross_force(momentum) - carried - jnp.swapaxes(carried, -1, -2)


def _assemble(
    frame: Frames,
    axes: Float[Array, "P 6 3"],
    of_subtree: Float[Array, "P 6 K"],
    moved: Float[Array, "P K 3"],
    turned: Float[Array, "P 6 6"] | None,
) -> Float[Array, "N N"]:
    """Return the matrix of products of joints i and j, where one carries the other.

    Args:
        frame: The bodies.
        axes: S.
        of_subtree: Z, the sum over the bodies beyond each joint.
        moved: P. Where j carries i, or is i, the entry is S_i' Z_i P_j.
        turned: Where i carries j, the entry is S_i' (Z_j P_j + turned_j S_j). None: without the second part.
    """
    joints = len(axes)
    carried = jnp.pad(frame.chains, ((1, 0), (1, 0))).at[:, 0].set(1.0)  # row i, column j: j carries i
    carried = jnp.kron(carried, jnp.ones((3, 3), axes.dtype))
    rows = (jnp.swapaxes(axes, -1, -2) @ of_subtree).reshape(3 * joints, -1)
    below = rows @ jnp.moveaxis(moved, 0, 1).reshape(-1, 3 * joints)
    needed = of_subtree @ moved if turned is None else of_subtree @ moved + turned @ axes
    above = jnp.moveaxis(axes, 0, 1).reshape(6, -1).T @ jnp.moveaxis(needed, 0, 1).reshape(6, -1)
    own = jnp.kron(jnp.eye(joints, dtype=axes.dtype), jnp.ones((3, 3), axes.dtype))
    return carried * below + (carried.T - own) * above


def _cross_force(force: Spatial) -> _Matrices:
    """Return the matrix that takes a motion V to V x* force."""
    torque, push = -rotations.cross_matrix(force.angular), -rotations.cross_matrix(force.linear)
    upper = jnp.concatenate([torque, push], axis=-1)
    return jnp.concatenate([upper, jnp.concatenate([push, jnp.zeros_like(push)], axis=-1)], axis=-2)
