"""What a detector makes of a motion that is known: keypoints with noise, and a rough motion in space.

Everything random is drawn from one generator; what is meant by each figure is said where it is given.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

BURST_S = 0.2  # mean time for which a keypoint stays lost, or two stay exchanged
DRIFT_S, SWAY_S = 1.0, 0.3  # in which the errors of the root, and of the joints around it, forget themselves


@dataclass(frozen=True)
class Detector:
    """How it errs.

    noise_px: standard deviation of a keypoint along each axis of the image. dropout: share of the keypoints that are
    lost, each for `BURST_S` on average. swap: share of the time in which the two sides of an arm or a leg are taken for
    each other. depth_m, side_m: standard deviations of the rough root along the camera's axis and at right angles.
    joint_m: of a rough joint around the root, slow errors, and shake_m: those that differ in every frame.
    """

    noise_px: float = 5.0
    dropout: float = 0.1
    swap: float = 0.01
    depth_m: float = 0.08
    side_m: float = 0.02
    joint_m: float = 0.03
    shake_m: float = 0.01


def detect_keypoints(
    detector: Detector,
    pixel: Float[np.ndarray, "T K 2"],
    limbs: list[tuple[list[int], list[int]]],
    fps: float,
    rng: np.random.Generator,
) -> tuple[Float[np.ndarray, "T K 2"], Float[np.ndarray, "T K"]]:
    """Where the keypoints are found, and their confidence, 1 or 0.

    Args:
        detector: how it errs.
        pixel: where they are.
        limbs: keypoints of the left and of the right side of each limb, which may be taken for each other.
        fps: frames a second.
        rng: of all that is drawn.
    """
    seen = np.array(pixel, float)
    for left, right in limbs:
        swapped = _bursts(detector.swap, (len(pixel), 1), fps, rng)[:, 0]
        frames = np.flatnonzero(swapped)[:, None]
        seen[frames, left], seen[frames, right] = pixel[frames, right], pixel[frames, left]
    seen += rng.normal(scale=detector.noise_px, size=seen.shape)
    lost = _bursts(detector.dropout, pixel.shape[:2], fps, rng)
    return np.where(lost[..., None], 0.0, seen), np.where(lost, 0.0, 1.0)


def rough_positions(
    detector: Detector,
    positions: Float[np.ndarray, "T J 3"],
    axis: Float[np.ndarray, "3"],
    fps: float,
    rng: np.random.Generator,
) -> Float[np.ndarray, "T J 3"]:
    """World positions of joints, the first the root, as an estimate from single images has them.

    axis: the camera's, in the world.
    """
    frames, joints = positions.shape[:2]
    along = detector.depth_m * _wandering((frames, 1), DRIFT_S, fps, rng) * axis[None]
    across = detector.side_m * _wandering((frames, 3), DRIFT_S, fps, rng)
    across -= (across @ axis)[:, None] * axis[None]
    sway = detector.joint_m * _wandering((frames, joints, 3), SWAY_S, fps, rng)
    shake = rng.normal(scale=detector.shake_m, size=positions.shape)
    sway[:, 0] = shake[:, 0] = 0.0  # these are errors around the root
    return positions + (along + across)[:, None] + sway + shake


def _wandering(
    shape: tuple[int, ...], seconds: float, fps: float, rng: np.random.Generator
) -> Float[np.ndarray, "T *any"]:
    """Ornstein and Uhlenbeck's process of variance 1, which forgets itself in so many seconds."""
    kept = np.exp(-1.0 / (fps * seconds))
    steps = rng.normal(size=shape)
    for frame in range(1, shape[0]):
        steps[frame] = kept * steps[frame - 1] + np.sqrt(1 - kept**2) * steps[frame]
    return steps


def _bursts(share: float, shape: tuple[int, int], fps: float, rng: np.random.Generator) -> Bool[np.ndarray, "T K"]:
    """Where a two-state Markov chain, one a column, is in its rarer state: for that share of the time."""
    if share <= 0:
        return np.zeros(shape, bool)
    end = min(1.0, 1.0 / (BURST_S * fps))
    begin = min(1.0, end * share / (1 - share))
    states = np.zeros(shape, bool)
    states[0] = rng.uniform(size=shape[1]) < share
    for frame in range(1, shape[0]):
        draw = rng.uniform(size=shape[1])
        states[frame] = np.where(states[frame - 1], draw >= end, draw < begin)
    return states
