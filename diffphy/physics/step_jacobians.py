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

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.body.humanoid import Humanoid
from diffphy.physics import actuation, dynamics, kinematics
from diffphy.physics import scene as scenes
from diffphy.physics.contact import point_velocity, spatial_resistance
from diffphy.physics.dynamics import Frames, Spatial, point_matrix
from diffphy.physics.implicit_step import StepStart, change_of_motion, missing_impulse
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
    tree = _walk(start, new)
    touched = _contact_jacobians(start, scene, root, tree)
    inertia = dynamics.spatial_inertia(start.humanoid, start.frame)
    gyration = _gyration(start.humanoid, start.frame, inertia, tree.motion)
    force, dt = missing_impulse(start, tree.new_motion, tree.change), start.dt
    of_bodies = [dt * gyration, inertia, touched.displacement, touched.resistance, _cross_force(force)]
    sums = _over_subtrees(start.frame, jnp.concatenate(of_bodies, axis=-1))
    of_subtree, turned = sums[..., :24], sums[..., 24:]

    axes = tree.axes
    moved = jnp.concatenate([tree.turning, tree.bending, axes, tree.new_turning], axis=1)
    by_configuration = _assemble(start.frame, axes, of_subtree, moved, turned)
    sped = jnp.concatenate([axes, dt * (tree.turning + tree.carrying) - axes], axis=1)
    by_velocity = _assemble(start.frame, axes, of_subtree[..., :12], sped, None)
    torque = torque_jacobians(start, rotation, target, new)
    own = jnp.pad(on_diagonal(-dt * torque.rotation), (6, 0))
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
    inverse = _inverse_left_jacobian(rotations.difference(rotation[1:], target))
    return TorqueJacobians(-by_error @ inverse, by_error @ jnp.swapaxes(inverse, -1, -2), -resistance)


class _Tree(NamedTuple):
    """Motions of bodies and of joints. Joint -1 comes first: it moves the root along the world's axes.

    A matrix of a joint has a column for each of its axes.

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


def _walk(start: StepStart, new: Float[Array, "N"]) -> _Tree:
    frame, motion, dt = start.frame, start.motion, start.dt
    velocity, _ = dynamics.split(start.velocity)
    new_velocity, new_angular = dynamics.split(new)
    new_motion = dynamics.body_motion(frame, new_velocity, new_angular)
    falling = -dt * start.gravity
    change = change_of_motion(start, new_motion)
    joints = jnp.concatenate([frame.matrix, rotations.cross(frame.joint[:, None], frame.matrix.mT).mT], axis=1)
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
    turning = _cross_motion(parent) @ axes
    return _Tree(
        axes=axes,
        motion=motion,
        new_motion=new_motion,
        change=change,
        turning=turning,
        new_turning=_cross_motion(new_parent) @ axes,
        carrying=_cross_motion(own) @ axes,
        bending=_cross_motion(change_of_parent) @ axes + dt * _cross_motion(parent) @ turning,
    )


class _ContactJacobians(NamedTuple):
    """How contact changes the impulse that is missing on each body: dt times a force.

    Attributes:
        displacement: By a displacement of the body, with the velocities that are displaced with it.
        resistance: By the spatial velocity of the body at the end of the step.
    """

    displacement: _Matrices
    resistance: _Matrices


def _contact_jacobians(start: StepStart, scene: Scene, root: Float[Array, "3"], tree: _Tree) -> _ContactJacobians:
    """Return how the impulse of contact changes.

    A body is displaced by D = (angle a, shift d) about the root. The centre c of a sphere moves by a x c + d. The
    object's normal n turns where its surface is curved. The surface point is x = c - r n. What the force and the
    velocity of a body do that turn with it drops out. By Jacobi's identity, there is left of the velocity u of the
    point: u x a - r w x (a x n), with the body's angular velocity w.
    """
    contact, law, dt = start.contact, start.law, start.dt
    normal, velocity = contact.normal, point_velocity(contact, tree.new_motion)
    force = law.forces(contact, velocity, dt)
    by_velocity = -law.resistance(contact, velocity, dt)
    by_gap, by_normal = _law_by_place(start, velocity)
    radius = jnp.tile(jnp.asarray(start.humanoid.contact_radius), len(contact.gap) // len(start.humanoid.contact_body))[
        :, None
    ]
    center, turn = contact.point + radius * normal, contact.select @ tree.new_motion.angular
    curved = _normal_by_center(scene, root[None] + center) @ point_matrix(center)
    identity, reach = jnp.eye(3, dtype=normal.dtype)[None], radius[..., None]
    spun = reach * (_outer(normal, turn) - jnp.sum(turn * normal, axis=-1)[:, None, None] * identity)
    by_angle = (
        by_velocity @ (cross_matrix(velocity) + spun)
        - cross_matrix(force)
        - _outer(by_gap, rotations.cross(center, normal))
    )
    moved = jnp.concatenate([by_angle, -_outer(by_gap, normal)], axis=-1)
    moved = moved - (by_normal - reach * by_velocity @ cross_matrix(turn)) @ curved
    load = jnp.sum(normal * force, axis=-1)[:, None, None]
    lever = jnp.pad(-reach * (_outer(normal, force) - load * identity), ((0, 0), (0, 0), (0, 3)))
    lever = lever - reach * cross_matrix(force) @ curved
    arm = point_matrix(contact.point)
    displacement = jnp.swapaxes(arm, -1, -2) @ moved + jnp.pad(lever, ((0, 0), (0, 3), (0, 0)))
    return _ContactJacobians(
        dt * (contact.select.T @ displacement.reshape(-1, 36)).reshape(-1, 6, 6),
        dt * spatial_resistance(contact, -by_velocity),
    )


def _law_by_place(start: StepStart, velocity: Float[Array, "K 3"]) -> tuple[Float[Array, "K 3"], Float[Array, "K 3 3"]]:
    """Return the derivatives of the contact forces by the gap, N/m, and by the normal, N. Each point is on its own."""
    contact, law, dt = start.contact, start.law, start.dt

    def along(**change: Array) -> Float[Array, "K 3"]:
        ((name, tangent),) = change.items()
        value = getattr(contact, name)
        return jax.jvp(lambda x: law.forces(contact._replace(**{name: x}), velocity, dt), (value,), (tangent,))[1]

    units = jnp.broadcast_to(jnp.eye(3, dtype=velocity.dtype)[:, None], (3, *velocity.shape))
    by_normal = jax.vmap(lambda unit: along(normal=unit), out_axes=-1)(units)
    return along(gap=jnp.ones_like(contact.gap)), by_normal


def _normal_by_center(scene: Scene, center: Float[Array, "K 3"]) -> Float[Array, "K 3 3"]:
    """Return how the normals turn when the spheres' centres move, 1/m. Those of planes do not.

    Args:
        scene: The O objects.
        center: Centres in the world, m: those of C spheres for each object, K = O x C.
    """
    objects = len(scene.plane_offset) + len(scene.box_position) + len(scene.sphere_radius)
    if objects == len(scene.plane_offset):
        return jnp.zeros((len(center), 3, 3), center.dtype)
    spheres = center[: len(center) // objects]

    def along(unit: Float[Array, "3"]) -> Float[Array, "K 3"]:
        tangent = jnp.broadcast_to(unit, spheres.shape)
        turned = jax.jvp(lambda at: scenes.signed_distance(scene, at)[1], (spheres,), (tangent,))[1]
        return turned.reshape(-1, 3)

    return jax.vmap(along, out_axes=-1)(jnp.eye(3, dtype=center.dtype))


def _gyration(humanoid: Humanoid, frame: Frames, inertia: _Matrices, motion: Spatial) -> _Matrices:
    """Return how the rate of change of each body's momentum grows with a change of its motion."""
    carried = inertia @ _cross_motion(jnp.concatenate(motion, axis=-1))
    momentum = dynamics.momentum(humanoid, frame, motion)
    return _cross_force(momentum) - carried - jnp.swapaxes(carried, -1, -2)


