"""The recordings of one moment by several cameras: which they are, which camera made which, and their common frames."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar, runtime_checkable

from data.camera import CalibratedCamera
from data.clip import InputError
from data.formats.keypoints import holds_keypoints
from data.keypoints.people import Crop
from pipelines.folder import holds_run

T = TypeVar("T")
SUFFIXES = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv", ".mts")
IN_STEP = 0.5  # frames by which two recordings of one moment may be apart at their end
SAME_RATE = 0.02  # two frame rates that differ by less than this share count as equal


def is_video(source: str | Path | None) -> bool:
    """Return whether the name is one of a video."""
    return source is not None and Path(source).suffix.lower() in SUFFIXES


def find_recordings(source: str | Path) -> Sequence[Path]:
    """Return the recordings in a folder, one for each camera, in the order of their names, or the source itself.

    A folder of keypoints goes before videos: Pose2Sim puts videos of what it found beside them. The files of a single
    recording, one for each frame, are not recordings, and neither are the videos of a run.
    """
    folder = Path(source)
    if not folder.is_dir() or holds_run(folder) or holds_keypoints(folder):
        return [folder]
    entries = sorted(folder.iterdir(), key=lambda each: _words(each.name))
    keypoints = [each for each in entries if _holds_keypoints_of_camera(each)]
    videos = [each for each in entries if is_video(each)]
    found = keypoints if len(keypoints) > 1 else videos
    return found if len(found) > 1 else [folder]


def _holds_keypoints_of_camera(path: Path) -> bool:
    return (path.is_dir() or path.suffix.lower() in (".json", ".npz")) and holds_keypoints(path)


def match_cameras(
    recordings: Sequence[Path], cameras: Mapping[str, CalibratedCamera], file: Path
) -> tuple[list[CalibratedCamera], str]:
    """Return the camera that made each recording, and a note that says so.

    A recording has the name of its camera in its own: "trial1_cam01.mp4" is of cam_1. If no name tells, both are taken
    in order.

    Raises:
        InputError: Only some names tell, or none, and there are more or fewer cameras than recordings.
    """
    chosen = [_named_in(each.stem, cameras) for each in recordings]
    pairs = [(each.name, name) for each, name in zip(recordings, chosen, strict=True) if name is not None]
    how = ""
    if len(pairs) < len(recordings) or len(set(chosen)) < len(chosen):
        if pairs or len(cameras) != len(recordings):
            raise InputError(
                f"{file} has the cameras {', '.join(cameras)}, but the recordings are "
                f"{', '.join(each.name for each in recordings)}: give each recording the name of its camera"
            )
        in_order = sorted(cameras, key=_words)
        pairs = [(each.name, name) for each, name in zip(recordings, in_order, strict=True)]
        how = "by their order, for the names do not tell: "
    told = ", ".join(f"{recording} by {name}" for recording, name in pairs)
    return [cameras[name] for _, name in pairs], f"cameras: of {file}, {how}{told}"


def _named_in(name: str, cameras: Iterable[str]) -> str | None:
    """Return the camera whose name is in a recording's. None if there is none, or more than one."""
    words = _words(name)
    inside = [each for each in cameras if _is_part(_words(each), words)]
    longest = max((len(_words(each)) for each in inside), default=0)
    found = [each for each in inside if len(_words(each)) == longest]
    return found[0] if len(found) == 1 else None


def _words(name: str) -> list[tuple[bool, int, str]]:
    """Return the words and the numbers of a name, so that numbers are sorted by their size: cam2 before cam10."""
    parts = re.findall(r"[a-z]+|\d+", name.lower())
    return [(part.isdigit(), int(part) if part.isdigit() else 0, "" if part.isdigit() else part) for part in parts]


def _is_part(part: Sequence[object], whole: Sequence[object]) -> bool:
    return any(whole[start : start + len(part)] == part for start in range(len(whole) - len(part) + 1))


@runtime_checkable
class Recorded(Protocol):
    """What is known of the frames of a recording: its name, its rate, and the number of its first frame."""

    @property
    def name(self) -> str: ...
    @property
    def fps(self) -> float: ...
    @property
    def first(self) -> int: ...
    @property
    def num_frames(self) -> int: ...


