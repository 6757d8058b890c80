"""C3D, the file of motion laboratories: trajectories of markers, and of joint centres where a model was fitted.

Points have names, a unit, a rate and a residual, which is negative where the point was not seen. The up axis is not
stored. Some files say how their world stood on a screen.

Source: the C3D file format user guide, Motion Lab Systems, 2008.
"""

import warnings
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import c3d
import numpy as np
from jaxtyping import Float

from data import conventions
from data.clip import InputError, MotionClip, check_clip, require_frames
from data.formats.reading import NO_OPTIONS, ReadOptions
from data.markers.joints import find_joints
from data.markers.names import find_landmarks, subject_of_label
from data.rigs import assumed_joints
from data.rigs.joint_orientations import clip_of_joints
from data.trajectories import Span, Trajectory, fill_gaps, format_spans, seen_frames

LONGEST_GAP_S = 0.2  # longer gaps are not filled: a foot may have taken a step
_UNITS = {
    **{name: name for name in ("m", "cm", "mm", "inch")},
    **{"in": "inch", "inches": "inch", "meters": "m", "metres": "m", "millimeters": "mm", "millimetres": "mm"},
}


@dataclass(frozen=True)
class _Recording:
    """The content of a file.

    Attributes:
        tracks: Trajectories by name, in the file's unit and axes; NaN where not seen.
        rate: Frames per second.
        unit: The unit of the points in the file, in lower case; empty if there is none.
        screen_up: The axis that pointed up on the screen, in lower case; empty if there is none.
        first_frame: The number of the first frame.
    """

    tracks: dict[str, Trajectory]
    rate: float
    unit: str
    screen_up: str
    first_frame: int


def read(path: str | Path, options: ReadOptions = NO_OPTIONS) -> MotionClip:
    """Read the motion of a person's joints in a C3D file.

    Joints are the centres that the file has, or follow from its markers. Short gaps are filled. The result is the
    longest span in which all joints are known. Trunk and arms may be missing: they are assumed.

    Raises:
        InputError: The file is damaged, its markers are unknown, or it is not a person's motion.
    """
    path = Path(path)
    recording = _load(path)
    frame_time = 1.0 / recording.rate if recording.rate > 0 else 0.0
    rate, rate_note = conventions.choose_frame_rate(frame_time, str(path), options.fps)
    scale, unit_note = _scale(recording.unit, path, options.unit)
    tracks, who = _one_subject(recording.tracks)
    names = find_landmarks(name for name, track in tracks.items() if seen_frames(track).any())
    if not names:
        raise InputError(
            f"{path} has no known marker set, only {_listed(tracks)}: rename them to those of Plug-in Gait "
            "(LASI, RASI, LPSI, RPSI, LKNE, LANK, LHEE, LTOE, ...) or to joint centres (LHJC, LKJC, LAJC, ...)"
        )
    gaps: dict[str, list[Span]] = {}
    points: dict[str, Trajectory] = {}
    for landmark, name in names.items():
        points[landmark], gaps[landmark] = fill_gaps(scale * tracks[name], max(1, int(LONGEST_GAP_S * rate)))
    found = find_joints(points, str(path))
    start, end = found.span
    positions = {joint: track[start:end] for joint, track in found.positions.items()}
    up, up_note = _up_axis(positions, recording.screen_up, options.up_axis)
    joints, assumed, assumed_notes = assumed_joints.complete_joints(
        {joint: conventions.turn_z_up(track, up) for joint, track in positions.items()}
    )
    require_frames(end - start, path)
    first = recording.first_frame
    notes = (*who, *found.notes, *assumed_notes)
    notes += _gap_notes({names[each]: gaps[each] for each in sorted(found.used)}, found.span, first)
    if end - start < len(next(iter(points.values()))):
        notes += (f"frames {start + first} to {end - 1 + first}: those in which all of these joints were seen",)
    clip = clip_of_joints(
        path.stem,
        rate,
        joints,
        ahead=None if found.face is None else conventions.turn_z_up(found.face[start:end], up),
        balls=None if found.feet is None else found.feet.balls,
        notes=(*notes, rate_note, unit_note, up_note),
        assumed=assumed,
    )
    if found.feet is not None:
        clip = replace(clip, sole_depth=found.feet.sole_depth, heel_length=found.feet.heel_length)
    return check_clip(clip, path, first + start)


