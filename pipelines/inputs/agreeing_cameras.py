"""Whether several cameras show the same person, and which of them can be believed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Int

from data.camera import CalibratedCamera
from data.clip import InputError
from data.finding import Finding, grade
from data.keypoints.lines_of_sight import LinesOfSight
from data.keypoints.people import Crop, box_around, require_person, tracks
from data.keypoints.rays import pixels_of_points
from data.keypoints.same_person import MEET, SamePerson, find_same_person
from data.keypoints.time_shift import best_shift
from data.trajectories import format_spans, spans
from pipelines.inputs.camera import require_poses, take_poses
from pipelines.inputs.recordings import Recorded

LEAST = 0.5  # of the frames in which a camera shows somebody: one whose rays meet less often shows somebody else
MARGIN = 0.2  # of the person's extent: how far around the foreseen person a detector looks
LONGEST_S = 0.5  # by so much the cameras may be out of step
CLEARLY = 0.9  # of how much the rays pass each other: only what is less says that a camera is out of step
# Share of the frames with somebody in two cameras or more, in which no two of them agree. Our choice.
APART_PCT = (10.0, 50.0)


@runtime_checkable
class Recording(Recorded, Protocol):
    """Everybody whom one camera shows."""

    @property
    def path(self) -> Path: ...
    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def people(self) -> Sequence[Float[np.ndarray, "_ K 3"]]: ...


@dataclass(frozen=True)
class Followed:
    """The person in one recording.

    Attributes:
        recording: The number of the recording.
        numbers: The person's number among the people in a frame; -1: none of them.
        exchanged: Whether left and right are exchanged.
        notes: What of the recording is left out or corrected.
        findings: What makes it doubtful.
    """

    recording: int
    numbers: Int[np.ndarray, " T"]
    exchanged: Bool[np.ndarray, " T"]
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


def poses_in(
    frames: Sequence[slice], cameras: Sequence[CalibratedCamera], recordings: Sequence[Recording]
) -> list[CalibratedCamera]:
    """Return the cameras in some frames of their recordings.

    Raises:
        InputError: A moving camera has not one pose for each frame of its recording.
    """
    for camera, recording in zip(cameras, recordings, strict=True):
        require_poses(camera, recording.num_frames)
    return [take_poses(camera, common) for camera, common in zip(cameras, frames, strict=True)]


def find_in_all(
    recordings: Sequence[Recording],
    cameras: Sequence[CalibratedCamera],
    crops: Sequence[Crop | None],
    person: int | None = None,
) -> SamePerson:
    """Find one person in the same frames of several recordings.

    Args:
        recordings: Everybody whom each camera shows, with the same keypoints.
        cameras: The cameras, in one world.
        crops: Where the person is in each recording, as far as the user says it.
        person: Number of the person in the first recording, 1 for the most prominent, if the user says it.

    Raises:
        InputError: Recordings have different keypoints, or there is no such person.
    """
    for each in recordings:
        if each.names != recordings[0].names:
            raise InputError(
                f"{each.path} has other keypoints than {recordings[0].path}: give those that one detector found"
            )
    people = [each.people for each in recordings]
    every = [tracks(here, each.fps, crop) for here, each, crop in zip(people, recordings, crops, strict=True)]
    given: list[int | None] = [None if crop is None else 0 for crop in crops]
    if person is not None:
        given[0] = person - 1
    for each, found, number, crop in zip(recordings, every, given, crops, strict=True):
        if number is not None:
            require_person(found, number + 1, each.fps, str(each.path), crop, each.first)
    return find_same_person(people, every, cameras, recordings[0].names, recordings[0].fps, given)


def boxes_around(camera: CalibratedCamera, points: Float[np.ndarray, "T K 3"]) -> list[Crop | None]:
    """Return the box around points in each picture of a camera. None where they are not in the picture."""
    pixel = pixels_of_points(camera, points)
    seen = np.concatenate([np.nan_to_num(pixel), np.isfinite(pixel[..., :1])], axis=-1)
    boxes = [box_around(here, MARGIN) for here in seen]
    width, height = camera.size or (np.inf, np.inf)
    return [
        box if box is not None and box[2] > 0 and box[3] > 0 and box[0] < width and box[1] < height else None
        for box in boxes
    ]


def _is_in_picture(camera: CalibratedCamera, points: Float[np.ndarray, "T K 3"]) -> Bool[np.ndarray, " T"]:
    """Return in which frames most of the points are in the picture of a camera."""
    pixel = pixels_of_points(camera, points)
    inside = (pixel >= 0) & (pixel < np.array(camera.size or (np.inf, np.inf)))
    return inside.all(axis=-1).mean(axis=1) > 0.5


def judge_agreement(
    recordings: Sequence[Recording], cameras: Sequence[CalibratedCamera], same: SamePerson, remedy: str
) -> list[Followed]:
    """Return the recordings that can be used, and what makes the choice of the person doubtful.

    A camera that shows somebody else while the person is not in its picture is not to blame.

    Args:
        recordings: The recordings.
        cameras: Their cameras, in these frames.
        same: Who is the same person.
        remedy: What the user can do about a camera that shows somebody else.

    Raises:
        InputError: Nobody is in one recording, and others do not agree about somebody.
    """
    somebody = np.array([[len(here) > 0 for here in each.people] for each in recordings])
    for each, there in zip(recordings, somebody, strict=True):
        if not there.any() and not same.known.any():
            raise InputError(f"nobody is in {each.path} in these frames: use only the other recordings")
    used, left_out = [], []
    for number, (each, camera) in enumerate(zip(recordings, cameras, strict=True)):
        compared = somebody[number] & same.known & (_is_in_picture(camera, same.points) | same.meets[number])
        meets = float(same.meets[number][compared].mean()) if compared.any() else 0.0
        if meets < LEAST:
            left_out.append(_leave_out(each.name, 100 * meets, remedy))
        else:
            notes = _describe(each, compared & ~same.meets[number], same.exchanged[number])
            used.append(Followed(number, same.numbers[number], same.exchanged[number], notes))
    together = somebody.sum(axis=0) > 1
    apart = 100 * float((together & ~same.known).sum() / max(together.sum(), 1))
    if len(used) < 2:  # now these agree, now those: nobody knows which to leave out
        used, left_out, apart = (
            [Followed(number, same.numbers[number], same.exchanged[number]) for number in range(len(recordings))],
            [],
            100.0,
        )
    findings = (
        *left_out,
        _judge_apart(apart, [each.name for each in recordings], remedy),
        _judge_step(recordings, same.lines, [each.recording for each in used]),
    )
    return [replace(used[0], findings=findings), *used[1:]]


def _describe(
    recording: Recording, apart: Bool[np.ndarray, " T"], exchanged: Bool[np.ndarray, " T"]
) -> tuple[str, ...]:
    """Return notes on the frames of a recording that are left out or corrected."""
    notes = ()
    if apart.any():
        when = format_spans(spans(apart), recording.first)
        notes += (f"frames {when} are left out: the rays do not meet those of the other cameras",)
    if exchanged.any():
        when = format_spans(spans(exchanged), recording.first)
        notes += (f"left and right are exchanged in frames {when}: then the rays meet those of the other cameras",)
    most = max(len(here) for here in recording.people)
    if most > 1:
        notes += (f"of up to {most} people in a picture, the one whose rays meet those of the other cameras is taken",)
    return notes


def _leave_out(name: str, meets: float, remedy: str) -> Finding:
    return Finding(
        "doubtful", f"rays of {name}", f"{meets:.0f} % of the frames meet", f"at least {100 * LEAST:.0f} %",
        f"{name} does not show the person whom the other cameras show, or its calibration or time is wrong, and it is "
        f"left out: {remedy}",
    )  # fmt: skip


def _judge_apart(apart: float, names: Sequence[str], remedy: str) -> Finding:
    return grade(
        "rays of the cameras", apart, APART_PCT, "% of the frames apart",
        f"no two of {', '.join(names)} show one person within {100 * MEET:.0f} cm in {apart:.0f} % of the frames, as "
        "where they follow different people or take left for right, or the calibration or time of one is wrong, and "
        f"nobody knows which to believe: {remedy}",
    )  # fmt: skip


def _judge_step(recordings: Sequence[Recording], lines: Sequence[LinesOfSight], used: Sequence[int]) -> Finding:
    """Judge whether the cameras run in step: whether the rays of one meet those of used ones better if read later."""
    fps = recordings[0].fps
    longest = round(LONGEST_S * fps)
    shifts = {
        camera: best_shift(lines[camera], [lines[each] for each in used if each != camera], longest)
        for camera in range(len(recordings))
        if len(recordings) > 2 or camera > 0  # of two cameras, nobody knows which is late
    }
    camera = min(shifts, key=lambda each: shifts[each][1])
    frames, nearer = shifts[camera]
    frames = frames if nearer < CLEARLY else 0
    name = recordings[camera].name
    sentence = (
        f"the rays of {name} meet those of the other cameras {100 * (1 - nearer):.0f} % better if it is read "
        f"{abs(frames)} frames ({abs(frames) / fps:.2f} s) {'later' if frames > 0 else 'earlier'}, as where the "
        f"cameras did not start together: give --shift {name}:{frames}, or recordings that are in step"
    )
    level = "doubtful" if frames else "good"
    return Finding(level, "step of the cameras", f"{frames} frames", "0 frames", sentence if frames else "")
