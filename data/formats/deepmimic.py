"""DeepMimic motion files (JSON) of the humanoid3d character, as pybullet_data carries them.

A file is {"Loop": ..., "Frames": [[44 numbers], ...]}. A frame holds its duration (s), the root's position (m) and
orientation, and the joints in the order of `_JOINTS`: four numbers (quaternion wxyz) for a ball joint, one angle (rad,
about z) for a knee or an elbow. Y is up. The zero pose faces +x with the arms hanging.

The files hold no bone lengths. They are read from pybullet_data's humanoid.urdf, which is four times too large.
Layout: DeepMimic (Peng et al., 2018), `data/characters/humanoid3d.txt`.
"""

import json
import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pybullet_data
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from data.clip import MAX_FPS, MIN_FPS, InputError, MotionClip, require_frames
from data.conventions import MAX_VALUE, frame_rate, to_clip
from data.formats.reading import NO_OPTIONS, ReadOptions
from data.resample import lerp, slerp
from data.rotations import to_wxyz
from data.skeleton import Skeleton

FRAME_SIZE = 44
_URDF_SCALE = 0.25
_JOINTS = {  # joint -> how many numbers it has in a frame, in file order after the duration and the root's position
    "root": 4,
    "chest": 4,
    "neck": 4,
    "right_hip": 4,
    "right_knee": 1,
    "right_ankle": 4,
    "right_shoulder": 4,
    "right_elbow": 1,
    "left_hip": 4,
    "left_knee": 1,
    "left_ankle": 4,
    "left_shoulder": 4,
    "left_elbow": 1,
}


def read(path: str | Path, options: ReadOptions = NO_OPTIONS) -> MotionClip:
    """Read the clip of a DeepMimic file, with the joint names of humanoid.urdf and end sites at the crown and the toes.

    The format is Y up and in metres unless the options say otherwise. Frames of unequal duration are resampled to the
    most frequent duration; of equally frequent ones, the shortest. A given frame rate replaces that rate afterwards.

    Raises:
        InputError: The file is not a humanoid3d motion.
    """
    path = Path(path)
    frames = _frames(path)
    durations = frames[:-1, 0]
    rates = np.array([frame_rate(duration, str(path)) for duration in durations])  # equal up to rounding
    skeleton, sole_depth = _skeleton()
    roots, rotations = frames[:, 1:4], _local_rotations(skeleton, frames, path)
    counts = Counter(rates)
    commonest = max(counts, key=lambda rate: (counts[rate], rate))
    step = float(durations[rates == commonest].min())
    notes: tuple[str, ...] = ()
    if len(counts) > 1:
        time = np.concatenate([[0.0], np.cumsum(durations)])
        even = np.minimum(np.arange(0.0, time[-1] + 1e-9, step), time[-1])  # rounding must not go beyond the end
        roots, rotations = lerp(time, roots, even), slerp(time, rotations, even)
        notes = (f"frame times from {durations.min():g} to {durations.max():g} s, resampled to {step:g} s",)
    translations = np.tile(skeleton.offsets, (len(roots), 1, 1))
    translations[:, 0] = roots
    clip = to_clip(
        path.stem.removeprefix("humanoid3d_"),
        str(path),
        step,
        skeleton,
        translations,
        rotations,
        up_axis=options.up_axis or "y",
        unit=options.unit or "m",
        fps=options.fps,
        notes=notes,
    )
    return replace(clip, sole_depth=sole_depth)


