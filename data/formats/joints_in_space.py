"""Positions of joints in space without rotations, as pose estimators write them: `joints.npz` and similar files.

- An .npz file: `joints` (F, J, 3), `names` or `set`, `unit`, `fps`. The array may also be called `positions`,
  `keypoints_3d`, `joints_3d`, `positions_3d` or, where its numbers are no pixels, `keypoints`.
- VideoPose3D's `data_3d_h36m.npz`: subject -> action -> (F, 17 or 32, 3), m.
- CMU Panoptic: a folder of `body3DScene_*.json` with `joints19`, cm, y down.

Without names, a set of keypoints with so many joints is meant: the one whose limbs are a person's.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float

from data import conventions
from data.clip import InputError, MotionClip, check_clip, require_frames
from data.formats import human36m, safe_pickle
from data.formats.people_in_frames import frame_number, load_json
from data.formats.reading import NO_OPTIONS, ReadOptions
from data.keypoints.joints import joint_positions
from data.keypoints.limbs import choose_set
from data.keypoints.pictures import are_in_space
from data.keypoints.sets import NAMES, OF_NUMBER
from data.plausibility.body_size import height_of_leg
from data.plausibility.person import Person
from data.plausibility.up_axis import find_up
from data.rigs import joint_names
from data.rigs.joint_maps import REQUIRED
from data.rigs.joint_orientations import clip_of_joints
from data.trajectories import fill_gaps
from data.units import METRES_PER_UNIT, metres_per_unit

ARRAYS = ("joints", "positions", "keypoints_3d", "keypoints3d", "joints_3d", "joints3d", "positions_3d", "keypoints")
ARCHIVE = "positions_3d"
LONGEST_GAP_S = 0.2
PANOPTIC = "body3DScene_*.json"
PANOPTIC_FPS = {"hd_29_97": 29.97, "vga_25": 25.0, "kinect_30": 30.0}


def holds(path: Path) -> bool:
    """Return whether a file has positions of joints in space. A damaged one has not."""
    try:
        keys = safe_pickle.keys(path)
    except InputError:
        return False
    if "keypoints" in keys and len(set(keys) & set(ARRAYS)) == 1:
        values = safe_pickle.load_npz(path, "keypoints")
        return isinstance(values, np.ndarray) and values.ndim in (3, 4) and are_in_space(values)
    return bool(set(keys) & set(ARRAYS))


def read(path: str | Path, options: ReadOptions = NO_OPTIONS) -> MotionClip:
    """Read the motion of the joints in an .npz file.

    Raises:
        InputError: The file cannot be read, has other arrays, or is not a person's motion.
    """
    path = Path(path)
    keys = safe_pickle.keys(path)
    key = next((each for each in ARRAYS if each in keys), None)
    if key is None:
        raise InputError(
            f"{path} holds {', '.join(keys[:12]) or 'nothing'}: write the arrays joints, names, unit and fps"
        )
    values = safe_pickle.load_npz(path, key)
    if key == ARCHIVE and isinstance(values, dict):
        return _read_archive(path, options)
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiu" or values.ndim != 3 or values.shape[2] < 3:
        found = f"an array of the shape {values.shape}" if isinstance(values, np.ndarray) else type(values).__name__
        raise InputError(f"{path} has {found} for {key}: write positions (frames, joints, 3)")
    points = values[..., :3].astype(float)
    names, note = _names(path, keys, points)
    rate = _text(path, keys, "fps") or _text(path, keys, "rate")
    unit = _text(path, keys, "unit") or _text(path, keys, "units")
    return _clip(path.stem, path, names, points, rate, unit, options, (note,) if note else ())


def holds_panoptic(folder: Path) -> bool:
    """Return whether a folder has the scenes of CMU Panoptic."""
    return any(folder.glob(PANOPTIC))


def read_panoptic(folder: str | Path, options: ReadOptions = NO_OPTIONS) -> MotionClip:
    """Read the motion of the person who is seen in most frames of CMU Panoptic's scenes.

    Raises:
        InputError: A file cannot be read, or nobody is there.
    """
    folder = Path(folder)
    scenes = {frame_number(file.name, file): load_json(file) for file in sorted(folder.glob(PANOPTIC))}
    people: dict[object, dict[int, np.ndarray]] = {}
    for number, scene in scenes.items():
        for body in scene.get("bodies", []) if isinstance(scene, dict) else []:
            try:
                joints = np.array(body["joints19"], float).reshape(19, 4)
            except (KeyError, TypeError, ValueError):
                raise InputError(f"{folder} has no joints19 in frame {number}: get the scenes of 19 joints") from None
            people.setdefault(body.get("id"), {})[number] = joints
    if not people:
        raise InputError(f"nobody was found in {folder}: give a recording in which a person is seen whole")
    who = max(people, key=lambda each: len(people[each]))
    first, last = min(people[who]), max(people[who])
    points = np.full((last - first + 1, 19, 3), np.nan)
    for number, joints in people[who].items():
        points[number - first] = np.where(joints[:, 3:] > 0, joints[:, :3], np.nan)
    kind = next(iter(scenes.values())).get("fpsType", "")
    rate = PANOPTIC_FPS.get(kind, PANOPTIC_FPS["hd_29_97"])
    seen = points[np.isfinite(points).all(axis=(1, 2))] if np.isfinite(points).all(axis=(1, 2)).any() else points
    chosen = choose_set(("panoptic_19", "coco_17"), _with_confidence(seen))
    notes = (f"person {who} of {len(people)}",) if len(people) > 1 else ()
    notes += (f"joints: those of {chosen} by their limbs",) if chosen != "panoptic_19" else ()
    return _clip(folder.name, folder, NAMES[chosen], points[:, : len(NAMES[chosen])], str(rate), "cm", options, notes)


def _read_archive(path: Path, options: ReadOptions) -> MotionClip:
    """Read one sequence of VideoPose3D's archive: the only one, or the one that the options name."""
    archive = human36m.read_archive(path, ARCHIVE)
    sequences = {
        f"{subject}/{action}": poses for subject, actions in archive.items() for action, poses in actions.items()
    }
    name = options.sequence or (next(iter(sequences)) if len(sequences) == 1 else None)
    if name not in sequences:
        listed = ", ".join(list(sequences)[:8]) + (", ..." if len(sequences) > 8 else "")
        raise InputError(f"{path} holds {len(sequences)} sequences of Human3.6M: name one with --sequence, of {listed}")
    poses = sequences[name]
    if isinstance(poses, np.ndarray) and poses.shape[1:] == (human36m.JOINTS, 3):
        return human36m.clip_of_poses(name, poses, path)
    if not isinstance(poses, np.ndarray) or poses.ndim != 3 or poses.shape[1:] != (17, 3):
        raise InputError(
            f"{name} of {path} has another shape than (frames, 17, 3) or (frames, 32, 3): get the file again"
        )
    source = f"{name} of {path}"
    return _clip(name, source, NAMES["h36m_17"], poses.astype(float), str(human36m.FPS), "m", options, ())


