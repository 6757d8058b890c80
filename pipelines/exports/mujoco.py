"""Files for MuJoCo: the body with its control as a model, the motion as arrays, and a script that plays it."""

from pathlib import Path

import numpy as np

from diffphy.export import to_mjcf
from diffphy.export.mujoco_control import to_ctrl, to_qpos, to_qvel
from diffphy.physics.simulate import Physics
from pipelines.reconstruction.body_of_motion import humanoid_of, scene_of
from pipelines.reconstruction.reconstructed_motion import ReconstructedMotion

_PLAYER = '''\
"""Play the motion in MuJoCo's viewer (pip install mujoco)."""

import time
from pathlib import Path

import mujoco.viewer
import numpy as np

here = Path(__file__)
model, motion = mujoco.MjModel.from_xml_path(str(here.with_suffix(".xml"))), np.load(here.with_suffix(".npz"))
data = mujoco.MjData(model)
with mujoco.viewer.launch_passive(model, data) as viewer:
    while viewer.is_running():
        for data.qpos[:], data.qvel[:] in zip(motion["qpos"], motion["qvel"]):
            mujoco.mj_forward(model, data)
            viewer.sync()
            time.sleep(1 / motion["fps_hz"])
            if not viewer.is_running():
                break
'''


def write(motion: ReconstructedMotion, folder: Path, name: str) -> None:
    """Write model, motion and player. The motion has a row for each control frame."""
    fps, step = float(motion.fps_hz), float(motion.step_s)
    physics = Physics(control_rate=fps, substeps=round(1.0 / (fps * step)))
    rotation, target = motion.local_rotations.astype(float), motion.control_quat_parent_wxyz.astype(float)
    velocity, angular_velocity = (np.asarray(part) for part in (motion.states.velocity, motion.states.angular_velocity))
    np.savez_compressed(
        folder / f"{name}_mujoco.npz",
        fps_hz=fps,
        joint_names=motion.joint_names,
        qpos=to_qpos(motion.root_position_world_m.astype(float), rotation),
        qvel=to_qvel(velocity, angular_velocity),
        ctrl=to_ctrl(rotation[:, 1:], target),
    )
    model = to_mjcf(humanoid_of(motion), scene_of(motion), physics)
    (folder / f"{name}_mujoco.xml").write_text(model, encoding="utf-8")
    (folder / f"{name}_mujoco.py").write_text(_PLAYER, encoding="utf-8")
