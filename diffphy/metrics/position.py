"""How far joints are from where they should be: the MPJPE family, in millimetres (MPJPE-2d in pixels).

All take joint positions in the world in metres, (T frames, J joints), of the result and of the reference, and give the
mean over frames and joints. They do not depend on the frame rate.
"""

import numpy as np
from jaxtyping import Bool, Float

from diffphy.metrics.alignment import procrustes

Positions = Float[np.ndarray, "T J 3"]

MM_PER_M = 1000.0


def mpjpe_g(result: Positions, reference: Positions) -> float:
    """MPJPE-G: joint distance in the world, without any alignment, mm.

    Source: Gaertner et al., CVPR 2023, section 5.2 ("mean per-joint 3d position error").
    """
    return _mean_distance_mm(result, reference)


def mpjpe(result: Positions, reference: Positions, root: int) -> float:
    """MPJPE: joint distance after moving the result's root joint onto the reference's in each frame, mm.

    The root joint, whose distance is then 0, counts in the mean, as in the evaluation of Human3.6M.
    """
    return _mean_distance_mm(result - result[:, root, None], reference - reference[:, root, None])


def mpjpe_pa(result: Positions, reference: Positions) -> float:
    """MPJPE-PA: joint distance after the best similarity (rotation, translation, scale) in each frame, mm."""
    return _mean_distance_mm(procrustes(result, reference).apply(result), reference)


def mpjpe_2d(
    result: Float[np.ndarray, "T K 2"],
    reference: Float[np.ndarray, "T K 2"],
    visible: Bool[np.ndarray, "T K"] | None = None,
) -> float:
    """MPJPE-2d: distance of image keypoints, pixels; over the visible ones only where `visible` is given."""
    return _mean(np.linalg.norm(result - reference, axis=-1)[... if visible is None else visible])


def w_mpjpe(result: Positions, reference: Positions, chunk: int = 100) -> float:
    """W-MPJPE: joint distance after aligning each chunk of frames by the similarity of its first two frames, mm.

    It shows drift within a chunk. Source: Ye et al., SLAHMR, CVPR 2023 (chunks of 100 frames), with two frames as in
    Shin et al., WHAM, CVPR 2024. The frames left over at the end are a chunk of their own here.
    """
    return _mean_distance_mm(_aligned_by_chunk(result, reference, chunk, frames_to_align=2), reference)


def wa_mpjpe(result: Positions, reference: Positions, chunk: int = 100) -> float:
    """WA-MPJPE: joint distance after aligning each chunk of frames by one similarity of all its frames, mm.

    Source and chunks as for `w_mpjpe`.
    """
    return _mean_distance_mm(_aligned_by_chunk(result, reference, chunk, frames_to_align=chunk), reference)


def _aligned_by_chunk(result: Positions, reference: Positions, chunk: int, frames_to_align: int) -> Positions:
    aligned = np.empty_like(result)
    for start in range(0, len(result), chunk):
        fit, whole = slice(start, start + frames_to_align), slice(start, start + chunk)
        similarity = procrustes(result[fit].reshape(1, -1, 3), reference[fit].reshape(1, -1, 3))
        aligned[whole] = similarity.apply(result[whole].reshape(1, -1, 3)).reshape(result[whole].shape)
    return aligned


def _mean_distance_mm(result: Positions, reference: Positions) -> float:
    return MM_PER_M * _mean(np.linalg.norm(result - reference, axis=-1))


def _mean(values: np.ndarray) -> float:
    return float(np.mean(values)) if values.size else float("nan")