def _load(path: Path) -> _Recording:
    try:
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they are about parameters that we do not need
            reader = c3d.Reader(file)
            frames = [points.copy() for _, points, _ in reader.read_frames()]
            labels = [label.strip() for label in _labels(reader)]
            expected = reader.last_frame - reader.first_frame + 1
            rate, first = float(reader.point_rate), int(reader.first_frame)
            unit, screen_up = _text(reader, "POINT:UNITS").lower(), _text(reader, "POINT:Y_SCREEN").lower()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; give a file that can be read") from None
    except Exception as error:  # the library does not catch what a damaged file makes it raise
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{path} is not a C3D file, or is damaged: {reason}; export it again") from None
    if not frames or not labels or frames[0].shape[0] == 0:
        raise InputError(f"{path} has no points in space: export it with its markers")
    if len(frames) < expected:
        raise InputError(f"{path} ends after {len(frames)} of its {expected} frames: get it again")
    values = np.stack(frames).astype(float)
    position, residual = values[..., :3], values[..., 3]
    # Some programs write zeros for a point that was not seen.
    lost = (residual < 0) | ~np.isfinite(position).all(axis=-1) | (position == 0).all(axis=-1)
    position = np.where(lost[..., None], np.nan, position)
    tracks: dict[str, Trajectory] = {}
    for index, label in enumerate(labels[: position.shape[1]]):
        if label and not label.rpartition(":")[2].startswith("*"):  # unlabelled
            tracks.setdefault(label, position[:, index])
    return _Recording(tracks, rate, unit, screen_up, first)


def _labels(reader: c3d.Reader) -> list[str]:
    """Return the names of the points. More than 255 names are spread over several parameters."""
    labels: list[str] = []
    for number in ("", *range(2, 100)):
        if (parameter := reader.get(f"POINT:LABELS{number}")) is None:
            return labels
        labels += list(np.ravel(parameter.string_array))
    return labels


def _text(reader: c3d.Reader, name: str) -> str:
    parameter = reader.get(name)
    return "" if parameter is None else str(np.ravel(parameter.string_array)[0]).strip() if parameter.bytes else ""


def _scale(header: str, path: Path, unit: str | None) -> tuple[float, str]:
    """Return metres per unit, and a note on how it was found."""
    if unit is not None:
        return conventions.choose_unit(1.0, str(path), unit, None)
    if header not in _UNITS:
        named = f"the unit '{header}'" if header else "no unit"
        raise InputError(f"{path} names {named} for its points: give it with --units, most likely mm")
    known = _UNITS[header]
    return conventions.METRES_PER_UNIT[known], f"unit: {known}, from the file"


def _one_subject(tracks: dict[str, Trajectory]) -> tuple[dict[str, Trajectory], tuple[str, ...]]:
    """Return the points of the person with most known points, and a note that names the person if there are several."""
    known = Counter(subject_of_label(name) for name in tracks if find_landmarks([name]))
    if len(known) < 2:
        return tracks, ()
    chosen = known.most_common(1)[0][0]
    named = ", ".join(each or "one without a name" for each in known)
    mine = {name: track for name, track in tracks.items() if subject_of_label(name) == chosen}
    return mine, (f"subject: {chosen or 'the one without a name'}, of {named}",)


def _up_axis(joints: dict[str, Float[np.ndarray, "T 3"]], screen: str, given: str | None) -> tuple[str, str]:
    """Return the file's up axis, and a note on how it was found."""
    if given is not None:
        return conventions.given_up_axis(given)
    feet = (joints["left_ankle"] + joints["right_ankle"]) / 2
    standing = conventions.axis_along((joints.get("neck", joints["pelvis"]) - feet).mean(axis=0))
    if standing is not None:
        return standing, f"up axis: {standing}, from the motion"
    if screen.removeprefix("+") in ("x", "y", "z"):
        up = screen.removeprefix("+")
        return up, f"up axis: {up}, from the file's screen"
    return "z", "up axis: z, assumed, as nobody stands"


def _gap_notes(gaps: dict[str, list[Span]], span: Span, first_frame: int) -> tuple[str, ...]:
    inside = {
        name: [(start, end) for start, end in each if start >= span[0] and end <= span[1]]
        for name, each in gaps.items()
    }
    listed = [f"{name} {format_spans(each, first_frame)}" for name, each in inside.items() if each]
    return (f"filled by interpolation, by frame: {'; '.join(listed)}",) if listed else ()


def _listed(tracks: dict[str, Trajectory], most: int = 12) -> str:
    names = list(tracks)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"the points {', '.join(names[:most])}{more}" if names else "points without a name"
