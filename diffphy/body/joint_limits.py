"""How far the joints of a person turn: anatomical ranges by joint, as a twist about the bone and a swing of the bone.

The ranges of motion are those of the American Academy of Orthopaedic Surgeons, "Joint Motion: Method of Measuring and
Recording" (1965), as tabulated in Norkin and White, "Measurement of Joint Motion: A Guide to Goniometry"; what those
do not give is our choice and is marked so below.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.arrays import AnyArray
from diffphy.body.humanoid import JOINT_NAMES

# The bone's axis in the zero pose (a T-pose, palms down, feet forward) and the range about x, y and z, degrees; for
# joints that come in pairs the left one's. Legs and trunk: about x a limb goes to the left (+), about y the foot of a
# leg goes back and the head forward (+), about z all turn to the left (+). Arms: about x the hand rises (+), about z it
# goes back (+), about y the thumb turns down (+).
_RANGES: dict[str, tuple[str, tuple[float, float], tuple[float, float], tuple[float, float]]] = {
    # Thoracic and lumbar spine together: bend 35, flexion 80, extension 25, rotation 45. Our choice: all of it in
    # either joint, since many recordings have only one.
    "lower_spine": ("z", (-35, 35), (-25, 80), (-45, 45)),
    "upper_spine": ("z", (-35, 35), (-25, 80), (-45, 45)),
    # Cervical spine: bend 45, flexion 45, extension 45, rotation 60.
    "neck": ("z", (-45, 45), (-45, 45), (-60, 60)),
    # Our choice, all: elevation 30, depression 10, protraction and retraction 20, turn 20. The shoulder's ranges below
    # are of the whole shoulder, since many recordings have no clavicles that move.
    "clavicle": ("y", (-10, 30), (-20, 20), (-20, 20)),
    # Abduction to 180 is 90 above the T-pose; adduction 0 is 90 below it, and ours is 15 more, since arms cross the
    # body forward. External rotation 90, internal 70. Horizontal flexion 135; backwards our choice: what an extension
    # of 60 beside the body comes to in these angles.
    "shoulder": ("y", (-105, 90), (-90, 70), (-135, 80)),
    # Flexion 150, supination and pronation 80. Our choice: 10 beyond straight; and since recordings differ in how the
    # upper arm is turned in the T-pose, the forearm may bend forward, upward, or anywhere between.
    "elbow": ("y", (-10, 90), (-80, 80), (-150, 10)),
    # Flexion 80, extension 70, radial deviation 20, ulnar 30. Our choice: half of the forearm's turn, since recordings
    # put some of it in the wrist.
    "wrist": ("y", (-80, 70), (-40, 40), (-20, 30)),
    # Abduction 45, adduction 30, flexion 120, extension 30, rotation 45.
    "hip": ("z", (-30, 45), (-120, 30), (-45, 45)),
    # Flexion 135, 10 beyond straight. Our choice: 10 to the sides; the shank's turn, which only a bent knee allows.
    "knee": ("z", (-10, 10), (-10, 135), (-30, 40)),
    # Inversion 35, eversion 15, dorsiflexion 20, plantar flexion 50. Our choice: 20 inward and outward, which holds
    # some of the shank's turn.
    "ankle": ("x", (-35, 15), (-20, 50), (-20, 20)),
    # Great toe: extension 70, flexion 45. Our choice: 10 otherwise.
    "toe": ("x", (-10, 10), (-70, 45), (-10, 10)),
}


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class JointLimits:
    """Ranges of J joints relative to the zero pose, the parent's and the child's frame being aligned there.

    `axis`: one of the frame's x, y, z, the one along the bone. `lower`, `upper`: rad, of the twist about that axis and
    of the swing's rotation vector about the two that follow it in the cycle x, y, z, x.
    """

    axis: Float[np.ndarray | Array, "J 3"]
    lower: Float[np.ndarray | Array, "J 3"]
    upper: Float[np.ndarray | Array, "J 3"]


def joint_limits() -> JointLimits:
    """The humanoid's ranges, in the order of `diffphy.body.humanoid.JOINT_NAMES`; the right side mirrors the left."""
    axes, ranges = [], []
    for joint in JOINT_NAMES:
        side, _, kind = joint.rpartition("_") if joint.startswith(("left_", "right_")) else ("", "", joint)
        axis, *about = _RANGES[kind]
        x, y, z = np.deg2rad(about)
        if side == "right":  # mirrored in the plane y = 0, turns about x and z change their sense
            x, z = -x[::-1], -z[::-1]
        along = "xyz".index(axis)
        axes.append(np.eye(3)[along])
        ranges.append(np.roll([x, y, z], -along, axis=0))
    lower, upper = np.moveaxis(np.array(ranges), -1, 0)
    return JointLimits(np.array(axes), lower, upper)


def angles(limits: JointLimits, rotation: Float[AnyArray, "*batch J 4"]) -> Float[Array, "*batch J 3"]:
    """Twist about the bone, then the two components of the swing, rad, of joint rotations wxyz = swing * twist."""
    q = jnp.where(rotation[..., :1] < 0.0, -rotation, rotation)
    axis = jnp.broadcast_to(jnp.asarray(limits.axis, q.dtype), (*q.shape[:-1], 3))
    real, along = q[..., :1], jnp.sum(q[..., 1:] * axis, axis=-1, keepdims=True)
    squared = real * real + along * along
    # A bone that points backwards has no twist: there any will do, and zero has no infinite slope. A twist of pi only
    # changes sign, which atan2 takes with a finite slope on either side.
    backwards = squared < 1e-12
    real, along = jnp.where(backwards, 1.0, real), jnp.where(backwards, 0.0, along)
    untwisted = rotations.multiply(q, rotations.normalize(jnp.concatenate([real, -along * axis], axis=-1)))
    swing = rotations.log(untwisted)
    swings = [jnp.sum(swing * jnp.roll(axis, shift, axis=-1), axis=-1) for shift in (1, 2)]
    return jnp.stack([2.0 * jnp.arctan2(along, real)[..., 0], *swings], axis=-1)


def excess(limits: JointLimits, rotation: Float[AnyArray, "*batch J 4"]) -> Float[Array, "*batch J 3"]:
    """How far joint rotations, wxyz relative to the parent, are beyond their ranges, rad; zero inside, not negative."""
    angle = angles(limits, rotation)
    lower, upper = (jnp.broadcast_to(jnp.asarray(a, angle.dtype), angle.shape) for a in (limits.lower, limits.upper))
    return jax.nn.relu(angle - upper) + jax.nn.relu(lower - angle)
