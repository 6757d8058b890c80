"""Rays from cameras through keypoints in their pictures: how far apart they are, and the points where they meet."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from data.camera import CalibratedCamera
from data.keypoints.clip import SEEN
from data.keypoints.rays import rays_of_pixels
from data.rotations import from_wxyz

FEWEST = 3  # keypoints that two cameras see alike: fewer do not tell whether they see the same person
FARTHEST = 0.3  # m: a keypoint that is farther away is wrong, and by how much does not matter
NARROW = 0.01  # lines that differ by less than 8 degrees do not tell where they meet: 1 - |cos|


@dataclass(frozen=True)
class LinesOfSight:
    """The lines of one camera in the world.

    Attributes:
        start: Where the camera is, m.
        direction: Unit vectors through the keypoints of up to P people.
        sure: Whether the keypoint is seen well.
    """

    start: Float[np.ndarray, "T 3"]
    direction: Float[np.ndarray, "T P K 3"]
    sure: Bool[np.ndarray, "T P K"]

    def of(self, person: Int[np.ndarray, " T"]) -> "LinesOfSight":
        """Return the lines of one person a frame. Where the number is negative, nothing is sure."""
        frames = np.arange(len(person))
        sure = self.sure[frames, person] & (person >= 0)[:, None]
        return LinesOfSight(self.start, self.direction[frames, person][:, None], sure[:, None])

    def shifted(self, frames: int) -> "LinesOfSight":
        """Return the lines that the camera has some frames later. Nothing is sure where there are none."""
        source = np.arange(len(self.start)) + frames
        inside = (source >= 0) & (source < len(self.start))
        source = source.clip(0, len(self.start) - 1)
        return LinesOfSight(self.start[source], self.direction[source], self.sure[source] & inside[:, None, None])

    def take(self, frames: Int[np.ndarray, " S"]) -> "LinesOfSight":
        """Return the lines in some frames."""
        return LinesOfSight(self.start[frames], self.direction[frames], self.sure[frames])

    def away_from(self, points: Float[np.ndarray, "T K 3"]) -> Float[np.ndarray, "T P K 3"]:
        """Return the shortest ways from each person's lines to points, m; NaN where a line or a point is not sure.

        Lines begin at the camera: to what is behind it, the way is that from the camera.
        """
        way = (points - self.start[:, None])[:, None]
        across = way - np.maximum(np.sum(way * self.direction, axis=-1, keepdims=True), 0.0) * self.direction
        return np.where(self.sure[..., None], across, np.nan)

    def distance_to(self, points: Float[np.ndarray, "T K 3"]) -> Float[np.ndarray, "T P"]:
        """Return the mean distance of each person's lines from points, m; NaN where too few are sure."""
        return _mean(np.linalg.norm(self.away_from(points), axis=-1))


def lines_of_sight(people: Sequence[Float[np.ndarray, "_ K 3"]], camera: CalibratedCamera) -> LinesOfSight:
    """Return the lines through the keypoints of everybody whom a camera sees.

    Args:
        people: For each frame the people in it: column, row and confidence of the keypoints.
        camera: The camera. If it moves, it has one pose for each frame.
    """
    most = max(1, *(len(here) for here in people))
    padded = np.stack([np.concatenate([here, np.zeros((most - len(here), *here.shape[1:]))]) for here in people])
    count = len(padded)
    ray = rays_of_pixels(camera, padded[..., :2].reshape(count, -1, 2)).reshape(*padded.shape[:3], 2)
    ahead = np.concatenate([ray, np.ones((*ray.shape[:3], 1))], axis=-1)
    turn = from_wxyz(np.broadcast_to(camera.rotation, (count, 4))).as_matrix()
    turned = np.einsum("tji,tpkj->tpki", turn, ahead)
    direction = turned / np.linalg.norm(turned, axis=-1, keepdims=True)
    return LinesOfSight(np.broadcast_to(camera.center, (count, 3)), direction, padded[..., 2] > SEEN)


def apart(one: LinesOfSight, other: LinesOfSight) -> Float[np.ndarray, " T"]:
    """Return the mean distance between the lines of one person each, m; NaN where too few keypoints are shared.

    Lines begin at the cameras: those that would only meet behind one are apart (Ericson, Real-time collision
    detection, 2005, section 5.1.9).
    """
    between = (other.start - one.start)[:, None]
    first, second = one.direction[:, 0], other.direction[:, 0]
    cosine = np.sum(first * second, axis=-1)
    ahead, back = np.sum(between * first, axis=-1), np.sum(between * second, axis=-1)
    # Parallel lines are equally near everywhere.
    along = np.maximum((ahead - cosine * back) / np.maximum(1.0 - cosine**2, 1e-12), 0.0)
    other_along = np.maximum(cosine * along - back, 0.0)
    along = np.maximum(ahead + cosine * other_along, 0.0)
    distance = np.linalg.norm(between + other_along[..., None] * second - along[..., None] * first, axis=-1)
    return _mean(np.where((one.sure & other.sure)[:, 0], distance, np.nan))


def passing_distance(one: LinesOfSight, other: LinesOfSight) -> Float[np.ndarray, "T K"]:
    """Return by how much the lines of one person each pass each other, m; NaN where one of them is not sure.

    The sign says on which side. Where they pass, also behind a camera, does not matter.
    """
    across = np.cross(one.direction[:, 0], other.direction[:, 0])
    # Parallel lines have no normal; no two cameras look at a person along parallel lines.
    length = np.maximum(np.linalg.norm(across, axis=-1), 1e-6)
    passes = np.einsum("tkc,tc->tk", across, other.start - one.start) / length
    return np.where((one.sure & other.sure)[:, 0], passes, np.nan)


def meeting_points(lines: Sequence[LinesOfSight], used: Bool[np.ndarray, "V T"]) -> Float[np.ndarray, "T K 3"]:
    """Return the points that are nearest to the lines of one person each. NaN where the lines do not tell them.

    Args:
        lines: The lines of V cameras.
        used: Which cameras' lines count in which frames.
    """
    normal, moment = 0.0, 0.0
    for each, count in zip(lines, used, strict=True):
        direction = each.direction[:, 0]
        flat = np.eye(3) - direction[..., :, None] * direction[..., None, :]
        flat = flat * (each.sure[:, 0] & count[:, None])[..., None, None]
        normal, moment = normal + flat, moment + np.einsum("tkij,tj->tki", flat, each.start)
    told = np.linalg.eigvalsh(normal)[..., 0] > NARROW
    safe = np.where(told[..., None, None], normal, np.eye(3))
    return np.where(told[..., None], np.linalg.solve(safe, np.asarray(moment)[..., None])[..., 0], np.nan)


def _mean(distance: Float[np.ndarray, "*frames K"]) -> Float[np.ndarray, "*frames"]:
    """Return the mean of the distances that are known; NaN where there are fewer than `FEWEST`.

    A keypoint counts for `FARTHEST` at most. The median would not see that legs have been exchanged.
    """
    known = np.isfinite(distance)
    count = known.sum(axis=-1)
    total = np.where(known, np.minimum(distance, FARTHEST), 0.0).sum(axis=-1)
    return np.where(count >= FEWEST, total / np.maximum(count, 1), np.nan)
