"""A person's shape: a watertight mesh with the name of a body part on every face.

- `.npz`: `vertices` (V, 3), `faces` (F, 3) from 0, `face_part` (F,) names, and optionally `joint_names` (K,) with
  `joint_positions` (K, 3).
- A mesh that trimesh reads, `NAME.obj`, `.ply`, `.stl`, `.off` or `.glb`, with `NAME.parts.json` beside it. That is a
  list with the part of each face, or the vertices of each part, {"leftHand": [1, 7, ...], ...}, numbered from 0 as in
  the mesh file. A face then belongs to the part that has most of its corners. SMPL's segmentation is published so.

Units are metres. The axes up and ahead are found from the places of head, feet and sides.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from jaxtyping import Float, Int, Shaped

from data.clip import InputError
from data.formats import gltf
from data.formats.safe_pickle import DAMAGED, load_npz
from data.rigs import body_parts

SUFFIXES = (".npz", ".obj", ".ply", ".stl", ".off", ".glb")
MIN_STATURE, MAX_STATURE = 0.45, 2.6  # m
UPRIGHT = 0.9  # smallest cosine between an axis of the file and the direction from feet to head: 26 degrees
_UNITS = {"cm": 0.01, "mm": 0.001, "inch": 0.0254}


@dataclass(frozen=True)
class BodyMesh:
    """A person's mesh.

    Attributes:
        name: The file's name without folder and suffix.
        vertices: m, Z up, facing +x, the lowest at z = 0.
        faces: Indices of vertices, counter-clockwise from outside.
        face_part: For each face one of `body_parts.NAMES`.
        joints: Joint centres that the file has, m, by our names.
    """

    name: str
    vertices: Float[np.ndarray, "V 3"]
    faces: Int[np.ndarray, "F 3"]
    face_part: Shaped[np.ndarray, "F"]
    joints: dict[str, Float[np.ndarray, "3"]]


def labels_file(path: Path) -> Path | None:
    """Return the file beside a mesh with the names of its parts; None if the mesh file contains them."""
    return None if path.suffix.lower() == ".npz" else path.with_suffix(".parts.json")


def holds_mesh(source: str | Path) -> bool:
    """Return whether a file is a mesh: by its suffix, for .npz by its arrays, for .glb where nothing moves in it."""
    path = Path(source)
    if path.suffix.lower() == ".glb":
        return not gltf.holds_motion(path)
    if path.suffix.lower() != ".npz":
        return path.suffix.lower() in SUFFIXES
    try:
        with np.load(path, allow_pickle=False) as file:
            return not {"vertices", "faces", "face_part"}.isdisjoint(file.files)
    except (OSError, *DAMAGED):
        return False


def read(source: str | Path) -> BodyMesh:
    """Read the mesh of a person. Raises InputError where a file cannot be used."""
    path = Path(source)
    if not path.is_file():
        raise InputError(f"there is no mesh {path}: give a file with one of the suffixes {', '.join(SUFFIXES)}")
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"{path} does not have the suffix of a mesh: give one of {', '.join(SUFFIXES)}")
    labels = labels_file(path)
    if labels is None:
        vertices, faces, names, joints = _read_npz(path)
    else:
        vertices, faces = _read_mesh(path)
        names, joints = _read_labels(labels, faces, len(vertices)), {}
    _check(path, vertices, faces)
    if len(names) != len(faces):
        raise InputError(
            f"{labels or path} names the parts of {len(names)} faces, but the mesh has {len(faces)}: name all"
        )
    parts = _our_parts(names, labels or path)
    vertices, faces = _closed(path, vertices, faces)
    to_ours = _frame(path, vertices, faces, parts)
    floor = float((vertices @ to_ours[2]).min())
    _check_stature(path, float(np.ptp(vertices @ to_ours[2])))
    down = np.array([0.0, 0.0, floor])
    return BodyMesh(
        path.stem,
        vertices @ to_ours.T - down,
        faces,
        parts,
        {name: to_ours @ place - down for name, place in joints.items()},
    )


def _read_npz(path: Path) -> tuple[np.ndarray, np.ndarray, list[str], dict[str, np.ndarray]]:
    found = {key: load_npz(path, key) for key in ("vertices", "faces", "face_part", "joint_names", "joint_positions")}
    for key in ("vertices", "faces", "face_part"):
        if not isinstance(found[key], np.ndarray):
            raise InputError(f"{path} has no array '{key}': write vertices, faces and face_part into it")
    joints = {}
    if found["joint_names"] is not None or found["joint_positions"] is not None:
        names, places = np.ravel(np.asarray(found["joint_names"], str)), found["joint_positions"]
        if not _is_rows_of_three(places, len(names)) or not np.isfinite(places).all():
            raise InputError(f"{path} has joint_names without as many joint_positions: give three numbers for each")
        unknown = sorted(set(names.tolist()) - set(body_parts.JOINTS))
        if unknown:
            raise InputError(
                f"{path} has the unknown joint '{unknown[0]}' in joint_names: use {', '.join(body_parts.JOINTS)}"
            )
        joints = {str(name): np.asarray(place, float) for name, place in zip(names, places, strict=True)}
    names = [each.decode() if isinstance(each, bytes) else str(each) for each in np.ravel(found["face_part"])]
    return np.asarray(found["vertices"]), np.asarray(found["faces"]), names, joints


def _read_mesh(path: Path) -> tuple[np.ndarray, np.ndarray]:
    try:
        # Keep the file's order: its labels refer to it.
        mesh = trimesh.load_mesh(path, process=False, maintain_order=True)
        return np.asarray(mesh.vertices, float), np.asarray(mesh.faces, int)
    except Exception as error:  # the readers do not catch what a damaged file makes them raise
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{path} cannot be read as a mesh: {reason:.120}; export it again") from None


def _read_labels(path: Path, faces: np.ndarray, count: int) -> list[str]:
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"cannot read the parts of the mesh, {path}: {error.strerror}; write the part of each face into it, or the "
            "vertices of each part"
        ) from None
    except (ValueError, RecursionError):
        raise InputError(f"{path} is not valid JSON: correct it") from None
    if isinstance(content, list) and all(isinstance(each, str) for each in content):
        return content
    if isinstance(content, dict) and all(_is_indices(each) for each in content.values()):
        return _by_vertices(content, faces, count, path)
    raise InputError(f"{path} names no parts: write a list of names, one a face, or the vertices of each part")


def _is_indices(value: Any) -> bool:
    return isinstance(value, list) and all(type(each) is int and each >= 0 for each in value)


def _by_vertices(vertices_of: Mapping[str, list[int]], faces: np.ndarray, count: int, path: Path) -> list[str]:
    """Return the part of each face: the part that has most of its corners."""
    names = list(vertices_of)
    belongs = np.zeros((len(names), count), int)
    for row, name in zip(belongs, names, strict=True):
        try:
            indices = np.array(vertices_of[name], int)
        except OverflowError:
            raise InputError(
                f"{path} has an impossible vertex number in '{name}': give the mesh to which the parts belong"
            ) from None
        if indices.max(initial=-1) >= count:
            raise InputError(
                f"{path} has vertex {indices.max()} in '{name}', but the mesh ends at {count - 1}: give the mesh to "
                "which the parts belong"
            )
        row[indices] = 1
    votes = belongs[:, faces].sum(axis=2)
    if not names or (votes.max(axis=0) == 0).any():
        face = int((votes.max(axis=0) == 0).argmax()) if names else 0
        raise InputError(f"{path} has no part with a corner of face {face}: name the parts of all vertices")
    return [names[part] for part in votes.argmax(axis=0)]


def _is_rows_of_three(array: Any, count: int | None = None) -> bool:
    is_numbers = isinstance(array, np.ndarray) and array.dtype.kind in "iuf"
    return is_numbers and array.ndim == 2 and array.shape[1] == 3 and count in (None, len(array))


def _check(path: Path, vertices: np.ndarray, faces: np.ndarray) -> None:
    if not _is_rows_of_three(vertices) or not _is_rows_of_three(faces) or faces.dtype.kind == "f" or not len(faces):
        raise InputError(f"{path} holds no triangles: give vertices as rows of three numbers, faces of three indices")
    if not np.isfinite(vertices).all():
        raise InputError(f"{path} has a NaN in vertex {int((~np.isfinite(vertices)).any(axis=1).argmax())}: repair it")
    if faces.min() < 0 or faces.max() >= len(vertices):
        raise InputError(
            f"{path} has a face with vertex {faces.max() if faces.min() >= 0 else faces.min()} of {len(vertices)}: "
            "give indices from 0"
        )


def _our_parts(names: list[str], path: Path) -> Shaped[np.ndarray, "F"]:
    """Return the parts by our names. Raises InputError where one is unknown or missing."""
    ours = {name: body_parts.part_of(name) for name in dict.fromkeys(names)}
    unknown = [name for name, part in ours.items() if part is None]
    if unknown:
        raise InputError(f"{path} has the unknown part '{unknown[0]:.40}': use {', '.join(body_parts.NAMES)}")
    missing = body_parts.missing_parts({part for part in ours.values() if part is not None})
    if missing:
        raise InputError(f"{path} lacks {', '.join(missing)}: name the faces of these parts")
    return np.array([ours[name] for name in names])


def _closed(path: Path, vertices: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mesh with its outside outwards, as a closed surface.

    Vertices at the same place, as in files with textures, are merged. Vertices without a face are removed.
    """
    mesh = trimesh.Trimesh(vertices.astype(float), faces.astype(int), process=False)
    if not mesh.is_watertight:
        mesh.merge_vertices(merge_tex=True, merge_norm=True)
    if not mesh.is_watertight or not mesh.is_winding_consistent:
        edges, count = np.unique(mesh.edges_sorted, axis=0, return_counts=True)
        wrong = int((count != 2).sum())
        what = f"{wrong} of its {len(edges)} edges are not between two faces" if wrong else "its faces turn both ways"
        raise InputError(f"{path} is not watertight, {what}: repair it")
    mesh.remove_unreferenced_vertices()
    closed = np.asarray(mesh.faces, int)
    return np.asarray(mesh.vertices, float), closed if mesh.volume > 0 else closed[:, ::-1]


