"""Clips at another frame rate."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Slerp

from data.clip import InputError, MotionClip
from data.rotations import from_wxyz, make_continuous, to_wxyz
from data.skeleton import Skeleton


def resample(clip: MotionClip, fps: float) -> MotionClip:
    """Return the clip at another frame rate, from its first frame to the last one that its duration holds.

    Nothing is smoothed. Between frames, a joint's position in its parent's frame is interpolated linearly, and its
    rotation relative to the parent on the shortest arc. So bones keep their length. A clip without rotations has its
    world positions interpolated.

    Args:
        clip: The clip.
        fps: Frames per second.

    Raises:
        InputError: `fps` is not above zero.
    """
    if not (np.isfinite(fps) and fps > 0):
        raise InputError(f"cannot resample {clip.name} to {fps:g} frames a second: give a rate above zero")
    if fps == clip.fps:
        return clip
    time = np.arange(clip.num_frames) / clip.fps
    wanted = np.arange(int(np.floor(clip.duration * fps + 1e-6)) + 1) / fps
    wanted = np.minimum(wanted, time[-1])  # rounding must not reach beyond the last frame
    if clip.rotations is None:
        return replace(clip, fps=float(fps), positions=lerp(time, clip.positions, wanted))
    skeleton = Skeleton(clip.joint_names, clip.parents, clip.rest_positions)
    translations, rotations = skeleton.relative(clip.positions, clip.rotations)
    positions, rotations = skeleton.forward_kinematics(lerp(time, translations, wanted), slerp(time, rotations, wanted))
    return replace(clip, fps=float(fps), positions=positions, rotations=make_continuous(rotations))


def lerp(
    time: Float[np.ndarray, "T"], values: Float[np.ndarray, "T *dims"], wanted: Float[np.ndarray, "S"]
) -> Float[np.ndarray, "S *dims"]:
    """Return values at the times `wanted`, by linear interpolation of values at increasing times, s."""
    before = np.clip(np.searchsorted(time, wanted, side="right") - 1, 0, len(time) - 2)
    share = (wanted - time[before]) / (time[before + 1] - time[before])
    share = share.reshape(-1, *(1,) * (values.ndim - 1))
    return (1.0 - share) * values[before] + share * values[before + 1]


def slerp(
    time: Float[np.ndarray, "T"], rotations: Float[np.ndarray, "T J 4"], wanted: Float[np.ndarray, "S"]
) -> Float[np.ndarray, "S J 4"]:
    """Return rotations (wxyz) at the times `wanted`, by interpolation on the shortest arc. Times increase, s."""
    joints = [to_wxyz(Slerp(time, from_wxyz(rotations[:, joint]))(wanted)) for joint in range(rotations.shape[1])]
    return make_continuous(np.stack(joints, axis=1))
