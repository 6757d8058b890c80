"""From the markers of a laboratory's recording to a clip: what the readers of C3D and TRC files share."""

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from data import conventions
from data.clip import InputError, MotionClip, check_clip, require_frames
from data.finding import Finding
from data.formats.reading import ReadOptions
from data.markers.joints import find_joints
from data.markers.lost_markers import find_lost
from data.markers.names import find_landmarks, subject_of_label
from data.plausibility.person import Person
from data.plausibility.up_axis import AXES, UpAxis, find_up
from data.rigs import assumed_joints
from data.rigs.joint_maps import REQUIRED
from data.rigs.joint_orientations import clip_of_joints
from data.trajectories import Span, Trajectory, fill_gaps, format_spans, seen_frames
from data.units import METRES_PER_UNIT

LONGEST_GAP_S = 0.2  # longer gaps are not filled: a foot may have taken a step
_UNITS = {
    **{name: name for name in ("m", "cm", "mm", "inch")},
    **{"in": "inch", "inches": "inch", "meters": "m", "metres": "m", "millimeters": "mm", "millimetres": "mm"},
    **{"meter": "m", "metre": "m", "centimeters": "cm", "centimetres": "cm"},
}


@dataclass(frozen=True)
class MarkerRecording:
    """The content of a file.

    Attributes:
        tracks: Trajectories by name, in the file's unit and axes; NaN where not seen.
        rate: Frames per second.
        unit: The unit of the points in the file, in lower case; empty if there is none.
        screen_up: The axis that pointed up on the screen, in lower case; empty if there is none.
        first_frame: The number of the first frame.
        first_s: Time of the first frame, s.
        notes: What the reader found out.
        findings: What the reader found doubtful.
    """

    tracks: dict[str, Trajectory]
    rate: float
    unit: str
    screen_up: str = ""
    first_frame: int = 1
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    first_s: float = 0.0


def clip_of_markers(recording: MarkerRecording, path: Path, options: ReadOptions) -> MotionClip:
    """Return the motion of a person's joints.

    Joints are the centres that the file has, or follow from its markers. Markers that are lost, and not where they were
    stuck, count as not seen. Short gaps are filled. The result is the longest span in which all joints are known. Trunk
    and arms may be missing: they are assumed.

    Raises:
        InputError: The markers are unknown, or it is not a person's motion.
    """
    frame_time = 1.0 / recording.rate if recording.rate > 0 else 0.0
    rate, rate_note = conventions.choose_frame_rate(frame_time, str(path), options.fps)
    tracks, who = _one_subject(recording.tracks)
    names = find_landmarks(name for name, track in tracks.items() if seen_frames(track).any())
    if not names:
        raise InputError(
            f"{path} has no known marker set, only {_listed(tracks)}: rename them to those of Plug-in Gait "
            "(LASI, RASI, LPSI, RPSI, LKNE, LANK, LHEE, LTOE, ...) or to joint centres (LHJC, LKJC, LAJC, ...)"
        )
    scale, unit_note, unit_doubts = _scale(
        recording.unit, path, options.unit, [tracks[each] for each in names.values()]
    )
    first = recording.first_frame
    seen, doubts = _without_lost(
        {landmark: scale * tracks[name] for landmark, name in names.items()}, names, rate, first
    )
    gaps: dict[str, list[Span]] = {}
    points: dict[str, Trajectory] = {}
    for landmark, track in seen.items():
        points[landmark], gaps[landmark] = fill_gaps(track, max(1, int(LONGEST_GAP_S * rate)))
    found = find_joints(points, str(path))
    start, end = found.span
    positions = {joint: track[start:end] for joint, track in found.positions.items()}
    found_up = _up_axis(positions, recording.screen_up, options.up_axis)
    up = found_up.axis
    joints, assumed, assumed_notes = assumed_joints.complete_joints(
        {joint: conventions.turn_z_up(track, up) for joint, track in positions.items()}
    )
    require_frames(end - start, path)
    notes = (*recording.notes, *who, *found.notes, *assumed_notes)
    notes += _gap_notes({names[each]: gaps[each] for each in sorted(found.used)}, found.span, first)
    if end - start < len(next(iter(points.values()))):
        notes += (f"frames {start + first} to {end - 1 + first}: those in which all of these joints were seen",)
    clip = clip_of_joints(
        path.stem,
        rate,
        joints,
        ahead=None if found.face is None else conventions.turn_z_up(found.face[start:end], up),
        balls=None if found.feet is None else found.feet.balls,
        notes=(*notes, rate_note, unit_note, found_up.note),
        assumed=assumed,
    )
    clip = replace(
        clip,
        findings=(*recording.findings, *unit_doubts, *doubts, *found_up.findings),
        start_s=recording.first_s + start / rate,
        file_up=up,
    )
    if found.feet is not None:
        clip = replace(clip, sole_depth=found.feet.sole_depth, heel_length=found.feet.heel_length)
    return check_clip(clip, path, first + start)


