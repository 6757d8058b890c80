"""Distance of joints from a reference: the MPJPE family, mm (MPJPE-2d in pixels).

Each is `mean |p - p_reference|` over T frames and J joints; they differ in the alignment. Arguments are positions in
world axes, m. The frame rate does not matter.
"""

import numpy as np
from jaxtyping import Bool, Float

from diffphy.metrics.alignment import procrustes

Positions = Float[np.ndarray, "T J 3"]

MM_PER_M = 1000.0


def mpjpe_g(result: Positions, reference: Positions) -> float:
    """Return MPJPE-G: distance of the joints in the world, without alignment, mm.

    Source: Gaertner et al., CVPR 2023, section 5.2 ("mean per-joint 3d position error").
    """
    return _mean_distance_mm(result, reference)


def mpjpe(result: Positions, reference: Positions, root: int) -> float:
    """Return MPJPE: distance of the joints after the roots are moved onto each other in each frame, mm.

    The distance of the root itself is then 0. It counts in the mean, as in the evaluation of Human3.6M.
    """
    return _mean_distance_mm(result - result[:, root, None], reference - reference[:, root, None])


def mpjpe_pa(result: Positions, reference: Positions) -> float:
    """Return MPJPE-PA: distance of the joints after the best similarity in each frame (see `procrustes`), mm."""
    return _mean_distance_mm(procrustes(result, reference).apply(result), reference)


def mpjpe_rigid(result: Positions, reference: Positions) -> float:
    """Return the distance of the joints after one rotation and translation of the whole motion, mm.

    It is for a world whose origin and heading mean nothing, such as that of a film. Scale, drift and poses count.
    """
    points = result.reshape(1, -1, 3)
    moved = procrustes(points, reference.reshape(1, -1, 3), rigid=True).apply(points)
    return _mean_distance_mm(moved.reshape(result.shape), reference)


def mpjpe_2d(
    result: Float[np.ndarray, "T K 2"],
    reference: Float[np.ndarray, "T K 2"],
    visible: Bool[np.ndarray, "T K"] | None = None,
) -> float:
    """Return MPJPE-2d: distance of image keypoints, pixels. If `visible` is given, only visible keypoints count."""
    return _mean(np.linalg.norm(result - reference, axis=-1)[... if visible is None else visible])


def w_mpjpe(result: Positions, reference: Positions, chunk: int = 100) -> float:
    """Return W-MPJPE: distance of the joints after each chunk is aligned by its first two frames, mm.

    The alignment is one similarity for each chunk. The metric shows drift within a chunk. Here the frames left over at
    the end are one more chunk.
    Source: Ye et al., SLAHMR, CVPR 2023 (chunks of 100 frames); two frames as in Shin et al., WHAM, CVPR 2024.
    """
    return _mean_distance_mm(_align_by_chunk(result, reference, chunk, frames_to_align=2), reference)


def wa_mpjpe(result: Positions, reference: Positions, chunk: int = 100) -> float:
    """Return WA-MPJPE: distance of the joints after each chunk is aligned by one similarity of all its frames, mm.

    Chunks and source are those of `w_mpjpe`.
    """
    return _mean_distance_mm(_align_by_chunk(result, reference, chunk, frames_to_align=chunk), reference)


def _align_by_chunk(result: Positions, reference: Positions, chunk: int, frames_to_align: int) -> Positions:
    aligned = np.empty_like(result)
    for start in range(0, len(result), chunk):
        fitted, part = slice(start, start + frames_to_align), slice(start, start + chunk)
        similarity = procrustes(result[fitted].reshape(1, -1, 3), reference[fitted].reshape(1, -1, 3))
        aligned[part] = similarity.apply(result[part].reshape(1, -1, 3)).reshape(result[part].shape)
    return aligned


def _mean_distance_mm(result: Positions, reference: Positions) -> float:
    return MM_PER_M * _mean(np.linalg.norm(result - reference, axis=-1))


def _mean(values: np.ndarray) -> float:
    return float(np.mean(values)) if values.size else float("nan")
