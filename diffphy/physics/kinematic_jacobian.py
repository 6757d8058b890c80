"""How bodies, points and gaps move when the configuration changes: no pass of differentiation, no loop over bodies.

The configuration changes as `step_jacobians` describes: N numbers, m and rad. A point that a body carries moves as the
sum of what the joints on its chain add (Featherstone, "Rigid Body Dynamics Algorithms", 2008, section 4.2).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.body.humanoid import Humanoid
from diffphy.physics import dynamics, kinematics
from diffphy.physics import scene as scenes
from diffphy.physics.scene import Scene


class KinematicJacobian(NamedTuple):
    """Derivatives by each change of the configuration, along the first axis.

    Attributes:
        joint: Positions of the joints.
        orientation: Orientations of the bodies in the world: the components of their quaternions, wxyz.
        rotation: The same relative to the parents.
        center_of_mass: The centre of mass of the whole body.
        contact_point: Centres of the contact spheres.
        gap: Distances of their surfaces from the nearest object.
    """

    joint: Float[Array, "N B 3"]
    orientation: Float[Array, "N B 4"]
    rotation: Float[Array, "N B 4"]
    center_of_mass: Float[Array, "N 3"]
    contact_point: Float[Array, "N C 3"]
    gap: Float[Array, "N C"]


def kinematic_jacobian(
    humanoid: Humanoid, scene: Scene, position: Float[Array, "3"], rotation: Float[Array, "B 4"]
) -> KinematicJacobian:
    """Return the derivatives of where the body is.

    Args:
        humanoid: The body.
        scene: What it can touch.
        position: The root's position, m.
        rotation: The root's orientation and the joints' rotations, wxyz.
    """
    frame, bodies, carrier = dynamics.frames(humanoid, rotation), humanoid.bodies, np.array(humanoid.contact_body)
    dtype = frame.matrix.dtype
    pose = kinematics.forward_kinematics(humanoid, position, rotation)
    spheres = kinematics.contact_points(humanoid, pose)
    chains = kinematics.ancestors(humanoid.parents)
    on_chain = jnp.asarray(np.kron(np.concatenate([chains, chains[carrier], chains]), np.ones(3)), dtype)
    axes = jnp.moveaxis(dynamics.joint_axes(frame), 0, 1).reshape(6, -1)  # of all joints, side by side
    points = jnp.concatenate([frame.joint, spheres - position[None], frame.com])
    turned = (dynamics.point_matrix(points) @ axes[None]) * on_chain[:, None]
    moved = jnp.concatenate([jnp.broadcast_to(jnp.eye(3, dtype=dtype), (len(points), 3, 3)), turned], axis=-1)
    moved = jnp.moveaxis(moved, -1, 0)
    joint, sphere, com = jnp.split(moved, [bodies, bodies + len(carrier)], axis=1)
    mass = jnp.asarray(humanoid.mass, dtype)
    outward = jax.grad(lambda at: jnp.sum(scenes.nearest(scene, at)))(spheres)
    spins = jnp.moveaxis(jnp.pad(axes[None, :3] * on_chain[:bodies, None], ((0, 0), (0, 0), (3, 0))), -1, 0)
    # A body turns at w in world axes, a joint in its own: dq/dt = (0, w) q / 2 = q (0, w) / 2.
    own = jnp.pad(jnp.eye(3 * bodies, dtype=dtype).reshape(-1, bodies, 3), ((3, 0), (0, 0), (0, 0)))
    none = ((0, 0), (0, 0), (1, 0))
    return KinematicJacobian(
        joint=joint,
        orientation=rotations.multiply(jnp.pad(0.5 * spins, none), pose.rotation[None]),
        rotation=rotations.multiply(rotation[None], jnp.pad(0.5 * own, none)),
        center_of_mass=jnp.einsum("b,nbi->ni", mass / jnp.sum(mass), com),
        contact_point=sphere,
        gap=jnp.sum(sphere * outward[None], axis=-1),
    )
