"""A person of boxes, each a part of the body, in a T-pose facing +x, Z up: masses and inertias are known exactly."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

Box = tuple[tuple[float, float], tuple[float, float], tuple[float, float]]  # from, to: along x, y and z, m

STATURE = 1.75
_MIDDLE: dict[str, Box] = {
    "pelvis": ((-0.10, 0.10), (-0.15, 0.15), (0.90, 1.05)),
    "abdomen": ((-0.09, 0.09), (-0.13, 0.13), (1.05, 1.25)),
    "thorax": ((-0.11, 0.11), (-0.16, 0.16), (1.25, 1.50)),
    "head": ((-0.08, 0.08), (-0.07, 0.07), (1.50, STATURE)),
}
_LEFT: dict[str, Box] = {
    "shoulder_girdle": ((-0.06, 0.06), (0.16, 0.20), (1.34, 1.47)),
    "upper_arm": ((-0.05, 0.05), (0.20, 0.50), (1.36, 1.45)),
    "forearm": ((-0.04, 0.04), (0.50, 0.76), (1.37, 1.44)),
    "hand": ((-0.04, 0.04), (0.76, 0.94), (1.39, 1.42)),
    "thigh": ((-0.07, 0.07), (0.02, 0.14), (0.50, 0.90)),
    "shank": ((-0.05, 0.05), (0.03, 0.13), (0.08, 0.50)),
    "foot": ((-0.06, 0.12), (0.03, 0.13), (0.00, 0.08)),
    "toes": ((0.12, 0.18), (0.03, 0.13), (0.00, 0.05)),
}
JOINTS = {  # the middles of the faces with which the boxes touch
    "neck": (0.0, 0.0, 1.50),
    "left_shoulder": (0.0, 0.20, 1.405),
    "left_elbow": (0.0, 0.50, 1.405),
    "left_wrist": (0.0, 0.76, 1.405),
    "left_hip": (0.0, 0.08, 0.90),
    "left_knee": (0.0, 0.08, 0.50),
    "left_ankle": (0.0, 0.08, 0.08),
    "left_toe": (0.12, 0.08, 0.025),
}
JOINTS |= {name.replace("left", "right"): (x, -y, z) for name, (x, y, z) in JOINTS.items() if "left" in name}


def boxes(**other: Box) -> dict[str, Box]:
    """The box of each part; some of them other ones."""
    found = dict(_MIDDLE)
    for part, (x, (near, far), z) in _LEFT.items():
        found |= {f"left_{part}": (x, (near, far), z), f"right_{part}": (x, (-far, -near), z)}
    return found | other


@dataclass(frozen=True)
class Surface:
    """Vertices (V, 3), m, triangles (F, 3) and the part of each (F,)."""

    vertices: np.ndarray
    faces: np.ndarray
    face_part: np.ndarray


def surface(parts: Mapping[str, Box]) -> Surface:
    """What is to be seen of boxes that touch; the grid of all their edges makes the triangles meet."""
    lines = [np.unique([edge for box in parts.values() for edge in box[axis]]) for axis in range(3)]
    cells = np.full([len(line) + 1 for line in lines], "", dtype="<U32")  # with a margin of nothing around
    for part, box in parts.items():
        first, last = (
            [int(np.searchsorted(line, edges[end])) for line, edges in zip(lines, box, strict=True)] for end in (0, 1)
        )
        cells[tuple(slice(a + 1, b + 1) for a, b in zip(first, last, strict=True))] = part
    corners: dict[tuple[int, ...], int] = {}
    faces, names = [], []
    for cell in np.argwhere(cells != ""):
        for axis in range(3):
            for step in (-1, 1):
                if cells[tuple(cell + step * np.eye(3, dtype=int)[axis])] != "":
                    continue
                u, v = np.eye(3, dtype=int)[[(axis + 1) % 3, (axis + 2) % 3]]
                start = cell - 1 + (np.eye(3, dtype=int)[axis] if step > 0 else 0)
                square = [start, start + u, start + u + v, start + v][::step]
                a, b, c, d = (corners.setdefault(tuple(corner.tolist()), len(corners)) for corner in square)
                faces += [(a, b, c), (a, c, d)]
                names += [cells[tuple(cell)]] * 2
    places = [[line[i] for line, i in zip(lines, corner, strict=True)] for corner in corners]
    return Surface(np.array(places, float), np.array(faces), np.array(names))


def box_solid(box: Box, mass: float) -> tuple[np.ndarray, np.ndarray]:
    """Centre, m, and inertia about it, kg m^2, of a uniform box."""
    x, y, z = np.ptp(np.array(box), axis=1)
    return np.mean(box, axis=1), mass / 12 * np.diag([y * y + z * z, x * x + z * z, x * x + y * y])


def volume(box: Box) -> float:
    return float(np.prod(np.ptp(np.array(box), axis=1)))


def write_npz(path: Path, parts: Mapping[str, Box], *, joints: bool = False) -> Path:
    """The file of the mesh, with its joints or without."""
    seen = surface(parts)
    known = {"joint_names": list(JOINTS), "joint_positions": list(JOINTS.values())} if joints else {}
    arrays = {"vertices": seen.vertices, "faces": seen.faces, "face_part": seen.face_part, **known}
    np.savez(path, **arrays)  # pyright: ignore[reportArgumentType]
    return path
