"""What a detector would make of a known motion: keypoints with noise, and a rough motion in space.

Everything random is drawn from one generator.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

BURST_S = 0.2  # mean time for which a keypoint stays lost, or two sides stay exchanged
DRIFT_S, SWAY_S = 1.0, 0.3  # correlation times of the errors of the root, and of the joints around it


@dataclass(frozen=True)
class Detector:
    """The errors of a detector.

    Attributes:
        noise_px: Standard deviation of a keypoint along each axis of the image, pixels.
        dropout: Share of the keypoints that are lost, each for `BURST_S` on average.
        swap: Share of the time in which the two sides of an arm or a leg are exchanged.
        depth_m: Standard deviation of the rough root along the camera's axis, m.
        side_m: Standard deviation of the rough root at right angles to the camera's axis, m.
        joint_m: Standard deviation of the slow errors of a joint around the root, m.
        shake_m: Standard deviation of the errors of a joint that differ in every frame, m.
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
    """Return where the keypoints are found, and their confidence, 1 or 0.

    Args:
        detector: The errors.
        pixel: The true places of the keypoints.
        limbs: Keypoints of the left and of the right side of each limb, which may be exchanged.
        fps: Frames per second.
        rng: The random generator.
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
    """Return world positions of joints as an estimate from single images has them.

    Args:
        detector: The errors.
        positions: The true positions, m. The first joint is the root.
        axis: The camera's axis in the world.
        fps: Frames per second.
        rng: The random generator.
    """
    frames, joints = positions.shape[:2]
    along = detector.depth_m * _wandering((frames, 1), DRIFT_S, fps, rng) * axis[None]
    across = detector.side_m * _wandering((frames, 3), DRIFT_S, fps, rng)
    across -= (across @ axis)[:, None] * axis[None]
    sway = detector.joint_m * _wandering((frames, joints, 3), SWAY_S, fps, rng)
    shake = rng.normal(scale=detector.shake_m, size=positions.shape)
    sway[:, 0] = shake[:, 0] = 0.0  # these errors are relative to the root
    return positions + (along + across)[:, None] + sway + shake


def _wandering(
    shape: tuple[int, ...], seconds: float, fps: float, rng: np.random.Generator
) -> Float[np.ndarray, "T *any"]:
    """Return an Ornstein-Uhlenbeck process of variance 1 with this correlation time."""
    kept = np.exp(-1.0 / (fps * seconds))
    steps = rng.normal(size=shape)
    for frame in range(1, shape[0]):
        steps[frame] = kept * steps[frame - 1] + np.sqrt(1 - kept**2) * steps[frame]
    return steps


def _bursts(share: float, shape: tuple[int, int], fps: float, rng: np.random.Generator) -> Bool[np.ndarray, "T K"]:
    """Return where a two-state Markov chain is in its rarer state, one chain a column, for this share of the time."""
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
