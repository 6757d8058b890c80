"""The files that the examples of the pages name, and the work that the examples are spared."""

import json
import pathlib
from typing import Any, NoReturn

import jax
import numpy as np
import pytest
import yaml

from data import formats
from data.datasets import aist
from data.datasets.aist import Aist
from data.formats import bvh
from data.rigs import joint_maps
from pipelines import config
from pipelines.evaluation import evaluate
from pipelines.inputs import prepare
from pipelines.optimizers import benchmark, train, window_family, window_set
from pipelines.reconstruction import motion_file, reconstruct, render, run_folder
from tests import block_person
from tests.data import body_models
from tests.data.formats.test_aistpp import write_annotations
from tests.pipelines.evaluation import films, plates
from tests.pipelines.evaluation.test_data_check import whole_protocol

# Joint, parent, offset in m, of a person in T-pose who faces +x; the right side mirrors the left one.
TRUNK = (
    ("pelvis", "", (0.0, 0.0, 0.0)),
    ("upper_spine", "pelvis", (-0.01, 0.0, 0.35)),
    ("neck", "upper_spine", (0.0, 0.0, 0.15)),
)
LEFT = (
    ("left_shoulder", "upper_spine", (0.0, 0.18, 0.10)),
    ("left_elbow", "left_shoulder", (0.0, 0.28, 0.0)),
    ("left_wrist", "left_elbow", (0.0, 0.26, 0.0)),
    ("left_hip", "pelvis", (0.0, 0.09, -0.05)),
    ("left_knee", "left_hip", (0.0, 0.01, -0.42)),
    ("left_ankle", "left_knee", (-0.02, 0.0, -0.43)),
    ("left_toe", "left_ankle", (0.14, 0.02, -0.06)),
)
MIXAMO = {
    "pelvis": "Hips",
    "upper_spine": "Spine2",
    "neck": "Neck",
    "left_shoulder": "LeftArm",
    "left_elbow": "LeftForeArm",
    "left_wrist": "LeftHand",
    "left_hip": "LeftUpLeg",
    "left_knee": "LeftLeg",
    "left_ankle": "LeftFoot",
    "left_toe": "LeftToeBase",
}


class HeavyWork(BaseException):
    """A command has accepted its options and files, and would begin to compute."""


