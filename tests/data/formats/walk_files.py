"""A walk as BVH, and the ways in which files spoil one."""

import pathlib
import re
from collections.abc import Callable

import numpy as np

from data import formats
from data.formats import bvh
from data.rigs import joint_maps
from data.rigs.retarget import Rig, retarget


def write_walk(path: pathlib.Path, rig: Rig, clip_name: str = "walk") -> pathlib.Path:
    """Write a built-in clip as our program writes results: Y up, in cm, facing +z in the zero pose."""
    clip = formats.read(f"builtin:{clip_name}")
    result = retarget(clip, rig, joint_maps.detect(clip))
    tips = {rig.keys[rig.body_names.index(body)]: tip for body, tip in result.tips.items()}
    bvh.write(path, rig.keys, rig.parents, result.joint_offset, result.position, result.rotation, clip.fps, tips)
    return path


def change_rows(text: str, change: Callable[[np.ndarray], np.ndarray]) -> str:
    """Return a BVH file whose rows of values are changed. The number of frames follows."""
    head, rows = text.split("Frame Time:")
    first, *lines = rows.strip().splitlines()
    values = change(np.array([[float(word) for word in line.split()] for line in lines]))
    head = re.sub(r"Frames: \d+", f"Frames: {len(values)}", head)
    body = "\n".join(" ".join(f"{value:.6f}" for value in row) for row in values)
    return f"{head}Frame Time: {first.strip()}\n{body}\n"


def mirror(text: str) -> str:
    """Return the file as a left-handed program writes it: x is mirrored, names stay."""
    text = re.sub(r"OFFSET (\S+)", lambda found: f"OFFSET {-float(found[1]):.6f}", text)
    channels = re.findall(r"[XYZ](?:position|rotation)", text.split("MOTION")[0])
    flipped = np.array([channel in ("Xposition", "Yrotation", "Zrotation") for channel in channels])
    return change_rows(text, lambda rows: np.where(flipped, -rows, rows))


def exchange_sides(text: str) -> str:
    """Return the file with the names of left and right exchanged."""
    swapped = {"left": "right", "right": "left"}
    return re.sub(r"(left|right)_", lambda found: f"{swapped[found[1]]}_", text)


def tilt(text: str, degrees: float) -> str:
    """Return the file with the whole motion turned about its z axis."""
    sine, cosine = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    turn = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])

    def change(rows: np.ndarray) -> np.ndarray:
        # The root's first angle is the one about z.
        return np.concatenate([rows[:, :3] @ turn.T, rows[:, 3:4] + degrees, rows[:, 4:]], axis=1)

    return change_rows(text, change)


def set_frame_time(text: str, seconds: float) -> str:
    """Return the file with another frame time."""
    return re.sub(r"Frame Time: \S+", f"Frame Time: {seconds:.6f}", text)
