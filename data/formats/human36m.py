"""Human3.6M's poses, from its own files and from VideoPose3D's archives of them.

- `MyPoseFeatures/D3_Positions/<action>.cdf` of a subject: variable `Pose`, (1, T, 96), 32 joints, mm, Z up, 50 Hz.
- `data_3d_h36m.npz`: `positions_3d`, subject -> action -> (T, 32, 3), m.
- `data_2d_h36m_*.npz`: `positions_2d`, subject -> action -> four cameras -> (T, 17, 2), pixels.

Sources: Ionescu et al., Human3.6M, 2014. Pavllo et al., 3D human pose estimation in video, 2019 (VideoPose3D).
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
MILLIMETRES = 1000.0  # per metre
_FACE = 14  # index of the joint that tells how the head is turned

# Our joint -> its index. The other indices repeat these joints.
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
"""Subject -> action -> its arrays."""


def read_poses(path: str | Path) -> Poses:
    """Return world positions of the 32 joints, m, from a .cdf file. Raises InputError if it is damaged."""
    if not Path(path).is_file():
        raise InputError(f"there is no file {path}: give a .cdf file of Human3.6M's D3_Positions")
    try:
        values = np.asarray(cdflib.CDF(str(path)).varget("Pose"), float)
    except Exception as error:  # cdflib does not catch what a damaged file makes its parser raise
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{path} is not a file of poses, or is damaged: {reason}; get it again") from None
    if values.size == 0 or values.shape[-1:] != (3 * JOINTS,):
        raise InputError(
            f"{path} has poses of the shape {values.shape}, not (1, frames, 96): get the file of D3_Positions"
        )
    return values.reshape(-1, JOINTS, 3) / MILLIMETRES


def read_archive(path: str | Path, key: str) -> Archive:
    """Return a dictionary of VideoPose3D's archives.

    Args:
        path: The file.
        key: "positions_3d" or "positions_2d".

    Raises:
        InputError: The file is not one of these archives, or would execute something.
    """
    content = safe_pickle.load_npz(path, key)
    if not isinstance(content, dict) or not all(isinstance(actions, dict) for actions in content.values()):
        raise InputError(
            f"{path} is not an archive of VideoPose3D: it lacks '{key}'; make it with its data/prepare_data_h36m.py"
        )
    return content


def clip_of_poses(name: str, poses: Any, source: str | Path) -> MotionClip:
    """Return the motion of our joints among the 32, with the head turned as the face.

    Args:
        name: The clip's name.
        poses: (T, 32, 3), m.
        source: What messages call the file.

    Raises:
        InputError: The poses have another shape, or are not a motion.
    """
    if not isinstance(poses, np.ndarray) or poses.dtype.kind != "f" or poses.shape[1:] != (JOINTS, 3):
        found = f"an array of shape {poses.shape}" if isinstance(poses, np.ndarray) else type(poses).__name__
        raise InputError(f"{name} of {source} is {found}, not (frames, {JOINTS}, 3): get the file again")
    poses = poses.astype(float)
    joints = {ours: poses[:, index] for ours, index in OURS.items()}
    return check_clip(clip_of_joints(name, FPS, joints, ahead=poses[:, _FACE]), source)
