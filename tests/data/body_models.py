"""A made-up body model in the form of SMPL's files, and poses for it."""

import pathlib

import numpy as np
from scipy.spatial.transform import Rotation

from data.rigs.smpl import JOINTS, PARENTS

# Places of the 22 joints of a person of 1.7 m, T-pose, Y up, facing +z, left at +x; those of the right are mirrored.
_MIDDLE = {
    "pelvis": (0.0, -0.24, 0.03),
    "spine1": (0.0, -0.12, 0.0),
    "spine2": (0.0, 0.02, 0.0),
    "spine3": (0.0, 0.07, 0.02),
    "neck": (0.0, 0.28, -0.01),
    "head": (0.0, 0.36, 0.03),
}
_LEFT = {
    "hip": (0.07, -0.33, 0.02),
    "knee": (0.11, -0.71, 0.02),
    "ankle": (0.09, -1.12, -0.02),
    "foot": (0.12, -1.17, 0.10),
    "collar": (0.08, 0.19, 0.0),
    "shoulder": (0.19, 0.22, -0.01),
    "elbow": (0.45, 0.21, -0.03),
    "wrist": (0.70, 0.22, -0.03),
}
_SKIN = (
    ("crown", (0.0, 0.52, 0.02)),
    ("sole", (0.1, -1.2, 0.0)),
    ("toes", (0.13, -1.18, 0.2)),
    ("finger", (0.88, 0.2, 0.0)),
)
FINGERS = 15  # joints of a hand of SMPL-H and SMPL-X


def joint_places() -> np.ndarray:
    """(22, 3)"""

    def place(name: str) -> tuple[float, float, float]:
        side, _, part = name.partition("_")
        if name in _MIDDLE:
            return _MIDDLE[name]
        x, y, z = _LEFT[part]
        return (x if side == "left" else -x, y, z)

    return np.array([place(name) for name in JOINTS])


def arrays(joints: int = 24, shapes: int = 10, seed: int = 0) -> dict[str, np.ndarray]:
    """v_template, shapedirs, J_regressor and kintree_table of a model of 24 (SMPL), 52 (SMPL-H) or 55 (SMPL-X) joints.

    Each joint is the mean of two vertices; one row of the skin follows.
    """
    rng = np.random.default_rng(seed)
    extra = joints - len(JOINTS)
    parents = [*PARENTS, *([20, 21] if extra == 2 else [15] * (extra - 2 * FINGERS) + [20] * FINGERS + [21] * FINGERS)]
    places = np.concatenate([joint_places(), joint_places()[parents[len(JOINTS) :]] + 0.02])
    around = rng.normal(0, 0.01, places.shape)
    skin = np.array([place for _, place in _SKIN] + [(-x, y, z) for _, (x, y, z) in _SKIN])
    template = np.concatenate([places + around, places - around, skin])
    regressor = np.zeros((joints, len(template)))
    for joint in range(joints):
        regressor[joint, [joint, joint + joints]] = 0.5
    tree = np.array([parents, range(joints)], dtype=np.int64)
    tree[0, 0] = 2**32 - 1
    return {
        "v_template": template,
        "shapedirs": rng.normal(0, 0.004, (*template.shape, shapes)),
        "J_regressor": regressor,
        "kintree_table": tree.astype(np.uint32),
    }


def write_npz(path: pathlib.Path, model: dict[str, np.ndarray]) -> pathlib.Path:
    np.savez(path, **model)  # pyright: ignore[reportArgumentType]
    return path


def upright_poses(frames: int, joints: int = 52, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Rotation vectors (T, 3 joints), the root's from Y up to Z up and about z, and translations (T, 3), m."""
    rng = np.random.default_rng(seed)
    phase = np.linspace(0, 2 * np.pi, frames)[:, None, None] + rng.uniform(0, 2 * np.pi, (joints, 3))
    poses = 0.4 * rng.uniform(-1, 1, (joints, 3)) * np.sin(phase)
    stand = Rotation.from_euler("x", 90, degrees=True)
    turn = Rotation.from_euler("z", np.linspace(0.0, 1.0, frames)[:, None])
    poses[:, 0] = (turn * stand * Rotation.from_rotvec(0.2 * poses[:, 0])).as_rotvec()
    walk = np.stack([np.linspace(0, 1, frames), np.zeros(frames), np.full(frames, 1.2)], axis=1)
    return poses.reshape(frames, -1), walk
