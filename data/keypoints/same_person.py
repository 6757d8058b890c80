"""Who is who in the pictures of several cameras with poses: the rays of one person's keypoints meet."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from data.camera import CalibratedCamera
from data.keypoints.clip import SEEN
from data.keypoints.people import Track
from data.keypoints.rays import rays_of_pixels
from data.rotations import from_wxyz

MISSING = 0.5  # m: what a person costs in frames in which only one of two cameras has them
MOST = 6  # persons of each camera that are compared, the most prominent first
ROUNDS = 10


def find_same_person(
    tracks: Sequence[Sequence[Track]], cameras: Sequence[CalibratedCamera], person: int = 0
) -> list[int]:
    """Return which track of each camera is the person that one track of the first camera is.

    The sum of the distances between the rays of all pairs of cameras is made small, one camera after the other
    (iterated conditional modes; Besag, On the statistical analysis of dirty pictures, 1986).

    Args:
        tracks: The persons whom each camera saw, at least one each. All have the same keypoints and count the same
            frames.
        cameras: The cameras, in one world.
        person: The track of the first camera.
    """
    lines = [
        [_Lines(track, camera) for track in seen[: max(MOST, person + 1)]]
        for seen, camera in zip(tracks, cameras, strict=True)
    ]
    chosen = [person]
    for seen in lines[1:]:
        chosen.append(_nearest(seen, [lines[0][person]]))
    for _ in range(ROUNDS):
        before = list(chosen)
        for camera in range(1, len(lines)):
            others = [lines[other][chosen[other]] for other in range(len(lines)) if other != camera]
            chosen[camera] = _nearest(lines[camera], others)
        if chosen == before:
            break
    return chosen


class _Lines:
    """The rays of a person's keypoints in the world."""

    def __init__(self, track: Track, camera: CalibratedCamera) -> None:
        frames = track.frames
        ray = rays_of_pixels(camera, track.keypoints[..., :2])
        whole = np.concatenate([ray, np.ones((*ray.shape[:2], 1))], axis=-1)
        turn = from_wxyz(camera.rotation[frames] if camera.moves else np.tile(camera.rotation, (len(frames), 1)))
        turned = np.einsum("tji,tkj->tki", turn.as_matrix(), whole)
        self.frames: Int[np.ndarray, " N"] = frames
        self.direction: Float[np.ndarray, "N K 3"] = turned / np.linalg.norm(turned, axis=-1, keepdims=True)
        self.sure = track.keypoints[..., 2] > SEEN
        self.start: Float[np.ndarray, "N 3"] = (
            camera.center[frames] if camera.moves else np.tile(camera.center, (len(frames), 1))
        )


def _nearest(persons: Sequence[_Lines], others: Sequence[_Lines]) -> int:
    return int(np.argmin([sum(_cost(person, other) for other in others) for person in persons]))


def _cost(one: _Lines, other: _Lines) -> float:
    """Return the median distance of the rays, m, and more where only one camera has the person."""
    _, mine, theirs = np.intersect1d(one.frames, other.frames, return_indices=True)
    sure = one.sure[mine] & other.sure[theirs]
    alone = 1.0 - len(mine) / max(len(one.frames), len(other.frames))
    if not sure.any():
        return 2 * MISSING
    across = np.cross(one.direction[mine], other.direction[theirs])
    between = (other.start[theirs] - one.start[mine])[:, None]
    # Parallel rays have no normal; no two cameras look at a person along parallel rays.
    distance = np.abs(np.sum(across * between, axis=-1)) / np.maximum(np.linalg.norm(across, axis=-1), 1e-6)
    return float(np.median(distance[sure])) + MISSING * alone
