"""A walking stick figure: the humanoid's 20 bodies, moved by simple angles."""

import numpy as np
from scipy.spatial.transform import Rotation

from diffphy.body.humanoid import Geom

WEIGHT = 700.0  # N
# name: (parent, joint in the parent's frame, geom kind, size, centre in the body's frame, axis)
X, Y, Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
TRUNK = {
    "pelvis": (None, (0, 0, 0), "capsule", (0.11, 0.07), (0, 0, 0.0), Y),
    "abdomen": ("pelvis", (0, 0, 0.10), "capsule", (0.12, 0.04), (0, 0, 0.07), Y),
    "thorax": ("abdomen", (0, 0, 0.15), "capsule", (0.13, 0.08), (0, 0, 0.14), Y),
    "head": ("thorax", (0, 0, 0.30), "capsule", (0.09, 0.05), (0.02, 0, 0.16), Z),
}


def _side(name: str, sign: float) -> dict:
    rows = {
        "shoulder_girdle": ("thorax", (0, 0.05, 0.24), "capsule", (0.05, 0.04), (0, 0.06, 0), Y),
        "upper_arm": ("shoulder_girdle", (0, 0.14, 0), "capsule", (0.05, 0.12), (0, 0.14, 0), Y),
        "forearm": ("upper_arm", (0, 0.28, 0), "capsule", (0.04, 0.11), (0, 0.13, 0), Y),
        "hand": ("forearm", (0, 0.26, 0), "box", (0.03, 0.08, 0.015), (0, 0.09, 0), Z),
        "thigh": ("pelvis", (0, 0.10, -0.05), "capsule", (0.075, 0.16), (0, 0, -0.20), Z),
        "shank": ("thigh", (0, 0, -0.42), "capsule", (0.055, 0.17), (0, 0, -0.20), Z),
        "foot": ("shank", (0, 0, -0.42), "box", (0.10, 0.045, 0.03), (0.05, 0, -0.045), Z),
        "toes": ("foot", (0.15, 0, -0.045), "box", (0.035, 0.045, 0.02), (0.03, 0, -0.01), Z),
    }

    def mirror(vector):
        return vector[0], sign * vector[1], vector[2]

    def parent(bare: str) -> str:
        return bare if bare in TRUNK else f"{name}_{bare}"

    return {
        f"{name}_{body}": (parent(up), mirror(joint), kind, size, mirror(centre), axis)
        for body, (up, joint, kind, size, centre, axis) in rows.items()
    }


BODIES = TRUNK | _side("left", 1.0) | _side("right", -1.0)
NAMES = tuple(BODIES)


def shapes() -> list[Geom]:
    upright = {X: [0.5**0.5, 0, 0.5**0.5, 0], Y: [0.5**0.5, -(0.5**0.5), 0, 0], Z: [1.0, 0, 0, 0]}
    return [
        Geom(index, kind, np.array(size), np.array(centre, float), np.array(upright[axis]))
        for index, (_, _, kind, size, centre, axis) in enumerate(BODIES.values())
    ]


def walk(frames: int, fps: float, speed: float = 1.2) -> tuple[np.ndarray, np.ndarray]:
    """Positions (T, 20, 3) and orientations (T, 20, 4) of the bodies of a person who walks along x."""
    time = np.arange(frames) / fps
    stride = 2 * np.pi * time
    still = Rotation.identity(frames)
    swing = {"left": np.sin(stride), "right": -np.sin(stride)}
    turn = dict.fromkeys(NAMES, still)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        phase = swing[side]
        pitch = np.stack([0 * time, -0.45 * phase, 0 * time], -1)
        hang = Rotation.from_rotvec([-sign * 1.35, 0, 0])
        turn[f"{side}_upper_arm"] = Rotation.from_rotvec(-0.8 * pitch) * hang
        turn[f"{side}_forearm"] = Rotation.from_rotvec(np.array([0, 0, -sign * 0.5]) + 0 * pitch)
        turn[f"{side}_thigh"] = Rotation.from_rotvec(pitch)
        turn[f"{side}_shank"] = Rotation.from_rotvec([0, 0.15, 0] + 0.5 * np.maximum(-pitch, 0) + 0.2 * abs(pitch))
    position, rotation = {}, {}
    for name, (parent, joint, *_) in BODIES.items():
        if parent is None:
            position[name] = np.stack([speed * time, 0 * time, 0.93 + 0.02 * np.cos(2 * stride)], -1)
            rotation[name] = still
        else:
            position[name] = position[parent] + rotation[parent].apply(joint)
            rotation[name] = rotation[parent] * turn[name]
    quats = [rotation[name].as_quat(scalar_first=True) for name in NAMES]
    return np.stack(list(position.values()), 1), np.stack(quats, 1)
