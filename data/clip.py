"""The motion of a recording in our world and units, whatever file it came from, and the error for unusable input."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from data.finding import Finding

MIN_FRAMES = 2  # velocities need two
MIN_FPS, MAX_FPS = 1.0, 10_000.0
# m/s: a sprinter runs at 12, a diver from 27 m enters the water at 23; beyond it the data is broken.
MAX_ROOT_SPEED = 50.0
MOST_JUMPS = 0.2  # share of the frames: with more, no frames are to blame


class InputError(Exception):
    """The user's input cannot be used. The message is one sentence: what is wrong, where, and what to do."""


@dataclass(frozen=True)
class MotionClip:
    """The motion of a skeleton in a Z-up right-handed world. The floor may be at any height.

    Attributes:
        name: The clip's name, without folder and suffix.
        fps: Frames per second.
        joint_names: Names of the J joints. End sites are joints too, named "<parent>_end".
        parents: (J,) Index of each joint's parent, -1 for the root. Parents come before their children.
        positions: (T, J, 3) World joint positions, m.
        rotations: (T, J, 4) World orientation of each joint's frame, wxyz. None where the file has only markers.
        rest_positions: (J, 3) World joint positions in the reference pose, m.
        rest_rotations: (J, 4) World orientations in the reference pose, wxyz.
        sole_depth: Distance of the sole below the ankle joint in the reference pose, m. None where the file has no
            soles.
        heel_length: How far the foot reaches behind the ankle joint, m. None where the file does not tell.
        notes: What the reader found out or assumed, one sentence each.
        assumed: Names of joints that were not recorded. They are placed by assumption; no error is measured there.
        findings: What makes the recording, as it was read, a good or a doubtful one.
        start_s: Time of the first frame on the clock of the file, on which a laboratory's force plates run too, s.
        file_up: The axis of the file's world that is up here, such as "y" or "-z".
    """

    name: str
    fps: float
    joint_names: tuple[str, ...]
    parents: tuple[int, ...]
    positions: Float[np.ndarray, "T J 3"]
    rotations: Float[np.ndarray, "T J 4"] | None
    rest_positions: Float[np.ndarray, "J 3"]
    rest_rotations: Float[np.ndarray, "J 4"]
    sole_depth: float | None = None
    heel_length: float | None = None
    notes: tuple[str, ...] = ()
    assumed: frozenset[str] = frozenset()
    findings: tuple[Finding, ...] = ()
    start_s: float = 0.0
    file_up: str = "z"

    @property
    def num_frames(self) -> int:
        return len(self.positions)

    @property
    def duration(self) -> float:
        """Time from the first frame to the last, s."""
        return (self.num_frames - 1) / self.fps

    def joint(self, name: str) -> int:
        """Return the index of a joint.

        Raises:
            InputError: There is no joint with this name. The message lists the valid names.
        """
        try:
            return self.joint_names.index(name)
        except ValueError:
            raise InputError(f"{self.name} has no joint '{name}': use one of {', '.join(self.joint_names)}") from None

    def shifted(self, z: float) -> "MotionClip":
        """Return the same motion, z metres higher."""
        shift = np.array([0.0, 0.0, z])
        return replace(self, positions=self.positions + shift, rest_positions=self.rest_positions + shift)

    def between(self, start: float | None, end: float | None) -> "MotionClip":
        """Return the frames from `start` to `end`, in seconds after the first frame. None means the first or the last.

        Raises:
            InputError: These frames do not lie in the clip, or are fewer than two.
        """
        for option, time in (("--start", start), ("--end", end)):
            if time is not None and time * self.fps > self.num_frames - 0.5:
                raise InputError(
                    f"{self.name} ends at {self.duration:.3f} s, before the given {option} of {time:g} s: "
                    "give --start and --end within it"
                )
        first = 0 if start is None else round(start * self.fps)
        last = self.num_frames - 1 if end is None else round(end * self.fps)
        if not 0 <= first < last < self.num_frames:
            raise InputError(
                f"{self.name} lasts {self.duration:.3f} s, and no motion lies between "
                f"{'its start' if start is None else f'{start:g} s'} and {'its end' if end is None else f'{end:g} s'}: "
                "give --start and --end within it, in seconds, the start first"
            )
        frames = slice(first, last + 1)
        rotations = None if self.rotations is None else self.rotations[frames]
        start_s = self.start_s + first / self.fps
        return replace(self, positions=self.positions[frames], rotations=rotations, start_s=start_s)

    def with_notes(self, *notes: str) -> "MotionClip":
        """Return the same clip with more notes."""
        return replace(self, notes=self.notes + notes)


def bone_reach(parents: tuple[int, ...], rest_positions: Float[np.ndarray, "J 3"]) -> float:
    """Return the longest way along the bones from the root to an extremity, in the unit of `rest_positions`.

    It does not depend on the pose or the up axis. In an adult it is about 1.05 m (leg and foot, or arm).
    """
    reach = np.zeros(len(parents))
    for joint, parent in enumerate(parents):
        if parent >= 0:
            reach[joint] = reach[parent] + np.linalg.norm(rest_positions[joint] - rest_positions[parent])
    return float(reach.max())


def require_frames(count: int, source: str | Path) -> None:
    """Raise InputError if `source` has fewer frames than a motion needs."""
    if count < MIN_FRAMES:
        found = "only one frame" if count == 1 else "no frames"
        raise InputError(f"{source} has {found}: give a recording of at least {MIN_FRAMES}")


def check_clip(clip: MotionClip, source: str | Path, first_frame: int = 1) -> MotionClip:
    """Return the clip if it can be a person's motion.

    Args:
        clip: The clip.
        source: What messages call the file.
        first_frame: The number that messages give to the clip's first frame.

    Raises:
        InputError: The clip is too short, not finite, has no frame rate, or its root jumps.
    """
    require_frames(clip.num_frames, source)
    if not MIN_FPS <= clip.fps <= MAX_FPS:
        raise InputError(f"{source} says {clip.fps:g} frames a second: correct its frame time, or give --fps")
    moving = [clip.positions] if clip.rotations is None else [clip.positions, clip.rotations]
    for values in moving:
        bad = ~np.isfinite(values).all(axis=(1, 2))
        if bad.any():
            raise InputError(
                f"{source} holds a NaN in frame {int(bad.argmax()) + first_frame}: repair or cut that frame"
            )
    _require_no_jump(clip, source, first_frame)
    return clip


def _require_no_jump(clip: MotionClip, source: str | Path, first_frame: int) -> None:
    # In some rigs the root stands still, and the hips below it carry the motion: take the first joint that moves.
    poses = clip.positions if clip.rotations is None else np.concatenate([clip.positions, clip.rotations], axis=-1)
    root = int((np.ptp(poses, axis=0) > 0).any(axis=-1).argmax())
    ways = np.linalg.norm(np.diff(clip.positions[:, root], axis=0), axis=-1)
    too_far = ways * clip.fps > MAX_ROOT_SPEED
    if too_far.mean() > MOST_JUMPS:
        raise InputError(
            f"{source}: the root moves faster than {MAX_ROOT_SPEED:g} m/s in {100 * too_far.mean():.0f} % of the "
            "frames, so its path has another unit than its bones, or the frame rate is wrong: correct the path, or "
            "give --fps"
        )
    if too_far.any():
        step = int(too_far.argmax())
        frame = step + first_frame
        raise InputError(
            f"{source}: the root jumps {ways[step]:.2f} m from frame {frame} to frame {frame + 1}: "
            "repair or cut that frame"
        )
