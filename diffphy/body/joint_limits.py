"""How far the joints of a person turn: anatomical ranges by joint, as a twist about the bone and a swing of the bone.

The ranges of motion come from the American Academy of Orthopaedic Surgeons, "Joint Motion: Method of Measuring and
Recording" (1965), as tabulated in Norkin and White, "Measurement of Joint Motion: A Guide to Goniometry". Ranges that
these do not give are our choice and are marked below.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from diffphy import rotations
from diffphy.arrays import AnyArray
from diffphy.body.humanoid import JOINT_NAMES, by_joint, split_side

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
    """Ranges of J joints relative to the zero pose, where the parent's and the child's frames are aligned.

    Attributes:
        axis: The axis of the frame, x, y or z, that is along the bone.
        lower: Lower limits, rad, of the twist about that axis, and of the swing's rotation vector about the two axes
            that follow it in the cycle x, y, z, x.
        upper: Upper limits of the same angles, rad.
    """

    axis: Float[np.ndarray | Array, "J 3"]
    lower: Float[np.ndarray | Array, "J 3"]
    upper: Float[np.ndarray | Array, "J 3"]


def joint_limits() -> JointLimits:
    """Return the humanoid's ranges, in the order of `humanoid.JOINT_NAMES`. The right side mirrors the left."""
    axes, ranges = [], []
    for joint, (axis, *about) in zip(JOINT_NAMES, by_joint(_RANGES), strict=True):
        x, y, z = np.deg2rad(about)
        if split_side(joint)[0] == "right":  # mirrored in the plane y = 0, turns about x and z change their sense
            x, z = -x[::-1], -z[::-1]
        along = "xyz".index(axis)
        axes.append(np.eye(3)[along])
        ranges.append(np.roll([x, y, z], -along, axis=0))
    lower, upper = np.moveaxis(np.array(ranges), -1, 0)
    return JointLimits(np.array(axes), lower, upper)


def angles(limits: JointLimits, rotation: Float[AnyArray, "*batch J 4"]) -> Float[Array, "*batch J 3"]:
    """Return twist and swing of joint rotations, wxyz = swing * twist.

    The first angle is the twist about the bone, the other two are the components of the swing, rad.
    """
    q = jnp.where(rotation[..., :1] < 0.0, -rotation, rotation)
    axis = jnp.broadcast_to(jnp.asarray(limits.axis, q.dtype), (*q.shape[:-1], 3))
    real, along = q[..., :1], jnp.sum(q[..., 1:] * axis, axis=-1, keepdims=True)
    squared = real * real + along * along
    # A bone that points backwards has no defined twist. Zero is as good as any value, and its derivative is finite. At
    # a twist of pi only the sign changes, and atan2 has a finite derivative on either side.
    backwards = squared < 1e-12
    real, along = jnp.where(backwards, 1.0, real), jnp.where(backwards, 0.0, along)
    untwisted = rotations.multiply(q, rotations.normalize(jnp.concatenate([real, -along * axis], axis=-1)))
    swing = rotations.log(untwisted)
    swings = [jnp.sum(swing * jnp.roll(axis, shift, axis=-1), axis=-1) for shift in (1, 2)]
    return jnp.stack([2.0 * jnp.arctan2(along, real)[..., 0], *swings], axis=-1)


def excess(limits: JointLimits, rotation: Float[AnyArray, "*batch J 4"]) -> Float[Array, "*batch J 3"]:
    """Return how far joint rotations are beyond their ranges, rad: zero inside, never negative.

    Args:
        limits: The ranges.
        rotation: Rotations relative to the parent, wxyz.
    """
    angle = angles(limits, rotation)
    lower, upper = (jnp.broadcast_to(jnp.asarray(a, angle.dtype), angle.shape) for a in (limits.lower, limits.upper))
    return jax.nn.relu(angle - upper) + jax.nn.relu(lower - angle)
