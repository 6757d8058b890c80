"""What the forces of a recording are computed from: the masses and the feet of our body in the recorded poses."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from diffphy.arrays import AnyArray
from diffphy.body.humanoid import Humanoid
from diffphy.physics import kinematics

SIDES = ("left", "right")
_PARTS = ("foot", "toes")


@dataclass(frozen=True)
class RecordedBody:
    """Our body in T recorded poses, in the world, m.

    Attributes:
        rate: Frames a second.
        center: Centre of mass of the whole body.
        pelvis: The root.
        left: Unit vector from the right hip to the left one, horizontal.
        ankle: The joint between shank and foot, left and right.
        ball: The joint between foot and toes, left and right.
        lowest: Lowest point of each contact sphere.
        of_foot: Which contact spheres are those of the left and the right foot.
    """

    rate: float
    center: Float[np.ndarray, "T 3"]
    pelvis: Float[np.ndarray, "T 3"]
    left: Float[np.ndarray, "T 2"]
    ankle: Float[np.ndarray, "T 2 3"]
    ball: Float[np.ndarray, "T 2 3"]
    lowest: Float[np.ndarray, "T C 3"]
    of_foot: Bool[np.ndarray, "2 C"]

    @property
    def sole(self) -> Float[np.ndarray, "T 2 2"]:
        """Middle of each foot on the ground, left and right."""
        return np.stack([self.lowest[:, own, :2].mean(axis=1) for own in self.of_foot], axis=1)


def recorded_body(
    humanoid: Humanoid, position: Float[AnyArray, "T 3"], rotation: Float[AnyArray, "T B 4"], rate: float
) -> RecordedBody:
    """Return the body in recorded poses.

    Args:
        humanoid: The body.
        position: The root, m.
        rotation: The root's orientation, then each body's rotation relative to its parent, wxyz.
        rate: Frames a second.
    """
    joint, center, point = (np.asarray(each, float) for each in _places(humanoid, position, rotation))
    names, owner = humanoid.body_names, [humanoid.body_names[body] for body in humanoid.contact_body]
    hips = [joint[:, names.index(f"{side}_thigh"), :2] for side in SIDES]
    left = hips[0] - hips[1]
    return RecordedBody(
        rate=rate,
        center=center,
        pelvis=joint[:, 0],
        left=left / np.maximum(np.linalg.norm(left, axis=1, keepdims=True), 1e-9),
        ankle=np.stack([joint[:, names.index(f"{side}_foot")] for side in SIDES], axis=1),
        ball=np.stack([joint[:, names.index(f"{side}_toes")] for side in SIDES], axis=1),
        lowest=point - np.asarray(humanoid.contact_radius, float)[:, None] * [0.0, 0.0, 1.0],
        of_foot=np.array([[name in [f"{side}_{part}" for part in _PARTS] for name in owner] for side in SIDES]),
    )


@jax.jit
def _places(
    humanoid: Humanoid, position: Float[AnyArray, "T 3"], rotation: Float[AnyArray, "T B 4"]
) -> tuple[Float[Array, "T B 3"], Float[Array, "T 3"], Float[Array, "T C 3"]]:
    """Return the joints of all bodies, the centre of mass, and the centres of the contact spheres, m."""

    def at(position: Float[Array, "3"], rotation: Float[Array, "B 4"]):
        pose = kinematics.forward_kinematics(humanoid, position, rotation)
        return pose.position, kinematics.center_of_mass(humanoid, pose), kinematics.contact_points(humanoid, pose)

    return jax.vmap(at)(jnp.asarray(position), jnp.asarray(rotation))
