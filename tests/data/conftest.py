"""A body, a person who moves, and the recordings that the tests of `data` share."""

import pathlib

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from data.formats import bvh
from data.rigs.retarget import Rig
from data.rotations import to_wxyz
from data.skeleton import Skeleton
from diffphy.body.humanoid import BODY_NAMES, JOINT_NAMES, PARENTS

# A Mixamo-like T-pose, facing +x in our Z-up world: joint, parent, offset in m.
_TRUNK = (
    ("Hips", None, (0.0, 0.0, 0.0)),
    ("Spine", "Hips", (-0.01, 0.0, 0.10)),
    ("Spine1", "Spine", (0.0, 0.0, 0.12)),
    ("Spine2", "Spine1", (0.0, 0.0, 0.13)),
    ("Neck", "Spine2", (0.0, 0.0, 0.15)),
    ("Head", "Neck", (0.02, 0.0, 0.10)),
)
_SIDE = (
    ("Shoulder", "Spine2", (0.0, 0.06, 0.10)),
    ("Arm", "Shoulder", (0.0, 0.12, 0.0)),
    ("ForeArm", "Arm", (0.0, 0.28, 0.0)),
    ("Hand", "ForeArm", (0.0, 0.26, 0.0)),
    ("UpLeg", "Hips", (0.0, 0.09, -0.05)),
    ("Leg", "UpLeg", (0.0, 0.01, -0.42)),
    ("Foot", "Leg", (-0.02, 0.0, -0.43)),
    ("ToeBase", "Foot", (0.14, 0.02, -0.06)),
)


def mixamo_skeleton() -> Skeleton:
    joints = list(_TRUNK)
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        for name, parent, (x, y, z) in _SIDE:
            of_trunk = parent in ("Hips", "Spine2")
            joints.append((side + name, parent if of_trunk else side + parent, (x, sign * y, z)))
    names = [name for name, _, _ in joints]
    return Skeleton(
        tuple(f"mixamorig:{name}" for name in names),
        tuple(-1 if parent is None else names.index(parent) for _, parent, _ in joints),
        np.array([offset for _, _, offset in joints]),
    )


def smooth_rotations(num_frames: int, num_joints: int, amplitude: float, seed: int) -> np.ndarray:
    """Joints (T, J, 4) that swing to and fro by up to `amplitude` rad, wxyz."""
    rng = np.random.default_rng(seed)
    phase = np.linspace(0.0, 2 * np.pi, num_frames)[:, None, None] + rng.uniform(0, 2 * np.pi, (num_joints, 3))
    axis_angles = amplitude * rng.uniform(-1, 1, (num_joints, 3)) * np.sin(phase)
    return to_wxyz(Rotation.from_rotvec(axis_angles.reshape(-1, 3))).reshape(num_frames, num_joints, 4)


@pytest.fixture(scope="session")
def rig() -> Rig:
    return Rig(BODY_NAMES, JOINT_NAMES, PARENTS)


@pytest.fixture(scope="session")
def person_bvh(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A BVH file of a person on a Mixamo rig, who moves every joint for 2 s at 30 frames a second."""
    skeleton = mixamo_skeleton()
    path = tmp_path_factory.mktemp("bvh") / "person.bvh"
    root = np.stack([np.linspace(0, 1, 61), np.zeros(61), np.full(61, 0.97)], axis=1)
    turns = smooth_rotations(61, len(skeleton.joint_names), 0.4, seed=0)
    bvh.write(path, skeleton.joint_names, skeleton.parents, skeleton.offsets, root, turns, 30.0)
    return path


@pytest.fixture(scope="session")
def cmu(test_data: pathlib.Path) -> pathlib.Path:
    """The folder of CMU recordings."""
    return test_data / "mocap" / "cmu"
