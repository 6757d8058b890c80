"""Who is who in the pictures of several cameras with poses: the rays of one person's keypoints meet."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.ndimage import binary_dilation

from data.camera import CalibratedCamera
from data.keypoints.lines_of_sight import LinesOfSight, apart, lines_of_sight, meeting_points
from data.keypoints.mirroring import mirror_order
from data.keypoints.people import Track
from data.resample import lerp

# m, the mean over the keypoints. Detectors and calibrations leave some 0.02 m, cameras that are out of step more.
MEET = 0.1
SURELY = 0.04  # m: rays that are so near meet, whatever happens if left and right are exchanged
NEAR = 0.5  # m: whoever is farther from where the person must be, between two frames that are sure, is somebody else
EXCHANGED = 1.5  # times: left and right are exchanged only if the rays are nearer by so much
MOST = 6  # persons of each camera that are compared, the most prominent first
COMPARED = 200  # frames, evenly over all, in which tracks are compared
SOON_S = 0.2  # so long before and after rays meet, it is known where the limbs are
ROUNDS = 3


@dataclass(frozen=True)
class SamePerson:
    """Who is the same person in the T frames of V cameras.

    Attributes:
        numbers: The person's number among the people found in a frame; -1 where it is none of them. Where no rays meet,
            nobody can tell, and it is the number of whom the camera follows from the frames in which they do.
        exchanged: Whether the detector took the person's left side for the right one. Where no rays meet, the detector
            is believed.
        meets: Whether the rays meet those of another camera.
        points: Where the keypoints are in the cameras' world, m. Between frames in which rays meet they are
            interpolated. NaN where no rays ever meet.
        lines: The lines of sight of whom each camera is taken to follow, whether they meet or not.
    """

    numbers: Int[np.ndarray, "V T"]
    exchanged: Bool[np.ndarray, "V T"]
    meets: Bool[np.ndarray, "V T"]
    points: Float[np.ndarray, "T K 3"]
    lines: tuple[LinesOfSight, ...]

    @property
    def known(self) -> Bool[np.ndarray, " T"]:
        """In which frames at least two cameras show the same person."""
        return np.asarray(self.meets.any(axis=0))


def find_same_person(
    people: Sequence[Sequence[Float[np.ndarray, "_ K 3"]]],
    tracks: Sequence[Sequence[Track]],
    cameras: Sequence[CalibratedCamera],
    names: Sequence[str],
    fps: float,
    given: Sequence[int | None] | None = None,
) -> SamePerson:
    """Find the person whom the pictures show largest, and whose rays meet.

    Tracks whose rays meet say who it is. In each frame, the cameras whose rays meet there then say where the person is,
    and everybody is compared with that place, also with left and right exchanged.

    Args:
        people: For each camera and frame the people found: column, row and confidence of the keypoints.
        tracks: For each camera the people over time, the most prominent first.
        cameras: The cameras, in one world. One that moves has one pose for each frame.
        names: Names of the keypoints.
        fps: Frames a second.
        given: For each camera the track that is the person, or None where nobody said it.

    Returns:
        The person. If no two tracks meet, each camera follows the track that is given or most prominent.
    """
    lines = [lines_of_sight(each, camera) for each, camera in zip(people, cameras, strict=True)]
    order = mirror_order(names)
    either = [_with_exchanged(each, order) for each in lines]
    given = given or [None] * len(lines)
    shape = len(lines), len(people[0])
    alone = _numbers(shape, [(camera, seen[given[camera] or 0]) for camera, seen in enumerate(tracks) if seen])
    picked = _numbers(shape, _find_tracks(lines, tracks, given))
    meets, points, seen = _meet(either, picked)
    trackless = (picked < 0).all(axis=1, keepdims=True)
    if trackless.all():
        seen = tuple(each.of(person) for each, person in zip(lines, alone, strict=True))
        return SamePerson(alone, meets, np.zeros(shape, bool), points, seen)
    most = np.array([[each.sure.shape[1]] for each in lines])
    for _ in range(ROUNDS):
        known = np.asarray(meets.any(axis=0))
        soon = _is_soon(known, SOON_S * fps)
        nearest = np.stack([_nearest(each, points, known, soon, met) for each, met in zip(either, meets, strict=True)])
        picked = np.where(nearest < 0, picked, nearest)
        meets, points, seen = _meet(either, picked)
    astray = meets.any(axis=0) & ~meets
    unsure = np.asarray(~meets.any(axis=0))
    picked[:, unsure] = np.stack([
        _carry_on(np.where(person < 0, -1, person % count), met, others, unsure)
        for person, count, met, others in zip(picked, most, meets, tracks, strict=True)
    ])  # fmt: skip
    numbers = np.where(astray | (picked < 0), -1, picked % most)
    followed = np.where(trackless & (picked < 0), alone, picked)
    seen = tuple(each.of(person) for each, person in zip(either, followed, strict=True))
    return SamePerson(numbers, (numbers >= 0) & (picked >= most), meets, points, seen)


def _find_tracks(
    lines: Sequence[LinesOfSight], tracks: Sequence[Sequence[Track]], given: Sequence[int | None]
) -> list[tuple[int, Track]]:
    """Return the tracks of one person, with their cameras. None: no two tracks meet.

    Every two tracks that meet say where the person is, and each other camera adds the track that is nearest to it.
    """
    count = len(lines[0].start)
    frames = np.unique(np.linspace(0, count - 1, COMPARED).astype(int))
    followed = [
        [
            (track, each.take(frames).of(_numbers((1, count), [(0, track)])[0, frames]))
            for track in (seen[:MOST] if one is None else [seen[one]])
        ]
        for each, seen, one in zip(lines, tracks, given, strict=True)
    ]
    needed = {camera for camera, number in enumerate(given) if number is not None}
    best, most = [], 0.0
    for first, second in combinations(range(len(lines)), 2):
        for (track, one), (other_track, other) in product(followed[first], followed[second]):
            near = _nearness(apart(one, other))
            if near <= 0.0:
                continue
            points = meeting_points([one, other], np.ones((2, len(frames)), bool))
            found, prominence = (
                [(first, track), (second, other_track)],
                near * (track.prominence + other_track.prominence),
            )
            for camera in set(range(len(lines))) - {first, second}:
                third = [
                    (_nearness(each.distance_to(points)[:, 0]), each_track) for each_track, each in followed[camera]
                ]
                near, nearest = max(third, key=lambda each: each[0], default=(0.0, None))
                if nearest is not None and near > 0.0:
                    found.append((camera, nearest))
                    prominence += near * nearest.prominence
            if prominence > most and needed <= {camera for camera, _ in found}:
                best, most = found, prominence
    return best


def _numbers(shape: tuple[int, int], tracks: Sequence[tuple[int, Track]]) -> Int[np.ndarray, "V T"]:
    """Return the numbers of the people whom cameras follow, -1 where nobody is."""
    numbers = np.full(shape, -1)
    for camera, track in tracks:
        numbers[camera, track.frames] = track.numbers
    return numbers


def _nearness(distance: Float[np.ndarray, " T"]) -> float:
    """Return how near lines come in most frames: 1 where they meet exactly, 0 and less where they do not meet."""
    known = distance[np.isfinite(distance)]
    return 1.0 - float(np.median(known)) / MEET if len(known) else 0.0


def _meet(
    lines: Sequence[LinesOfSight], picked: Int[np.ndarray, "V T"]
) -> tuple[Bool[np.ndarray, "V T"], Float[np.ndarray, "T K 3"], tuple[LinesOfSight, ...]]:
    """Return whose lines meet in each frame, the points where they do, and the lines.

    Every two cameras whose lines meet say where the person is, and those with whom most others agree are believed
    (Fischler and Bolles, Random sample consensus, 1981, with all samples). If as many agree about another place,
    nobody is believed. Two cameras fix a place: cameras of which two are the same agree about one place.
    """
    seen = tuple(each.of(person) for each, person in zip(lines, picked, strict=True))
    across = tuple(each.of(_exchange(person, each)) for each, person in zip(lines, picked, strict=True))
    agree, nearness = [], []
    for one, other in combinations(range(len(seen)), 2):
        distance = apart(seen[one], seen[other])
        pair = _meets(distance, apart(seen[one], across[other]))
        used = np.zeros(picked.shape, bool)
        used[[one, other]] = pair
        points = meeting_points([seen[one], seen[other]], used[[one, other]])
        agree.append(used | (pair & [
            _meets(*(each.distance_to(points)[:, 0] for each in either)) for either in zip(seen, across, strict=True)
        ]))  # fmt: skip
        nearness.append(np.where(pair, distance, np.inf))
    number = np.sum(agree, axis=1)
    best = np.lexsort((nearness, -number), axis=0)[0]
    frames = np.arange(picked.shape[1])
    meets = np.array(agree)[best, :, frames].T
    others = (number == number[best, frames]) & (np.sum(agree & meets, axis=1) < 2)
    meets &= ~others.any(axis=0)
    return meets, _interpolate(meeting_points(seen, meets)), seen


def _meets(distance: Float[np.ndarray, " T"], exchanged: Float[np.ndarray, " T"]) -> Bool[np.ndarray, " T"]:
    """Return where lines meet: they are near, and not much nearer with left and right exchanged."""
    limit = np.maximum(SURELY, EXCHANGED * np.nan_to_num(exchanged, nan=np.inf))
    return distance < np.minimum(MEET, limit)


def _interpolate(points: Float[np.ndarray, "T K 3"]) -> Float[np.ndarray, "T K 3"]:
    """Fill the frames in which points are not known from those around them."""
    filled, frames = points.copy(), np.arange(len(points), dtype=float)
    for keypoint in range(points.shape[1]):
        known = np.isfinite(points[:, keypoint, 0])
        if known.any():
            inside = frames.clip(frames[known][0], frames[known][-1])
            filled[:, keypoint] = lerp(frames[known], points[known, keypoint], inside)
    return filled


def _is_soon(known: Bool[np.ndarray, " T"], longest: float) -> Bool[np.ndarray, " T"]:
    """Return which frames are at most so many frames away from one that is known."""
    return binary_dilation(known, np.ones(2 * round(longest) + 1, bool))


def _carry_on(
    picked: Int[np.ndarray, " T"], met: Bool[np.ndarray, " T"], tracks: Sequence[Track], wanted: Bool[np.ndarray, " T"]
) -> Int[np.ndarray, " W"]:
    """Return whom a camera follows where no lines meet: the track that it followed when they last did, or do next.

    Args:
        picked: The numbers of the people who are picked.
        met: Where they are sure.
        tracks: The people over time.
        wanted: The frames in which no lines meet.
    """
    sure, frames = np.flatnonzero(met), np.flatnonzero(wanted)
    if not len(sure) or not len(tracks):
        return picked[wanted]
    numbers = np.stack([_numbers((1, len(picked)), [(0, track)])[0] for track in tracks])
    after = np.searchsorted(sure, frames)
    ends = np.stack([sure[(after - 1).clip(0)], sure[after.clip(None, len(sure) - 1)]])
    ends = np.take_along_axis(ends, np.abs(ends - frames).argsort(axis=0), axis=0)
    nearer, farther = (np.where(numbers[:, end] == picked[end], numbers[:, frames], -1).max(axis=0) for end in ends)
    return np.where(nearer < 0, farther, nearer)


def _nearest(
    lines: LinesOfSight,
    points: Float[np.ndarray, "T K 3"],
    known: Bool[np.ndarray, " T"],
    soon: Bool[np.ndarray, " T"],
    met: Bool[np.ndarray, " T"],
) -> Int[np.ndarray, " T"]:
    """Return who is nearest to points in each frame, or -1 where nobody is near.

    Where lines met, the points are sure. There, who is near must meet, and left and right are exchanged only for much
    nearer lines. Long before and after, the limbs are elsewhere, and nothing is exchanged.

    Args:
        lines: The lines of everybody, and of everybody with left and right exchanged.
        points: The points.
        known: In which frames lines of two cameras met.
        soon: In which frames they do, or did a short while before or after.
        met: In which frames they were those of this camera.
    """
    distance = np.nan_to_num(lines.distance_to(points), nan=np.inf)
    half = distance.shape[1] // 2
    distance[~soon, half:] = np.inf
    weight = np.ones_like(distance)
    weight[met, half:] = EXCHANGED
    nearest = (weight * distance).argmin(axis=1)
    return np.where(distance[np.arange(len(distance)), nearest] < np.where(known, MEET, NEAR), nearest, -1)


def _exchange(picked: Int[np.ndarray, " T"], lines: LinesOfSight) -> Int[np.ndarray, " T"]:
    """Return the numbers of the same people with left and right exchanged."""
    count = lines.sure.shape[1]
    return np.where(picked < 0, picked, (picked + count // 2) % count)


def _with_exchanged(lines: LinesOfSight, order: Sequence[int]) -> LinesOfSight:
    """Return the lines of everybody, and after them the same with left and right exchanged."""
    direction = np.concatenate([lines.direction, lines.direction[:, :, order]], axis=1)
    return LinesOfSight(lines.start, direction, np.concatenate([lines.sure, lines.sure[:, :, order]], axis=1))
