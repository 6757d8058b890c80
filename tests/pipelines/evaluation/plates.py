"""A laboratory with two force plates. Somebody walks over them, or bounces on both feet with a known force.

What they measure of the walk is what follows from its markers: it tells steps, sides and weight, and no accuracy.
"""

import pathlib

import numpy as np

from data import formats
from data.resample import resample
from diffphy.recorded_forces import RecordedForces, recorded_forces
from pipelines.config import Body, Input
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
    recording = put_on_floor(formats.read(path), Input())
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


STEP_S, STEP_M, APART_M, LIFT_M = 0.5, 0.6, 0.2, 0.05
"""A step of the walker: its time, s, its length, how far the feet are apart, and how high the foot swings, m."""
CENTER_M = 0.95
"""Height of the walker's centre of mass, m."""
LEG = 0.1447 * 0.3854 / 2 + 0.0457 * (1 + 0.4374) / 2 + 0.0133
"""How far the centre of mass follows an ankle: thigh, shank and foot of de Leva's table, with the knee halfway."""
_RATE = np.sqrt(9.81 / CENTER_M)


def on_left(time_s: np.ndarray) -> np.ndarray:
    """Return whether the walker stands on the left foot."""
    return np.floor(time_s / STEP_S) % 2 == 0


def from_foot(time_s: np.ndarray) -> np.ndarray:
    """Return the walker's centre of mass from the standing foot, ahead and to the left, m (T, 2).

    It is a linear inverted pendulum (Kajita et al., 2001), whose force points from the foot to the centre of mass.
    """
    after = time_s % STEP_S - STEP_S / 2
    ahead = STEP_M / 2 * np.sinh(_RATE * after) / np.sinh(_RATE * STEP_S / 2)
    inwards = APART_M / 2 * np.cosh(_RATE * after) / np.cosh(_RATE * STEP_S / 2)
    return np.stack([ahead, np.where(on_left(time_s), -1.0, 1.0) * inwards], axis=1)


def walk_force(time_s: np.ndarray) -> np.ndarray:
    """Return the force on the walker over the weight: ahead, to the left, up (T, 3)."""
    return np.concatenate([from_foot(time_s) / CENTER_M, np.ones((len(time_s), 1))], axis=1)


def write_walk(folder: pathlib.Path, heading: float, name: str = "walk", *, belt: bool = False) -> None:
    """Write somebody who walks in a direction, rad from x, without double support, over a plate for each foot.

    On a treadmill (`belt`) everything is moved back by the way of the walk.
    """
    time = np.arange(300) / RATE
    number, left = np.floor(time / STEP_S), on_left(time)
    stands = np.stack([number * STEP_M, np.where(left, 0.5, -0.5) * APART_M, 0 * time], axis=1)
    passed = time / STEP_S - number
    swings = stands * [1.0, -1.0, 1.0]
    swings[:, 0] += (2 * passed - 1) * STEP_M
    swings[:, 2] = LIFT_M * np.sin(np.pi * passed)
    feet = np.stack([np.where(left[:, None], *pair) for pair in ((stands, swings), (swings, stands))], axis=1)
    center = np.concatenate([stands[:, :2] + from_foot(time), np.full((len(time), 1), CENTER_M)], axis=1)
    ankles = feet + [0.0, 0.0, STANDING["AJC"][2]] + 1e-4 * np.sin(40 * time)[:, None, None]  # no marker rests quite
    hips = (center - LEG * ankles.sum(axis=1)) / (1 - 2 * LEG)
    hips[:, 2] += STANDING["HJC"][2] - hips[:, 2].mean()  # the height of the rest of the body is its own
    way = (STEP_M / STEP_S * time if belt else 0 * time)[:, None] * [1.0, 0.0, 0.0]
    hips, ankles, feet = hips - way, ankles - way[:, None], feet - way[:, None]
    turn = np.array([[np.cos(heading), -np.sin(heading), 0.0], [np.sin(heading), np.cos(heading), 0.0], [0, 0, 1.0]])
    centres = {}
    for index, (letter, sign) in enumerate((("L", 1.0), ("R", -1.0))):
        at = {joint: hips + np.array([x, sign * y, z - STANDING["HJC"][2]]) for joint, (x, y, z) in STANDING.items()}
        at["AJC"] = ankles[:, index]
        at["KJC"] = (at["HJC"] + at["AJC"]) / 2
        centres |= {f"{letter}{joint}": 1000.0 * each @ turn.T for joint, each in at.items()}
    path = write_trc(folder / f"{name}.trc", centres)
    path.write_text(_later(path.read_text()))
    force = WEIGHT * walk_force(time)[:, None] * np.stack([left, ~left], axis=1)[..., None]
    write_plates(folder / f"{name}_grf.mot", force @ turn.T, (feet + np.array([0.05, 0.0, 0.0])) @ turn.T)


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