def replace_heavy_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the commands end with `HeavyWork` where they would begin to compute. All that comes before is real."""

    def stop(*_: Any, **__: Any) -> NoReturn:
        raise HeavyWork

    for name in ("prepare_keypoints", "prepare_video", "prepare_sequence"):
        monkeypatch.setattr(prepare, name, stop)  # but not `prepare` itself, which refuses options without effect
    monkeypatch.setattr(reconstruct, "solve", stop)
    monkeypatch.setattr(evaluate, "run_in_processes", stop)
    monkeypatch.setattr(evaluate, "run_on_cluster", stop)
    monkeypatch.setattr(render, "load", lambda folder: folder)
    monkeypatch.setattr(render, "render", stop)
    monkeypatch.setattr(motion_file, "load", stop)  # `diffphy export` begins with it
    monkeypatch.setattr(train.TrainingRun, "start", stop)
    monkeypatch.setattr(jax.distributed, "initialize", stop)
    monkeypatch.setattr(benchmark, "run_in_processes", stop)
    monkeypatch.setattr(window_set, "collect", stop)
    monkeypatch.setattr(window_family, "load", stop)


def write(folder: pathlib.Path, *, joint_map: str, training: str, motion: str) -> None:
    """Write every file that an example names.

    Args:
        folder: Where the commands run.
        joint_map: The example of a joint map: the trunk and the left side.
        training: The example of a training configuration.
        motion: The example of a training configuration for motion.
    """
    _write_motions(folder, _complete(yaml.safe_load(joint_map)))
    _write_pictures(folder)
    _write_datasets(folder)
    _write_runs(folder)
    (folder / "training.yaml").write_text(training, encoding="utf-8")
    (folder / "motion.yaml").write_text(motion, encoding="utf-8")


def _complete(left: dict[str, str]) -> dict[str, str]:
    """Return the joint map with its right side."""

    def mirrored(name: str) -> str:
        return name.replace("left", "right").replace("Left", "Right").replace("L_", "R_")

    return left | {mirrored(ours): mirrored(name) for ours, name in left.items() if ours.startswith("left")}


def _write_motions(folder: pathlib.Path, joint_map: dict[str, str]) -> None:
    (folder / "joints.yaml").write_text(yaml.safe_dump(joint_map), encoding="utf-8")
    _write_bvh(folder / "custom.bvh", joint_map)
    for name in ("clip", "studio", "walk", "walking"):
        _write_bvh(folder / f"{name}.bvh", _complete(MIXAMO))
    recordings = folder / "recordings" / "cmu"
    recordings.mkdir(parents=True)
    _write_bvh(recordings / "01_01.bvh", _complete(MIXAMO))
    poses, positions = body_models.upright_poses(24)
    np.savez(folder / "01_01_poses.npz", poses=poses, trans=positions, mocap_framerate=60.0)
    (folder / "smplh" / "male").mkdir(parents=True)
    body_models.write_npz(folder / "smplh" / "male" / "model.npz", body_models.arrays(52, 16))
    walk = formats.read("builtin:walk")
    found = joint_maps.detect(walk)
    joints = np.stack([walk.positions[:, walk.joint(found[name])] for name in joint_maps.REQUIRED], axis=1)
    np.savez(folder / "joints.npz", joints=joints, names=np.array(joint_maps.REQUIRED), fps=walk.fps)
    block_person.write_npz(folder / "person.npz", block_person.boxes(), joints=True)


def _write_bvh(path: pathlib.Path, names: dict[str, str]) -> None:
    """Write a second of a person who stands still, with the joints that a map names."""
    joints = list(TRUNK)
    for ours, parent, (x, y, z) in LEFT:
        joints.append((ours, parent, (x, y, z)))
    for ours, parent, (x, y, z) in LEFT:
        joints.append((ours.replace("left", "right"), parent.replace("left", "right"), (x, -y, z)))
    order = [ours for ours, _, _ in joints]
    parents = [order.index(parent) if parent else -1 for _, parent, _ in joints]
    root = np.tile([0.0, 0.0, 0.97], (31, 1))
    still = np.tile([1.0, 0.0, 0.0, 0.0], (31, len(joints), 1))
    offsets = np.array([offset for _, _, offset in joints])
    bvh.write(path, tuple(names[ours] for ours in order), tuple(parents), offsets, root, still, 30.0)


def _write_pictures(folder: pathlib.Path) -> None:
    """Write films, which are empty, keypoints and cameras."""
    for film in ("walk.mp4", "park.mp4", "lab.mp4"):
        (folder / film).touch()
    (folder / "films" / "squat").mkdir(parents=True)
    (folder / "films" / "squat" / "film.mp4").touch()
    films.write_joints(folder / "films" / "squat" / "joints.npz", films.squat(np.arange(60) / 30))
    (folder / "gait").mkdir()
    plates.write_trial(folder / "gait")
    (folder / "keypoints").mkdir()
    (folder / "keypoints" / "walk_000000000000_keypoints.json").write_text(json.dumps({"people": []}))
    (folder / "rtmpose.json").write_text("[]")
    np.savez(folder / "walk.npz", keypoints=np.zeros((2, 17, 3)), set="coco17", fps=30.0)
    (folder / "lab.json").write_text("{}")
    for name in ("lab.toml", "Calib.toml", "Calib.qca.txt"):
        (folder / name).touch()
    (folder / "trial" / "videos").mkdir(parents=True)
    for camera in ("cam01", "cam02"):
        (folder / "trial" / "pose" / f"{camera}_json").mkdir(parents=True)
        frame = folder / "trial" / "pose" / f"{camera}_json" / f"{camera}_000000_keypoints.json"
        frame.write_text(json.dumps({"people": []}))
        (folder / "trial" / "videos" / f"{camera}.mp4").touch()


def _write_datasets(folder: pathlib.Path) -> None:
    whole_protocol(folder / "h36m")
    annotations = folder / "aist" / aist.ANNOTATIONS
    annotations.mkdir(parents=True)
    write_annotations(annotations)
    (folder / "aist" / "videos").mkdir()
    dances = Aist(folder / "aist").split(aist.PAPER)
    (annotations / "cameras" / "mapping.txt").write_text("".join(f"{dance.name} setting1\n" for dance in dances))
    for sequence in dances:
        for part in ("keypoints3d", "keypoints2d"):
            (annotations / part / f"{sequence.name}.pkl").touch()
        for camera in aist.CAMERAS:
            (folder / "aist" / "videos" / f"{sequence.name.replace('cAll', camera)}.mp4").touch()


def _write_runs(folder: pathlib.Path) -> None:
    run_folder.create(folder / "runs" / "studio", config.load(None, {"clip": str(folder / "studio.bvh")}))
    sequence = config.load(None, {"clip": "human36m:S9/Walking 1", "dataset.root": "h36m"})
    path = folder / "results" / "human36m_mocap" / "S9" / "Walking 1"
    path.mkdir(parents=True)
    (path / "config.yaml").write_text(sequence.to_yaml(), encoding="utf-8")
    for name in ("training", "other"):
        (folder / "runs" / name).mkdir(parents=True)
        (folder / "runs" / name / train.VALIDATION).write_text("step,seconds,loss\n0,1.5,0.5\n100,9.5,0.25\n")


def joint_names() -> set[str]:
    """Return the names that a joint map can have."""
    return {*joint_maps.REQUIRED, *joint_maps.OPTIONAL}