def _names(path: Path, keys: Sequence[str], points: Float[np.ndarray, "F K 3"]) -> tuple[tuple[str, ...], str]:
    """Return the joints' names, and a note where they had to be guessed."""
    number = points.shape[1]
    for key in ("names", "joint_names", "keypoint_names"):
        if key in keys:
            listed = safe_pickle.load_npz(path, key)
            names = tuple(map(str, np.ravel(listed))) if isinstance(listed, np.ndarray) else ()
            if len(names) != number:
                raise InputError(f"{path} has {number} joints, but {len(names)} names: write a name for each")
            return names, ""
    named = _text(path, keys, "set")
    if named in NAMES and len(NAMES[named]) == number:
        return NAMES[named], ""
    if number not in OF_NUMBER:
        raise InputError(f"{path} has {number} joints without names: write their names in an array names")
    chosen = choose_set(OF_NUMBER[number], _with_confidence(points))
    return NAMES[chosen], f"joints: {number}, taken for those of {chosen}"


def _with_confidence(points: Float[np.ndarray, "F K 3"]) -> Float[np.ndarray, "F K 4"]:
    seen = np.isfinite(points).all(axis=-1, keepdims=True)
    return np.concatenate([np.where(seen, points, 0.0), seen.astype(float)], axis=-1)


def _text(path: Path, keys: Sequence[str], key: str) -> str:
    """Return an array of one value as text; empty where there is none."""
    value = safe_pickle.load_npz(path, key) if key in keys else None
    return str(np.ravel(value)[0]) if value is not None and np.size(value) == 1 else ""


def _clip(
    name: str,
    source: str | Path,
    names: Sequence[str],
    points: Float[np.ndarray, "F K 3"],
    fps: str,
    unit: str,
    options: ReadOptions,
    notes: tuple[str, ...],
) -> MotionClip:
    """Return the clip of joints in the axes and unit of a file. NaN is a joint that was not seen."""
    require_frames(len(points), source)
    rate, rate_note = _rate(fps, source, options)
    known = joint_names.to_keypoints(names)
    joints, face = joint_positions(known, points)
    missing = [joint for joint in REQUIRED if joint not in joints]
    if missing:
        raise InputError(
            f"{source} lacks {', '.join(missing)} among {', '.join(names[:30])}: write the names of the joints in names"
        )
    filled = {joint: fill_gaps(track, max(1, int(LONGEST_GAP_S * rate)))[0] for joint, track in joints.items()}
    person = Person(filled)
    header = metres_per_unit(unit) if unit in METRES_PER_UNIT else None
    height = height_of_leg(person.leg)
    scale, unit_note, doubts = conventions.choose_unit(height, str(source), options.unit, header)
    if options.up_axis is not None:
        up = conventions.given_up_axis(options.up_axis)
    else:
        up = find_up(person, person["neck"] - person.ankles, None, ("z", "as nobody stands"))
    turned = {joint: conventions.turn_z_up(scale * track, up.axis) for joint, track in filled.items()}
    clip = clip_of_joints(
        name,
        rate,
        turned,
        ahead=None if face is None or not np.isfinite(face).all() else conventions.turn_z_up(scale * face, up.axis),
        notes=(*notes, rate_note, unit_note, up.note),
        findings=(*doubts, *up.findings),
    )
    return check_clip(clip, source)


def _rate(fps: str, source: str | Path, options: ReadOptions) -> tuple[float, str]:
    try:
        frame_time = 1.0 / float(fps)
    except (ValueError, ZeroDivisionError):
        frame_time = 0.0
    if options.fps is None and frame_time == 0.0:
        raise InputError(f"{source} has no frame rate: write it in fps, or give --fps")
    return conventions.choose_frame_rate(frame_time, str(source), options.fps)
