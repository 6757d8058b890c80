"""Where the mass of a real person is: over the centre of pressure, while they stand still on force plates."""

import pathlib

import numpy as np

from data.formats import mot
from diffphy.recorded_forces import recorded_body
from pipelines.config import Body, Input
from pipelines.inputs.mocap import put_on_floor, read_clip
from pipelines.inputs.subject import build_subject

MASS_KG = 60.0


def test_the_mass_of_who_stands_still_is_over_the_centre_of_pressure(test_data: pathlib.Path) -> None:
    path = test_data / "forces" / "subject4" / "static1.trc"
    recording = put_on_floor(read_clip(str(path), Input()), Input())
    subject = build_subject(recording.clip, recording.joint_map, Body(mass_kg=MASS_KG))
    motion = subject.retargeted
    body = recorded_body(subject.humanoid, motion.position, motion.rotation, recording.clip.fps)
    plates = mot.read(path.with_name("static1_grf.mot"))
    load_N = plates.force_N[..., 2:]
    pressure = (load_N * plates.point_m)[..., :2].sum(axis=1) / load_N.sum(axis=1)
    left = body.left.mean(axis=0)
    off = body.center[:, :2].mean(axis=0) - pressure.mean(axis=0)
    ahead, aside = off @ [left[1], -left[0]], off @ left
    assert abs(ahead) < 0.008
    assert abs(aside) < 0.008
    ankles = body.ankle[..., :2].mean(axis=(0, 1))
    assert 0.02 < (pressure.mean(axis=0) - ankles) @ np.array([left[1], -left[0]]) < 0.08
