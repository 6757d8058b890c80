"""A laboratory with two force plates. Somebody walks over them, or bounces on both feet with a known force.

What they measure of the walk is what follows from its markers: it tells steps, sides and weight, and no accuracy.
"""

import pathlib

import numpy as np

from data import formats
from data.resample import resample
from diffphy.recorded_forces import RecordedForces, recorded_forces
from pipelines.config import Body
from pipelines.inputs.mocap import put_on_floor
from pipelines.inputs.subject import build_subject
from tests.data.formats.test_c3d import full_centres
from tests.data.formats.test_trc import RATE
from tests.data.formats.test_trc import write as write_trc

SIDES = ("left", "right")
START_S = 2.0  # the first time on the clock of the files
WEIGHT = 600.0


def write_trial(folder: pathlib.Path, name: str = "walk", right: float = 1.0) -> RecordedForces:
    """Write a walk and its plates, one below each foot, and return what the plates measured, body weights.

    Args:
        folder: Where to write NAME.trc and NAME_grf.mot.
        name: Name of the recording.
        right: The right plate measures this many times the force.
    """
    walk = resample(formats.read("builtin:walk"), RATE)
    path = write_trc(folder / f"{name}.trc", full_centres(walk))
    path.write_text(_later(path.read_text()))
    recording = put_on_floor(formats.read(path), None, None)
    subject = build_subject(recording.clip, recording.joint_map, Body())
    motion = subject.retargeted
    position, rotation = (np.asarray(each, np.float32) for each in (motion.position, motion.rotation))
    forces = recorded_forces(subject.humanoid.astype(np.float32), position, rotation, RATE)
    points = motion.joint_positions()
    at = [[motion.rig.keys.index(f"{side}_{joint}") for joint in ("ankle", "toe")] for side in SIDES]
    pressure = np.stack([points[:, each].mean(axis=1) for each in at], axis=1)
    pressure[..., 2] = -recording.floor_m
    share = forces.share[..., None] * [[1.0], [right]]
    frames = np.searchsorted(forces.time_s, np.arange(len(points)) / RATE - 1e-9)
    write_plates(folder / f"{name}_grf.mot", WEIGHT * (share * forces.total[:, None])[frames], pressure)
    return forces


BOUNCES_HZ, BOUNCE_M = 2.5, 0.01
STANDING = {
    "HJC": (0.0, 0.09, 0.9),
    "KJC": (0.03, 0.09, 0.48),
    "AJC": (0.0, 0.09, 0.08),
    "SJC": (0.0, 0.18, 1.4),
    "EJC": (-0.02, 0.2, 1.11),
    "WJC": (0.02, 0.2, 0.86),
}
"""Joint centres of the left half of somebody who faces +x, m."""


def bounce_force(time_s: np.ndarray) -> np.ndarray:
    """Return the vertical force on each foot of the bounce over the weight, by Newton's law."""
    wave = 2 * np.pi * BOUNCES_HZ
    return 0.5 * (1.0 - BOUNCE_M * wave**2 / 9.81 * np.cos(wave * time_s))


def write_bounce(folder: pathlib.Path, name: str = "bounce") -> None:
    """Write somebody who moves up and down as a whole, as a cosine, and the force on the plate below each foot."""
    time = np.arange(300) / RATE
    height = BOUNCE_M * np.cos(2 * np.pi * BOUNCES_HZ * time)[:, None] * [0.0, 0.0, 1.0]
    centres = {
        f"{letter}{joint}": 1000.0 * (np.array([x, sign * y, z]) + height)
        for letter, sign in (("L", 1.0), ("R", -1.0))
        for joint, (x, y, z) in STANDING.items()
    }
    path = write_trc(folder / f"{name}.trc", centres)
    path.write_text(_later(path.read_text()))
    force = np.zeros((len(time), 2, 3))
    force[..., 2] = WEIGHT * bounce_force(time)[:, None]
    write_plates(folder / f"{name}_grf.mot", force, np.tile([[0.05, 0.09, 0.0], [0.05, -0.09, 0.0]], (len(time), 1, 1)))


def write_plates(path: pathlib.Path, force: np.ndarray, point: np.ndarray) -> None:
    """Write forces and points (T, 2, 3), which are Z up, as OpenSim has them: Y up."""
    values = np.roll(np.concatenate([force[:, :, None], point[:, :, None]], axis=2), 2, axis=-1)
    names = [f"ground_force_{plate}_{kind}{axis}" for plate in (1, 2) for kind in "vp" for axis in "xyz"]
    time = START_S + np.arange(len(force)) / RATE
    rows = [
        "\t".join(f"{value:.6f}" for value in (t, *row))
        for t, row in zip(time, values.reshape(len(force), -1), strict=True)
    ]
    path.write_text("grf\nendheader\n" + "\t".join(["time", *names]) + "\n" + "\n".join(rows) + "\n")


def _later(text: str) -> str:
    """Return a TRC file whose clock begins at `START_S`."""
    lines = text.splitlines()
    head = next(index for index, line in enumerate(lines) if line.startswith("1\t"))
    rows = [line.split("\t") for line in lines[head:]]
    return (
        "\n".join(lines[:head] + ["\t".join([row[0], f"{float(row[1]) + START_S:.5f}", *row[2:]]) for row in rows])
        + "\n"
    )
