"""Who is who: from the people found in each frame to one person's keypoints over all frames."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.optimize import linear_sum_assignment

from data.clip import InputError
from data.trajectories import format_spans, spans

SEEN = 0.05  # confidence below which a keypoint says nothing about who somebody is
FEWEST = 3  # keypoints of somebody: fewer are a detector's error
CLOSE = 0.5  # of a person's extent: somebody whose middle is nearer may be taken for them
FARTHEST = 0.5  # of a person's extent: how far their keypoints may move in a frame, on average
LONGEST_GAP = 15  # frames without a person after which somebody at the same place is somebody else

Crop = tuple[float, float, float, float]
"""Left, top, right and bottom edge, pixels."""


@dataclass(frozen=True)
class Track:
    """One person. `frames`: in which they were found (N,), and `keypoints`: column, row and confidence there."""

    frames: Int[np.ndarray, " N"]
    keypoints: Float[np.ndarray, "N K 3"]

    @property
    def prominence(self) -> float:
        """How much of the clip they fill: the sum over frames of their extent, pixels, times their confidence."""
        return float(sum(extent(each) * each[:, 2].mean() for each in self.keypoints))


def extent(person: Float[np.ndarray, "K 3"]) -> float:
    """Diagonal of the box around the keypoints that were seen, pixels."""
    seen = person[person[:, 2] > SEEN, :2]
    return float(np.linalg.norm(np.ptp(seen, axis=0))) if len(seen) else 0.0


def tracks(people: Sequence[Float[np.ndarray, "_ K 3"]], crop: Crop | None = None) -> list[Track]:
    """The persons of a clip, the most prominent first.

    In every frame, the people found are matched with those of the frames before, so that the sum of the distances is
    least (Kuhn, The Hungarian method for the assignment problem, 1955).

    Args:
        people: for each frame, those who were found in it: column, row, confidence of the keypoints.
        crop: only people whose keypoints have their middle inside count.
    """
    found: list[tuple[list[int], list[np.ndarray]]] = []
    for frame, here in enumerate(people):
        somebody = [person for person in here if _is_somebody(person) and _inside(person, crop)]
        open_tracks = [track for track in found if frame - track[0][-1] <= LONGEST_GAP]
        cost = np.array([[_distance(track[1][-1], person) for person in somebody] for track in open_tracks])
        matched = set()
        if cost.size:
            for row, column in zip(*linear_sum_assignment(np.minimum(cost, 1e3)), strict=True):
                if cost[row, column] <= FARTHEST * np.sqrt(frame - open_tracks[row][0][-1]):
                    open_tracks[row][0].append(frame)
                    open_tracks[row][1].append(somebody[column])
                    matched.add(column)
        found += [([frame], [person]) for column, person in enumerate(somebody) if column not in matched]
    every = [Track(np.array(frames), np.stack(keypoints)) for frames, keypoints in found]
    return sorted(every, key=lambda track: -track.prominence)


def choose(
    people: Sequence[Float[np.ndarray, "_ K 3"]], source: str, person: int | None = None, crop: Crop | None = None
) -> tuple[Float[np.ndarray, "T K 3"], tuple[str, ...]]:
    """Keypoints of one person in all T frames, confidence 0 where they were not found, and notes on who it is.

    Args:
        people: for each frame, those who were found in it.
        source: what errors call the clip.
        person: which of the tracks, 1 for the most prominent; that one if None.
        crop: see `tracks`.

    Raises:
        InputError: nobody was found, or not so many.
    """
    every = tracks(people, crop)
    if not every:
        where = "" if crop is None else " inside the crop"
        raise InputError(f"nobody was found in {source}{where}: give a recording in which a person is seen whole")
    number = 1 if person is None else person
    if not 1 <= number <= len(every):
        said = "one person" if len(every) == 1 else f"{len(every)} persons"
        raise InputError(f"{source} has {said}, and none of number {number}: give --person from 1 to {len(every)}")
    taken = every[number - 1]
    keypoints = np.zeros((len(people), *taken.keypoints.shape[1:]))
    keypoints[taken.frames] = taken.keypoints
    notes: tuple[str, ...] = ()
    if len(every) > 1:
        column, row = _middle(taken.keypoints[0])
        notes = (
            f"person {number} of {len(every)}, {'the most prominent, ' if number == 1 else ''}in "
            f"{len(taken.frames)} of {len(people)} frames, first at column {column:.0f}, row {row:.0f}",
        )
    others = [track for index, track in enumerate(every) if index != number - 1]
    if close := spans(_close(taken, others, len(people))):
        notes += (f"somebody else is close by in frames {format_spans(close, 0)}: see that nobody was exchanged there",)
    return keypoints, notes


def _close(taken: Track, others: Sequence[Track], frames: int) -> Bool[np.ndarray, " T"]:
    """The frames in which somebody else's middle is near that of the one who was taken."""
    close = np.zeros(frames, bool)
    for other in others:
        _, mine, theirs = np.intersect1d(taken.frames, other.frames, return_indices=True)
        for person, somebody, frame in zip(
            taken.keypoints[mine], other.keypoints[theirs], taken.frames[mine], strict=True
        ):
            apart = np.linalg.norm(_middle(person) - _middle(somebody))
            close[frame] |= bool(apart < CLOSE * extent(person))
    return close


def _middle(person: Float[np.ndarray, "K 3"]) -> Float[np.ndarray, "2"]:
    return np.median(person[person[:, 2] > SEEN, :2], axis=0)


def _is_somebody(person: Float[np.ndarray, "K 3"]) -> bool:
    return int((person[:, 2] > SEEN).sum()) >= FEWEST


def _inside(person: Float[np.ndarray, "K 3"], crop: Crop | None) -> bool:
    if crop is None:
        return True
    left, top, right, bottom = crop
    column, row = _middle(person)
    return bool(left <= column <= right and top <= row <= bottom)


def _distance(before: Float[np.ndarray, "K 3"], after: Float[np.ndarray, "K 3"]) -> float:
    """Mean distance of the keypoints that both have, over the larger extent; infinite where they share none."""
    both = (before[:, 2] > SEEN) & (after[:, 2] > SEEN)
    if not both.any():
        return np.inf
    apart = np.linalg.norm(before[both, :2] - after[both, :2], axis=1).mean()
    return float(apart / max(extent(before), extent(after), 1e-9))