def _inverse_left_jacobian(vector: Float[Array, "J 3"]) -> Float[Array, "J 3 3"]:
    """Return J_l^-1: how log(exp(d) exp(vector)) changes with d (Sola et al., A micro Lie theory, 2018, eq. 146)."""
    squared = jnp.sum(vector * vector, axis=-1)
    small = squared < 1e-4
    angle = jnp.sqrt(jnp.where(small, 1.0, squared))
    share = (1.0 - 0.5 * angle / jnp.tan(0.5 * angle)) / angle**2
    share = jnp.where(small, 1.0 / 12.0 + squared / 720.0, share)[:, None, None]
    cross = cross_matrix(vector)
    return jnp.eye(3, dtype=vector.dtype)[None] - 0.5 * cross + share * cross @ cross


def _over_subtrees(frame: Frames, matrices: Float[Array, "B 6 K"]) -> Float[Array, "P 6 K"]:
    """Return the sum over the bodies beyond each joint. Joint -1 carries all, as joint 0 does."""
    total = (frame.chains.T @ matrices.reshape(len(matrices), -1)).reshape(matrices.shape)
    return jnp.concatenate([total[:1], total])


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


def _parents(humanoid: Humanoid, dtype: jnp.dtype) -> Float[Array, "B B"]:
    return jnp.asarray(kinematics.selection(humanoid.parents, humanoid.bodies), dtype)


def cross_matrix(vector: Float[Array, "*batch 3"]) -> Float[Array, "*batch 3 3"]:
    """Return the matrix [v] with [v] a = v x a."""
    return -point_matrix(vector)[..., :3]


def _outer(a: Float[Array, "*batch 3"], b: Float[Array, "*batch 3"]) -> Float[Array, "*batch 3 3"]:
    return a[..., :, None] * b[..., None, :]


def _cross_motion(motion: Float[Array, "*batch 6"]) -> Float[Array, "*batch 6 6"]:
    """Return the matrix of V x, on motions."""
    turn, shift = cross_matrix(motion[..., :3]), cross_matrix(motion[..., 3:])
    upper = jnp.concatenate([turn, jnp.zeros_like(turn)], axis=-1)
    return jnp.concatenate([upper, jnp.concatenate([shift, turn], axis=-1)], axis=-2)


def _cross_force(force: Spatial) -> _Matrices:
    """Return the matrix that takes a motion V to V x* force."""
    torque, push = -cross_matrix(force.angular), -cross_matrix(force.linear)
    upper = jnp.concatenate([torque, push], axis=-1)
    return jnp.concatenate([upper, jnp.concatenate([push, jnp.zeros_like(push)], axis=-1)], axis=-2)


def on_diagonal(blocks: Float[Array, "P 3 3"]) -> Float[Array, "N N"]:
    """Return the matrix that has these blocks on its diagonal."""
    count = len(blocks)
    spread = blocks[:, :, None, :] * jnp.eye(count, dtype=blocks.dtype)[:, None, :, None]
    return spread.reshape(3 * count, 3 * count)
