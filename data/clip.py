"""A recorded motion in one frame and unit, whatever file it came from."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

MIN_FRAMES = 2  # velocities need two
MIN_FPS, MAX_FPS = 1.0, 10_000.0
MIN_REACH_M, MAX_REACH_M = 0.4, 2.5  # root joint to the farthest extremity along the bones, small child to giant
# m/s: a sprinter runs at 12, a diver from 27 m enters the water at 23; beyond it the data is broken.
MAX_ROOT_SPEED = 50.0


class InputError(Exception):
    """What the user gave cannot be used: one sentence that says what is wrong, where, and what to do."""


@dataclass(frozen=True)
class MotionClip:
    """A skeleton's motion in a Z-up right-handed world, metres; the floor is where the file has it.

    Attributes:
        name: what the clip is called, without folder and suffix.
        fps: frames a second.
        joint_names: J names; end sites are joints too, named "<parent>_end".
        parents: (J,) index of each joint's parent, -1 for the root; parents come before their children.
        positions: (T, J, 3) world joint positions, m.
        rotations: (T, J, 4) world orientation of each joint's frame, wxyz; None where the file has markers only.
        rest_positions: (J, 3) world joint positions in the reference pose, m.
        rest_rotations: (J, 4) world orientations in the reference pose, wxyz.
        sole_depth: distance of the sole below the ankle joint in the reference pose, m; None where the file has no
            soles.
        heel_length: how far the foot reaches behind the ankle joint, m; None where the file does not tell.
        notes: what was detected or assumed while reading, one sentence each.
        assumed: names of joints that were not recorded, and stand where they may be: no error is measured at them.
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

    @property
    def num_frames(self) -> int:
        return len(self.positions)

    @property
    def duration(self) -> float:
        """Time from the first frame to the last, s."""
        return (self.num_frames - 1) / self.fps

    def joint(self, name: str) -> int:
        """Index of a joint by name. Raises InputError, listing the valid names, if there is none."""
        try:
            return self.joint_names.index(name)
        except ValueError:
            raise InputError(f"{self.name} has no joint '{name}': use one of {', '.join(self.joint_names)}") from None

    def shifted(self, z: float) -> "MotionClip":
        """The same motion, z metres higher."""
        shift = np.array([0.0, 0.0, z])
        return replace(self, positions=self.positions + shift, rest_positions=self.rest_positions + shift)

    def between(self, start: float | None, end: float | None) -> "MotionClip":
        """The frames from `start` to `end`, s from the first one; None for the first or the last.

        Raises InputError where that is not a motion.
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
                f"{self.name} lasts {self.duration:.3f} s, of which nothing lies between "
                f"{'its start' if start is None else f'{start:g} s'} and {'its end' if end is None else f'{end:g} s'}: "
                "give --start and --end within it, in seconds, the start first"
            )
        frames = slice(first, last + 1)
        rotations = None if self.rotations is None else self.rotations[frames]
        return replace(self, positions=self.positions[frames], rotations=rotations)

    def with_notes(self, *notes: str) -> "MotionClip":
        return replace(self, notes=self.notes + notes)


def bone_reach(parents: tuple[int, ...], rest_positions: Float[np.ndarray, "J 3"]) -> float:
    """Longest way along the bones from the root to an extremity, in the unit of `rest_positions`.

    It does not depend on the pose or the up axis, and in an adult it is about 1.05 m (leg and foot, or arm).
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
    """`clip`, or InputError if it cannot be a person's motion: too short, not finite, no frame rate, absurd scale, a
    root that jumps.

    Errors call the file `source` and the clip's first frame `first_frame`.
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
    reach = bone_reach(clip.parents, clip.rest_positions)
    if not MIN_REACH_M <= reach <= MAX_REACH_M:
        raise InputError(
            f"{source} has an absurd scale: from the root joint to the farthest extremity the bones measure "
            f"{reach:.4g} m, a person's about 1 m; give the unit with --units"
        )
    _require_no_jump(clip, source, first_frame)
    return clip


def _require_no_jump(clip: MotionClip, source: str | Path, first_frame: int) -> None:
    # Some rigs hang the hips, which carry the motion, on a joint that stays as it is.
    poses = clip.positions if clip.rotations is None else np.concatenate([clip.positions, clip.rotations], axis=-1)
    root = int((np.ptp(poses, axis=0) > 0).any(axis=-1).argmax())
    ways = np.linalg.norm(np.diff(clip.positions[:, root], axis=0), axis=-1)
    too_far = ways * clip.fps > MAX_ROOT_SPEED
    if too_far.any():
        step = int(too_far.argmax())
        frame = step + first_frame
        raise InputError(
            f"{source}: the root jumps {ways[step]:.2f} m from frame {frame} to frame {frame + 1}: "
            "repair or cut that frame"
        )