def _without_lost(
    tracks: dict[str, Trajectory], names: dict[str, str], rate: float, first_frame: int
) -> tuple[dict[str, Trajectory], tuple[Finding, ...]]:
    """Return the trajectories with NaN where a marker is lost, and a finding that names these."""
    lost = find_lost(tracks, rate)
    if not lost:
        return tracks, ()
    cleaned = dict(tracks)
    for landmark, frames in lost.items():
        cleaned[landmark] = tracks[landmark].copy()
        for start, end in frames.spans:
            cleaned[landmark][start:end] = np.nan
    what = [
        f"{names[landmark]} {how} in frames {format_spans(spans, first_frame)}"
        for landmark, frames in lost.items()
        for how, spans in (("stands still", frames.frozen), ("is elsewhere", frames.away))
        if spans
    ]
    return cleaned, (
        Finding(
            "doubtful",
            "markers",
            "; ".join(what),
            "markers that stay where they were stuck",
            f"the markers are doubtful: {', '.join(what)}, while its neighbours go on, and is taken as not seen there; "
            "correct these markers where they were recorded",
        ),
    )


def _scale(
    header: str, path: Path, unit: str | None, tracks: list[Trajectory]
) -> tuple[float, str, tuple[Finding, ...]]:
    """Return metres per unit, a note on how it was found, and what makes it doubtful.

    The body is about as tall as its known points are apart. That tells metres from millimetres.
    """
    if unit is not None:
        return conventions.choose_unit(1.0, str(path), unit, None)
    if header not in _UNITS:
        named = f"the unit '{header}'" if header else "no unit"
        raise InputError(f"{path} names {named} for its points: give it with --units, most likely mm")
    known = _UNITS[header]
    scale, note, doubts = conventions.choose_unit(_extent(tracks), str(path), None, METRES_PER_UNIT[known])
    return scale, note if doubts else f"unit: {known}, from the file", doubts


def _extent(tracks: list[Trajectory]) -> float:
    """Return how far the points reach along the axis along which they reach farthest, the median over time."""
    points = np.stack(tracks, axis=1)
    seen = np.isfinite(points).all(axis=-1)
    frames = points[seen.sum(axis=1) > len(tracks) / 2]
    reach = np.nanmax(frames, axis=1) - np.nanmin(frames, axis=1)
    return float(np.median(reach.max(axis=1))) if len(frames) else 0.0


def _one_subject(tracks: dict[str, Trajectory]) -> tuple[dict[str, Trajectory], tuple[str, ...]]:
    """Return the points of the person with most known points, and a note that names the person if there are several."""
    known = Counter(subject_of_label(name) for name in tracks if find_landmarks([name]))
    if len(known) < 2:
        return tracks, ()
    chosen = known.most_common(1)[0][0]
    named = ", ".join(each or "one without a name" for each in known)
    mine = {name: track for name, track in tracks.items() if subject_of_label(name) == chosen}
    return mine, (f"subject: {chosen or 'the one without a name'}, of {named}",)


def _up_axis(joints: dict[str, Float[np.ndarray, "T 3"]], screen: str, given: str | None) -> UpAxis:
    """Return the file's up axis."""
    if given is not None:
        return conventions.given_up_axis(given)
    feet = (joints["left_ankle"] + joints["right_ankle"]) / 2
    person = Person(joints) if set(REQUIRED) <= joints.keys() else None
    axis = screen.removeprefix("+")
    custom = (axis, "as on the file's screen") if axis in AXES else ("z", "as most laboratories have it")
    return find_up(person, joints.get("neck", joints["pelvis"]) - feet, None, custom)


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
