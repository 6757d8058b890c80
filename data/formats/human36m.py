"""Human3.6M's poses, from its own files and from VideoPose3D's archives of them.

- `MyPoseFeatures/D3_Positions/<action>.cdf` of a subject: variable `Pose`, (1, T, 96), 32 joints, mm, Z up, 50 Hz.
- `data_3d_h36m.npz`: `positions_3d`, subject -> action -> (T, 32, 3), m.
- `data_2d_h36m_*.npz`: `positions_2d`, subject -> action -> four cameras -> (T, 17, 2), pixels.

Sources: Ionescu et al., Human3.6M, 2014; Pavllo et al., 3D human pose estimation in video, 2019 (VideoPose3D).
"""

from pathlib import Path
from typing import Any

import cdflib
import numpy as np
from jaxtyping import Float

from data.clip import InputError, MotionClip, check_clip
from data.formats import safe_pickle
from data.rigs.joint_orientations import clip_of_joints

FPS = 50.0
JOINTS = 32
MILLIMETRES = 1000.0  # a metre; and more than a person's joints are apart, in metres
_FACE = 14

# Joints that are a person's, by our names; the others repeat them.
OURS = {
    "pelvis": 0,
    "upper_spine": 12,
    "neck": 13,
    "head_tip": 15,
    **{
        f"{side}_{joint}": index
        for side, first_of_leg, first_of_arm in (("right", 1, 25), ("left", 6, 17))
        for joint, index in (
            ("hip", first_of_leg),
            ("knee", first_of_leg + 1),
            ("ankle", first_of_leg + 2),
            ("toe", first_of_leg + 3),
            ("toes_tip", first_of_leg + 4),
            ("shoulder", first_of_arm),
            ("elbow", first_of_arm + 1),
            ("wrist", first_of_arm + 2),
        )
    },
}

Poses = Float[np.ndarray, "T 32 3"]
Archive = dict[str, dict[str, Any]]
"""Subject -> action -> what there is of it."""


def read_poses(path: str | Path) -> Poses:
    """World positions of the 32 joints, m, from one of the .cdf files. Raises InputError if it is damaged."""
    if not Path(path).is_file():
        raise InputError(f"there is no file {path}: give a .cdf file of Human3.6M's D3_Positions")
    try:
        values = np.asarray(cdflib.CDF(str(path)).varget("Pose"), float)
    except Exception as error:  # cdflib lets through whatever a damaged file makes its parser raise
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{path} is no file of poses, or is damaged: {reason}; get it again") from None
    if values.size == 0 or values.shape[-1:] != (3 * JOINTS,):
        raise InputError(
            f"{path} has poses of the shape {values.shape}, not (1, frames, 96): get the file of D3_Positions"
        )
    return values.reshape(-1, JOINTS, 3) / MILLIMETRES


def read_archive(path: str | Path, key: str) -> Archive:
    """A dictionary of VideoPose3D's archives: `key` is "positions_3d" or "positions_2d".

    Raises InputError if the file is none of these archives, or would execute anything.
    """
    content = safe_pickle.load_npz(path, key)
    if not isinstance(content, dict) or not all(isinstance(actions, dict) for actions in content.values()):
        raise InputError(
            f"{path} is no archive of VideoPose3D: it lacks '{key}'; make it with its data/prepare_data_h36m.py"
        )
    return content


def clip_of_poses(name: str, poses: Any, source: str | Path) -> MotionClip:
    """The motion of our joints among the 32, the head turned as the face.

    Args:
        name: of the clip.
        poses: (T, 32, 3), m.
        source: what errors call the file.

    Raises:
        InputError: the poses have another shape, or are no motion.
    """
    if not isinstance(poses, np.ndarray) or poses.dtype.kind != "f" or poses.shape[1:] != (JOINTS, 3):
        found = f"an array of shape {poses.shape}" if isinstance(poses, np.ndarray) else type(poses).__name__
        raise InputError(f"{name} of {source} is {found}, not (frames, {JOINTS}, 3): get the file again")
    poses = poses.astype(float)
    joints = {ours: poses[:, index] for ours, index in OURS.items()}
    return check_clip(clip_of_joints(name, FPS, joints, ahead=poses[:, _FACE]), source)
