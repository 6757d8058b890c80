"""The orientation over time of a rigid body that follows joints of a clip, and the places of these joints on it."""

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from data.clip import MotionClip
from data.rotations import from_wxyz

_ORIENTATION_WEIGHT = 1e-9  # m^2: so small that the orientation settles only what the positions leave open
_ROUNDS = 3  # rounds of fitting orientations and places in turn


def fit(
    clip: MotionClip, start: str, carrier: str | None, followed: dict[str, str], align: Rotation
) -> tuple[Rotation, dict[str, Float[np.ndarray, "3"]]]:
    """Follow a clip with a rigid body whose origin is at the clip's joint `start`.

    The body turns with the clip's joint `carrier`. Then, in each frame, it turns by the smallest rotation that brings
    its points to the clip's joints (Wahba's problem). Where the joints are fixed to the carrier, this rotation is zero.

    Args:
        clip: A clip with rotations.
        start: Name of a joint.
        carrier: Name of a joint. If None, the lowest joint that carries all followed joints.
        followed: Names of joints, by any keys.
        align: Takes directions in the clip's reference pose to directions in the body's frame in our zero pose.

    Returns:
        The body's world orientation (T) and, by the keys of `followed`, the joints' mean places in its frame, m.
    """
    origin, joints = clip.joint(start), [clip.joint(name) for name in followed.values()]
    orientation = _carried_by(
        clip, _common_parent(clip, origin, joints) if carrier is None else clip.joint(carrier), align
    )
    ways = clip.positions[:, joints] - clip.positions[:, [origin]]
    world, places = orientation, _mean_in_frame(orientation, ways)
    for _ in range(_ROUNDS if joints else 0):
        world = _nearest(orientation, places, ways)
        places = _mean_in_frame(world, ways)
    return world, dict(zip(followed, places, strict=True))


def _carried_by(clip: MotionClip, joint: int, align: Rotation) -> Rotation:
    """Return the world orientation (T) of a body fixed to a joint: the identity where the clip is in our zero pose."""
    assert clip.rotations is not None
    return from_wxyz(clip.rotations[:, joint]) * from_wxyz(clip.rest_rotations[joint]).inv() * align.inv()


def _common_parent(clip: MotionClip, start: int, joints: list[int]) -> int:
    """Return the lowest joint that carries all of `joints`, but no joint above `start`."""

    def ancestors(joint: int) -> list[int]:
        chain = []
        while (joint := clip.parents[joint]) >= 0:
            chain.append(joint)
        return chain

    below = [ancestors(joint) for joint in joints]
    shared = (joint for joint in below[0] if all(joint in chain for chain in below)) if below else iter(())
    lowest = next(shared, start)
    return lowest if start in ancestors(lowest) else start


def _mean_in_frame(world: Rotation, ways: Float[np.ndarray, "T K 3"]) -> Float[np.ndarray, "K 3"]:
    """Return the mean over time of world vectors in a turning frame."""
    return np.einsum("tji,tkj->ki", world.as_matrix(), ways) / len(ways)


def _nearest(orientation: Rotation, places: Float[np.ndarray, "K 3"], ways: Float[np.ndarray, "T K 3"]) -> Rotation:
    """Return the rotations R (T) that minimise the sum of |R place - way|^2 and otherwise stay near `orientation`.

    Wahba's problem, by singular value decomposition (Markley, 1988).
    """
    profile = np.einsum("tki,kj->tij", ways, places) + _ORIENTATION_WEIGHT * orientation.as_matrix()
    left, _, right = np.linalg.svd(profile)
    left[np.linalg.det(left @ right) < 0, :, 2] *= -1.0  # a rotation, not a reflection
    return Rotation.from_matrix(left @ right)