def _frames(path: Path) -> Float[np.ndarray, "T 44"]:
    try:
        content = json.loads(path.read_text(encoding="utf-8", errors="replace"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; give a file that can be read") from None
    except json.JSONDecodeError as error:
        raise InputError(f"{path} is not a DeepMimic file, or is cut short: {error}; get the whole file") from None
    except (ValueError, RecursionError):
        raise InputError(
            f"{path} is not a DeepMimic file: its nesting or a number is beyond measure; give one"
        ) from None
    frames = content.get("Frames") if isinstance(content, dict) else None
    if not isinstance(frames, list):
        raise InputError(f'{path} is not a DeepMimic file: it lacks the list "Frames"; give one of a humanoid3d motion')
    require_frames(len(frames), path)
    for number, frame in enumerate(frames, 1):
        if not isinstance(frame, list) or len(frame) != FRAME_SIZE:
            found = f"{len(frame)} values" if isinstance(frame, list) else "no list of values"
            raise InputError(
                f"{path} has {found} in frame {number}: give a humanoid3d motion, which has {FRAME_SIZE} in each"
            )
        if not all(isinstance(value, int | float) and abs(value) <= MAX_VALUE for value in frame):
            raise InputError(f"{path} holds a NaN or absurd value in frame {number}: repair or cut that frame")
        # The last frame's duration is never used and often 0.
        if number < len(frames) and not 1.0 / MAX_FPS <= frame[0] <= 1.0 / MIN_FPS:
            raise InputError(
                f"{path} has a frame time of {frame[0]:g} s in frame {number}: write the true one, such as 0.033333"
            )
    return np.array(frames, dtype=float)


def _skeleton() -> tuple[Skeleton, float]:
    """Return the humanoid3d skeleton in metres, and the distance of the sole below the ankle."""
    urdf = Path(pybullet_data.getDataPath()) / "humanoid" / "humanoid.urdf"
    robot = ElementTree.fromstring(urdf.read_text().rstrip("\0"))
    names, parents, offsets = ["root"], [-1], [np.zeros(3)]
    for joint in robot.findall("joint"):
        name = joint.get("name", "")
        if name != "root":  # the weld of the model's base to its root link
            parent = joint.find("parent")
            names.append(name)
            parents.append(names.index(parent.get("link", "")) if parent is not None else 0)
            offsets.append(_lengths(joint, "origin", "xyz"))

    head, foot = robot.find("link[@name='neck']/collision"), robot.find("link[@name='left_ankle']/collision")
    crown = _lengths(head, "origin", "xyz") + np.array([0.0, _lengths(head, "geometry/sphere", "radius")[0], 0.0])
    centre, size = _lengths(foot, "origin", "xyz"), _lengths(foot, "geometry/box", "size")
    toe_tip = centre + np.array([size[0] / 2, 0.0, 0.0])
    for joint, end in (("neck", crown), ("right_ankle", toe_tip), ("left_ankle", toe_tip)):
        parents.append(names.index(joint))
        names.append(f"{joint}_end")
        offsets.append(end)
    return Skeleton(tuple(names), tuple(parents), np.array(offsets)), float(size[1] / 2 - centre[1])


def _lengths(element: ElementTree.Element | None, path: str, attribute: str) -> Float[np.ndarray, "n"]:
    """Return lengths, m, in an attribute of an element of the URDF."""
    found = None if element is None else element.find(path)
    assert found is not None, f"pybullet_data's humanoid.urdf lacks {path}"
    return _URDF_SCALE * np.array(found.get(attribute, "").split(), dtype=float)


def _local_rotations(skeleton: Skeleton, frames: Float[np.ndarray, "T 44"], path: Path) -> Float[np.ndarray, "T J 4"]:
    """Return the rotation of each joint relative to its parent, wxyz, in the file's axes."""
    rotations = np.tile([1.0, 0.0, 0.0, 0.0], (len(frames), len(skeleton.joint_names), 1))
    column = 4
    for name, size in _JOINTS.items():
        values = frames[:, column : column + size]
        column += size
        joint = skeleton.joint_names.index(name)
        if size == 1:
            rotations[:, joint] = to_wxyz(Rotation.from_euler("z", values))
            continue
        norms = np.linalg.norm(values, axis=1, keepdims=True)
        if (norms < 0.5).any():
            frame = int(norms.argmin()) + 1
            raise InputError(f"{path} has no unit quaternion for {name} in frame {frame}: repair or cut that frame")
        rotations[:, joint] = values / norms
    return rotations