def common_frames(
    clips: Sequence[Recorded], shifts: Sequence[int | None] | None = None
) -> tuple[list[slice], tuple[str, ...]]:
    """Return the frames of each recording that all have, by the numbers of the frames, and a note where some lack.

    Args:
        clips: The recordings.
        shifts: How many frames later each is read.

    Raises:
        InputError: The frame rates differ, or no two frames are common.
    """
    first = clips[0]
    for clip in clips:
        # Frames are matched by their numbers: at the end, they must still be those of one moment.
        if abs(clip.fps / first.fps - 1.0) * clip.num_frames > IN_STEP:
            raise InputError(
                f"{first.name} has {first.fps:g} frames a second, {clip.name} has {clip.fps:g}: give recordings of "
                "cameras that run in step"
            )
    firsts = [clip.first - (shift or 0) for clip, shift in zip(clips, shifts or [0] * len(clips), strict=True)]
    start = max(firsts)
    end = min(first + clip.num_frames for clip, first in zip(clips, firsts, strict=True))
    if end < start + 2:
        raise InputError(
            f"the recordings have no frames in common, by their numbers: {_ranges(clips)}; give recordings of the "
            "same moments"
        )
    frames = [slice(start - first, end - first) for first in firsts]
    read = tuple(
        f"{clip.name} is read {abs(shift)} frames {'later' if shift > 0 else 'earlier'}, as given (--shift)"
        for clip, shift in zip(clips, shifts or (), strict=False)
        if shift
    )
    if all(end - start == clip.num_frames for clip in clips):
        return frames, read
    return frames, (f"frames {start} to {end - 1} are common to all recordings: {_ranges(clips)}", *read)


def recording_of(film: Path, recordings: Sequence[Path]) -> int:
    """Return the number of the recording whose name has that of a film in it, as "cam02_json" has "cam02".

    Raises:
        InputError: There is none, or more than one.
    """
    if len(recordings) == 1:
        return 0
    found = [number for number, each in enumerate(recordings) if _is_part(_words(film.stem), _words(each.stem))]
    if len(found) != 1:
        raise InputError(
            f"{film} does not have the name of one of the recordings, {', '.join(each.name for each in recordings)}: "
            "give the video of one of them"
        )
    return found[0]


def by_recording(values: Mapping[str, T], recordings: Sequence[Path], flag: str) -> list[T | None]:
    """Return the value of each recording, None where there is none.

    Args:
        values: Values by a part of a recording's name, such as that of its camera.
        recordings: The recordings.
        flag: The option that gives the values, for messages.

    Raises:
        InputError: A name is in the names of no recording or of several ones, or two names are in that of one.
    """
    found: list[T | None] = [None] * len(recordings)
    for name, value in values.items():
        numbers = [number for number, each in enumerate(recordings) if _is_part(_words(name), _words(each.stem))]
        if len(numbers) != 1:
            raise InputError(
                f"{flag} names '{name}', which is in the names of {len(numbers)} recordings, "
                f"{', '.join(each.name for each in recordings)}: name one of them"
            )
        if found[numbers[0]] is not None:
            raise InputError(f"{flag} names {recordings[numbers[0]].name} twice, also as '{name}': name it once")
        found[numbers[0]] = value
    return found


def crops_by_recording(crop: Crop | Mapping[str, Crop] | None, recordings: Sequence[Path]) -> list[Crop | None]:
    """Return the edges inside of which the person is in each recording, where the user says it.

    Raises:
        InputError: It is not clear which recording is meant.
    """
    if crop is None or isinstance(crop, Mapping):
        return by_recording(crop or {}, recordings, "--crop")
    if len(recordings) > 1:
        raise InputError(
            f"--crop is for one of the {len(recordings)} recordings, {', '.join(each.name for each in recordings)}: "
            f"name it, such as --crop {recordings[0].stem}:0,0,640,480"
        )
    return [crop]


def _ranges(clips: Sequence[Recorded]) -> str:
    return ", ".join(f"{clip.name} {clip.first} to {clip.first + clip.num_frames - 1}" for clip in clips)
