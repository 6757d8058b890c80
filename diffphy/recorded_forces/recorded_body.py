"""What the forces of a recording are computed from: the masses and the feet of our body in the recorded poses."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from diffphy import rotations
from diffphy.arrays import AnyArray
from diffphy.body.humanoid import Humanoid
from diffphy.compiled import compiled
from diffphy.physics import kinematics

SIDES = ("left", "right")
PARTS = ("foot", "toes")


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
    def facing(self) -> Float[np.ndarray, "T 2"]:
        """Horizontal unit vector to where the hips face."""
        return np.stack([self.left[:, 1], -self.left[:, 0]], axis=1)

    @property
    def sole(self) -> Float[np.ndarray, "T 2 2"]:
        """Middle of each foot on the ground, left and right."""
        return np.stack([self.lowest[:, own, :2].mean(axis=1) for own in self.of_foot], axis=1)


def recorded_body(
    humanoid: Humanoid,
    position: Float[AnyArray, "T 3"],
    rotation: Float[AnyArray, "T B 4"],
    rate: float,
    recorded: Float[AnyArray, "T B 3"] | None = None,
) -> RecordedBody:
    """Return the body in recorded poses.

    The bones of a body have one length, those between markers have not: with the bones alone, standing feet would rise
    by centimetres when the knees stretch. So masses and soles are where the joints were recorded. The joints of the
    feet stay on the bones: the ball of a bending foot moves along its marker, which spoils the time of lift-off.

    Args:
        humanoid: The body.
        position: The root, m.
        rotation: The root's orientation, then each body's rotation relative to its parent, wxyz.
        rate: Frames a second.
        recorded: Where the joint of each body was recorded, m. NaN: it was not. None: none was.
    """
    joint, centers, point = (np.asarray(each, float) for each in _places(humanoid, position, rotation))
    shift = _shifts(humanoid, joint, recorded)
    point = point + shift[:, list(humanoid.contact_body)]
    shares = np.asarray(humanoid.mass, float) / float(np.sum(humanoid.mass))
    center = np.einsum("b,tbc->tc", shares, centers + _of_segments(humanoid, shift))
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
        of_foot=np.array([[name in [f"{side}_{part}" for part in PARTS] for name in owner] for side in SIDES]),
    )


def _shifts(
    humanoid: Humanoid, joint: Float[np.ndarray, "T B 3"], recorded: Float[AnyArray, "T B 3"] | None
) -> Float[np.ndarray, "T B 3"]:
    """Return how far each body is from where it was recorded, m. One that was not moves with its parent."""
    shift = np.zeros_like(joint)
    if recorded is None:
        return shift
    away = np.asarray(recorded, float) - joint
    for body, parent in enumerate(humanoid.parents):
        before = shift[:, parent] if parent >= 0 else shift[:, body]
        shift[:, body] = np.where(np.isfinite(away[:, body]), away[:, body], before)
    return shift


def _of_segments(humanoid: Humanoid, shift: Float[np.ndarray, "T B 3"]) -> Float[np.ndarray, "T B 3"]:
    """Return how far the middle of each segment is shifted, given the shifts of its joint and of the next ones, m."""
    middle = shift.copy()
    for body in range(humanoid.bodies):
        if children := [child for child, parent in enumerate(humanoid.parents) if parent == body]:
            middle[:, body] = (shift[:, body] + shift[:, children].mean(axis=1)) / 2
    return middle


@compiled
def _places(
    humanoid: Humanoid, position: Float[AnyArray, "T 3"], rotation: Float[AnyArray, "T B 4"]
) -> tuple[Float[Array, "T B 3"], Float[Array, "T B 3"], Float[Array, "T C 3"]]:
    """Return the joints of all bodies, their centres of mass, and the centres of the contact spheres, m."""

    def at(position: Float[Array, "3"], rotation: Float[Array, "B 4"]):
        pose = kinematics.forward_kinematics(humanoid, position, rotation)
        centers = pose.position + rotations.rotate(pose.rotation, humanoid.com)
        return pose.position, centers, kinematics.contact_points(humanoid, pose)

    return jax.vmap(at)(jnp.asarray(position), jnp.asarray(rotation))