def _frame(path: Path, vertices: np.ndarray, faces: np.ndarray, parts: np.ndarray) -> Float[np.ndarray, "3 3"]:
    """Return the directions ahead, left and up, one per row, in the file's axes."""

    def center(*names: str) -> np.ndarray:
        return vertices[np.unique(faces[np.isin(parts, names)])].mean(axis=0)

    rise = center("head") - (center("left_foot") + center("right_foot")) / 2
    axis = int(np.abs(rise).argmax())
    if np.abs(rise[axis]) < UPRIGHT * np.linalg.norm(rise):
        raise InputError(f"the body of {path} is not upright along any axis: export it standing, with x, y or z up")
    up = np.sign(rise[axis]) * np.eye(3)[axis]
    across = sum(center(f"left_{part}") - center(f"right_{part}") for part in ("thigh", "shank", "upper_arm"))
    left = across - (across @ up) * up
    left = left / max(float(np.linalg.norm(left)), 1e-12)
    ahead = np.cross(left, up)
    toes = sum(center(f"{side}_foot") - center(f"{side}_shank") for side in body_parts.SIDES)
    if toes @ ahead <= 0:
        raise InputError(
            f"{path} has feet that point backwards: correct its labels, in which left and right are swapped"
        )
    return np.stack([ahead, left, up])


def _check_stature(path: Path, height: float) -> None:
    if MIN_STATURE <= height <= MAX_STATURE:
        return
    units = [unit for unit, metres in _UNITS.items() if 1.2 <= height * metres <= 2.3]
    guess = f", as a person is in {units[0]}" if units else ""
    raise InputError(f"the body of {path} is {height:.4g} m high{guess}: export it in metres")
