"""Who is seen when: the frames of a recording that show the person, and what fills the gaps between them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float, Int

from data.camera import CalibratedCamera
from data.clip import MIN_FRAMES, InputError
from data.finding import grade
from data.keypoints.clip import KeypointClip
from data.resample import lerp
from data.trajectories import format_spans, spans
from pipelines.inputs.camera import require_poses, take_poses

LONGEST_GAP_S = 0.5  # a span goes on while the person is missing for at most this time
MOMENT_S = 0.2  # who is detected for a shorter time after a gap need not be the person
GUESS = 0.1  # the detector only guesses keypoints of lower confidence: they count as not found
_ANKLES = ("left_ankle", "right_ankle")


@dataclass(frozen=True)
class SeenPart:
    """The part of a recording that a run uses. The person is seen in its first and its last frame.

    Attributes:
        keypoints: The keypoints of these frames. Frames without the person are interpolated, with confidence 0.
        camera: The camera in these frames.
        frames: Where the part lies in the whole recording.
    """

    keypoints: KeypointClip
    camera: CalibratedCamera
    frames: slice

    @property
    def start_s(self) -> float:
        """Time from the first frame of the recording to the first of this part, s."""
        return self.frames.start / self.keypoints.fps


def take_seen_part(
    clip: KeypointClip, camera: CalibratedCamera, start_s: float | None, end_s: float | None
) -> SeenPart:
    """Return the part between two times in which the person is seen longest. A note says which frames these are.

    A finding says when the person is missing between this part and others.

    Args:
        clip: The keypoints of the whole recording.
        camera: The camera, with one pose for each frame of the recording if it moves.
        start_s: Earliest time, s from the first frame. None: the start of the recording.
        end_s: Latest time, s. None: the end of the recording.

    Raises:
        InputError: The times lie outside the recording, the person is seen too briefly, or poses are missing.
    """
    (part,) = take_seen_parts([clip], [camera], start_s, end_s)
    return part


def take_seen_parts(
    clips: Sequence[KeypointClip], cameras: Sequence[CalibratedCamera], start_s: float | None, end_s: float | None
) -> tuple[SeenPart, ...]:
    """Return the part in which the person is seen longest, by any of several cameras, as each camera sees it.

    The arguments are those of `take_seen_part`. All clips have the same frames.
    """
    for clip, camera in zip(clips, cameras, strict=True):
        require_poses(camera, clip.num_frames)
    between = frames_between(clips[0].name, clips[0].fps, clips[0].num_frames, start_s, end_s)
    inside = [
        drop_outside_picture(take_frames(clip, between), camera.size)
        for clip, camera in zip(clips, cameras, strict=True)
    ]
    span = longest_seen_span(*inside)
    inside[0] = _judge_gaps(inside, span)
    frames = slice(between.start + span.start, between.start + span.stop)
    parts = []
    for clip, camera, part in zip(clips, cameras, inside, strict=True):
        keypoints = _fill_part(take_frames(part, span))
        if keypoints.num_frames < clip.num_frames:
            last = keypoints.first + keypoints.num_frames - 1
            keypoints = keypoints.with_notes(f"frames {keypoints.first} to {last} are taken")
        parts.append(SeenPart(keypoints, take_poses(camera, frames), frames))
    return tuple(parts)


def _fill_part(shown: KeypointClip) -> KeypointClip:
    """Return what one camera saw without gaps. Raises InputError if it does not show the person."""
    if frames_with_person(shown.confidence).sum() < MIN_FRAMES:
        raise InputError(f"{shown.name} does not show the person whom other cameras see: use only the other recordings")
    return fill_missing_frames(shown)


def frames_between(name: str, fps: float, frames: int, start_s: float | None, end_s: float | None) -> slice:
    """Return the frames of a recording between two times, s from its first frame.

    Args:
        name: Name of the recording in messages.
        fps: Frames a second.
        frames: How many it has.
        start_s: Earliest time. None: the start of the recording.
        end_s: Latest time. None: the end of the recording.

    Raises:
        InputError: There is no such frame.
    """
    first = 0 if start_s is None else round(start_s * fps)
    last = frames if end_s is None else round(end_s * fps) + 1
    if not 0 <= first < last <= frames:
        raise InputError(f"{name} lasts {(frames - 1) / fps:.2f} s: give --start and --end within it, the start first")
    return slice(first, last)


def take_frames(clip: KeypointClip, frames: slice) -> KeypointClip:
    """Return some frames of the keypoints."""
    first = clip.first + frames.start
    return replace(clip, pixel=clip.pixel[frames], confidence=clip.confidence[frames], first=first)


def drop_outside_picture(clip: KeypointClip, size: tuple[int, int] | None) -> KeypointClip:
    """Set the confidence of keypoints outside the picture to 0. A note says in which frames no foot is seen.

    Detectors also guess where keypoints are beyond the edge of the picture.

    Args:
        clip: The keypoints.
        size: Width and height of the pictures, pixels. None where they are not known: nothing is dropped.
    """
    inside = np.ones(clip.confidence.shape, bool)
    if size is not None:
        inside = ((clip.pixel >= -0.5) & (clip.pixel <= np.array(size) - 0.5)).all(axis=-1)
    clip = replace(clip, confidence=np.where(inside, clip.confidence, 0.0))
    ankles = [clip.names.index(name) for name in _ANKLES if name in clip.names]
    footless = spans(frames_with_person(clip.confidence) & ~frames_with_person(clip.confidence[:, ankles]))
    if not footless:
        return clip
    return clip.with_notes(
        f"neither foot is seen in frames {format_spans(footless, clip.first)}: their motion is guessed"
    )


def longest_seen_span(*clips: KeypointClip) -> slice:
    """Return the span with the most frames of the person, in any of the clips.

    It ends where they are missing for over `LONGEST_GAP_S`.

    Raises:
        InputError: The span has fewer than two frames.
    """
    longest = max(_seen_spans(*clips), key=len)
    if not len(longest) or longest[-1] + 1 - longest[0] < MIN_FRAMES:
        raise InputError(
            f"nobody is seen for long enough in {clips[0].name}: give a recording, or a part of it with --start and "
            "--end, in which a person is seen whole"
        )
    return slice(int(longest[0]), int(longest[-1]) + 1)


def _seen_spans(*clips: KeypointClip) -> list[Int[np.ndarray, "_"]]:
    """Return the frames with the person in any clip, split where they are missing for over `LONGEST_GAP_S`."""
    found = np.flatnonzero(np.any([frames_with_person(each.confidence) for each in clips], axis=0))
    return np.split(found, 1 + np.flatnonzero(np.diff(found) > round(LONGEST_GAP_S * clips[0].fps) + 1))


def _judge_gaps(clips: Sequence[KeypointClip], taken: slice) -> KeypointClip:
    """Return the first clip with a finding on the time in which no clip shows the person, between parts that do."""
    clip = clips[0]
    seen = [each for each in _seen_spans(*clips) if len(each) >= MOMENT_S * clip.fps or each[0] == taken.start]
    gaps = [((before[-1] + 1 + clip.first) / clip.fps, (after[0] + clip.first) / clip.fps)
            for before, after in pairwise(seen)]  # fmt: skip
    start, end = (clip.first + taken.start) / clip.fps, (clip.first + taken.stop - 1) / clip.fps
    when = ", ".join(f"from {gone:.1f} to {back:.1f} s" for gone, back in gaps)
    sentence = (
        f"{clip.name} does not show the person {when}, and only the longest part is taken, from {start:.1f} to "
        f"{end:.1f} s: choose other parts with --start and --end, and make a run of each"
    )
    longest = max((back - gone for gone, back in gaps), default=0.0)
    return replace(
        clip,
        findings=(*clip.findings, grade("gaps", longest, (LONGEST_GAP_S, np.inf), "s between two parts", sentence)),
    )


def fill_missing_frames(clip: KeypointClip) -> KeypointClip:
    """Interpolate the keypoints in frames without the person, and set the confidence of guesses to 0.

    The person is found in at least two frames.
    """
    pixel = interpolate_unseen(clip.pixel, frames_with_person(clip.confidence))
    return replace(clip, pixel=pixel, confidence=np.where(clip.confidence < GUESS, 0.0, clip.confidence))


def frames_with_person(confidence: Float[np.ndarray, "T K"]) -> Bool[np.ndarray, " T"]:
    """Return in which frames at least one keypoint was found."""
    return (confidence >= GUESS).sum(axis=1) > 0


def interpolate_unseen(
    values: Float[np.ndarray, "T *dims"], known: Bool[np.ndarray, " T"]
) -> Float[np.ndarray, "T *dims"]:
    """Interpolate the values of frames that are not known. Before the first known frame and after the last, they stay.

    At least two frames are known.
    """
    frames = np.flatnonzero(known).astype(float)
    return lerp(frames, values[known], np.arange(len(values), dtype=float).clip(frames[0], frames[-1]))
