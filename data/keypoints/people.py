"""From the people found in each frame to one person's keypoints over all frames."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.optimize import linear_sum_assignment

from data.clip import InputError
from data.finding import Finding, grade
from data.keypoints.clip import FOUND
from data.trajectories import format_spans, spans

FEWEST = 3  # keypoints of a person; fewer are a detector's error
CLOSE = 0.5  # of a person's extent: somebody whose middle is nearer may be mistaken for the person
FARTHEST = 0.5  # of a person's extent: the keypoints may move so far from one frame to the next, on average
LONGEST_GAP_S = 0.5  # after a longer gap, somebody at the same place counts as another person
LEFT_OUT_S = 0.2  # somebody who is found for so long may be the person again
MOST_LISTED = 6  # persons whose places are said
STRAY_PCT = 2.0  # of the keypoints: those farthest out do not tell where somebody is

Crop = tuple[float, float, float, float]
"""Left, top, right and bottom edge, pixels."""


@dataclass(frozen=True)
class Track:
    """One person over time.

    Attributes:
        frames: The frames in which the person was found.
        keypoints: Column, row and confidence of the keypoints in these frames.
        numbers: The person's number among the people found in each of these frames.
    """

    frames: Int[np.ndarray, " N"]
    keypoints: Float[np.ndarray, "N K 3"]
    numbers: Int[np.ndarray, " N"]

    @cached_property
    def prominence(self) -> float:
        """How much of the clip the person fills: the sum over frames of extent, pixels, times mean confidence."""
        return float(sum(extent(each) * each[:, 2].mean() for each in self.keypoints))


def extent(person: Float[np.ndarray, "K 3"]) -> float:
    """Return the diagonal of the box around the keypoints that were seen, pixels."""
    seen = person[person[:, 2] > FOUND, :2]
    return float(np.linalg.norm(np.ptp(seen, axis=0))) if len(seen) else 0.0


def box_around(person: Float[np.ndarray, "K 3"], margin: float = 0.15) -> Crop | None:
    """Return the box around the keypoints that were seen, wider by a share of their extent, or None if none was."""
    seen = person[person[:, 2] > FOUND, :2]
    if not len(seen):
        return None
    border = margin * extent(person)
    (left, top), (right, bottom) = seen.min(axis=0) - border, seen.max(axis=0) + border
    return float(left), float(top), float(right), float(bottom)


def distance(before: Float[np.ndarray, "K 3"], after: Float[np.ndarray, "K 3"]) -> float:
    """Return the mean distance of shared keypoints over the larger extent; infinite where no keypoint is shared."""
    both = (before[:, 2] > FOUND) & (after[:, 2] > FOUND)
    if not both.any():
        return np.inf
    apart = np.linalg.norm(before[both, :2] - after[both, :2], axis=1).mean()
    return float(apart / max(extent(before), extent(after), 1e-9))


def tracks(people: Sequence[Float[np.ndarray, "_ K 3"]], fps: float, crop: Crop | None = None) -> list[Track]:
    """Return the persons of a clip, the most prominent first.

    In each frame, the people found are matched with the people of the frames before so that the sum of distances is
    smallest (Kuhn, The Hungarian method for the assignment problem, 1955).

    Args:
        people: For each frame, the people found in it: column, row, confidence of the keypoints.
        fps: Frames a second.
        crop: Only people whose keypoints have their middle inside count.
    """
    found: list[tuple[list[int], list[int]]] = []
    for frame, here in enumerate(people):
        somebody = [number for number, each in enumerate(here) if _is_somebody(each) and _inside(each, crop)]
        open_tracks = [track for track in found if frame - track[0][-1] <= LONGEST_GAP_S * fps]
        last = [people[frames[-1]][numbers[-1]] for frames, numbers in open_tracks]
        cost = np.array([[distance(before, here[number]) for number in somebody] for before in last])
        matched = set()
        if cost.size:
            for row, column in zip(*linear_sum_assignment(np.minimum(cost, 1e3)), strict=True):
                if cost[row, column] <= FARTHEST * np.sqrt(frame - open_tracks[row][0][-1]):
                    open_tracks[row][0].append(frame)
                    open_tracks[row][1].append(somebody[column])
                    matched.add(column)
        found += [([frame], [number]) for column, number in enumerate(somebody) if column not in matched]
    every = [
        Track(
            np.array(frames),
            np.stack([people[frame][number] for frame, number in zip(frames, numbers, strict=True)]),
            np.array(numbers),
        )
        for frames, numbers in found
    ]
    return sorted(every, key=lambda track: -track.prominence)


def choose(
    people: Sequence[Float[np.ndarray, "_ K 3"]],
    fps: float,
    source: str,
    person: int | None = None,
    crop: Crop | None = None,
    first: int = 0,
) -> tuple[Float[np.ndarray, "T K 3"], tuple[str, ...], tuple[Finding, ...]]:
    """Return one person's keypoints in all T frames, notes on who it is, and what makes the choice doubtful.

    The confidence is 0 in frames where the person was not found.

    Args:
        people: For each frame, the people found in it.
        fps: Frames a second.
        source: What messages call the clip.
        person: Number of the person, 1 for the most prominent; that one if None.
        crop: See `tracks`.
        first: The number of the first frame, for messages.

    Raises:
        InputError: Nobody was found, or fewer people than `person`.
    """
    every = tracks(people, fps, crop)
    number = 1 if person is None else person
    require_person(every, number, fps, source, crop, first)
    chosen = every[number - 1]
    keypoints = np.zeros((len(people), *chosen.keypoints.shape[1:]))
    keypoints[chosen.frames] = chosen.keypoints
    notes: tuple[str, ...] = ()
    if len(every) > 1:
        notes = (
            f"person {number} of {len(every)}, {'the most prominent, ' if number == 1 else ''}in "
            f"{len(chosen.frames)} of {len(people)} frames; {_list_places(every, fps, first)}; --crop chooses another, "
            "and so does --person in keypoints",
        )
    others = [track for index, track in enumerate(every) if index != number - 1]
    if close := spans(_frames_with_others(chosen, others, len(people))):
        notes += (
            f"somebody else is close by in frames {format_spans(close, first)}: see that nobody was exchanged there",
        )
    return keypoints, notes, () if person is not None else (_judge_left_out(chosen, others, fps, source, first),)


def require_person(
    every: Sequence[Track], number: int, fps: float, source: str, crop: Crop | None = None, first: int = 0
) -> None:
    """Check that there is a person with this number, from 1. The other arguments are those of `choose`.

    Raises:
        InputError: Nobody was found, or fewer people.
    """
    if not every:
        if crop is not None:
            raise InputError(f"nobody was found in {source} inside the crop: give other edges with --crop")
        raise InputError(f"nobody was found in {source}: give a recording in which a person is seen whole")
    if not 1 <= number <= len(every):
        count = "one person" if len(every) == 1 else f"{len(every)} persons"
        raise InputError(
            f"{source} has {count} ({_list_places(every, fps, first)}), but no number {number}: "
            f"give --person from 1 to {len(every)}"
        )


def _judge_left_out(chosen: Track, others: Sequence[Track], fps: float, source: str, first: int) -> Finding:
    """Judge for how long somebody is found only while the chosen person is not: it may be the same person."""
    alone = [each for each in others if not np.intersect1d(each.frames, chosen.frames).size]
    longest = max(alone, key=lambda each: len(each.frames), default=None)
    seconds = 0.0 if longest is None else len(longest.frames) / fps
    when = "" if longest is None else _when(longest, fps, first)
    return grade(
        "left out", seconds, (LEFT_OUT_S, np.inf), "s of somebody who may be the person",
        f"somebody is in {source} {when}, when the person who was taken is not, and is left out, though it may be the "
        "same person: make a run of each part with --start and --end",
    )  # fmt: skip


def _list_places(every: Sequence[Track], fps: float, first: int) -> str:
    """Say where in the picture each person is, as edges that --crop takes, and when."""
    places = [
        f"person {number} inside {','.join(f'{edge:.0f}' for edge in _edges(track))} {_when(track, fps, first)}"
        for number, track in enumerate(every[:MOST_LISTED], start=1)
    ]
    more = len(every) - MOST_LISTED
    return ", ".join([*places, *([f"{more} less prominent ones"] if more > 0 else [])])


def _when(track: Track, fps: float, first: int) -> str:
    start, end = ((frame + first) / fps for frame in track.frames[[0, -1]])
    return f"from {start:.1f} to {end:.1f} s"


def _edges(track: Track) -> Crop:
    """Return the box around what was seen of somebody at any time, inside of the picture."""
    seen = track.keypoints[track.keypoints[..., 2] > FOUND, :2]
    left, top = np.maximum(np.percentile(seen, STRAY_PCT, axis=0), 0.0)
    right, bottom = np.percentile(seen, 100.0 - STRAY_PCT, axis=0)
    return float(left), float(top), float(right), float(bottom)


def _frames_with_others(chosen: Track, others: Sequence[Track], frames: int) -> Bool[np.ndarray, " T"]:
    """Return the frames in which the middle of somebody else is near the middle of the chosen person."""
    close = np.zeros(frames, bool)
    for other in others:
        _, mine, theirs = np.intersect1d(chosen.frames, other.frames, return_indices=True)
        for person, somebody, frame in zip(
            chosen.keypoints[mine], other.keypoints[theirs], chosen.frames[mine], strict=True
        ):
            apart = np.linalg.norm(_middle(person) - _middle(somebody))
            close[frame] |= bool(apart < CLOSE * extent(person))
    return close


def _middle(person: Float[np.ndarray, "K 3"]) -> Float[np.ndarray, "2"]:
    return np.median(person[person[:, 2] > FOUND, :2], axis=0)


def _is_somebody(person: Float[np.ndarray, "K 3"]) -> bool:
    return int((person[:, 2] > FOUND).sum()) >= FEWEST


def _inside(person: Float[np.ndarray, "K 3"], crop: Crop | None) -> bool:
    if crop is None:
        return True
    left, top, right, bottom = crop
    column, row = _middle(person)
    return bool(left <= column <= right and top <= row <= bottom)
