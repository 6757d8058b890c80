"""Meshes of people in every form that is read, and what is said of those that cannot be used."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
import trimesh

from data.clip import InputError
from data.formats import body_mesh
from data.rigs import body_parts
from diffphy.body.humanoid import BODY_NAMES, JOINT_NAMES
from tests.block_person import JOINTS, STATURE, boxes, surface
from tests.messages import check_remedy

BLOCK = surface(boxes())


@dataclass(frozen=True)
class Content:
    """What an .npz file of a mesh holds."""

    vertices: np.ndarray = field(default_factory=lambda: BLOCK.vertices)
    faces: np.ndarray = field(default_factory=lambda: BLOCK.faces)
    face_part: np.ndarray = field(default_factory=lambda: BLOCK.face_part)
    joint_names: np.ndarray = field(default_factory=lambda: np.array(list(JOINTS)))
    joint_positions: np.ndarray = field(default_factory=lambda: np.array(list(JOINTS.values())))

    def write(self, folder: Path, **other: np.ndarray) -> Path:
        path = folder / "person.npz"
        np.savez(path, **(vars(self) | other))  # pyright: ignore[reportArgumentType]
        return path


def check_block(mesh: body_mesh.BodyMesh) -> None:
    """It is the person of boxes, whose every part is where it was; vertices may have another order."""
    assert float(np.ptp(mesh.vertices[:, 2])) == pytest.approx(STATURE)
    for part, box in boxes().items():
        corners = mesh.vertices[np.unique(mesh.faces[mesh.face_part == part])]
        expected = BLOCK.vertices[np.unique(BLOCK.faces[BLOCK.face_part == part])]
        np.testing.assert_allclose(corners.min(axis=0), expected.min(axis=0), atol=1e-6, err_msg=part)
        np.testing.assert_allclose(corners.max(axis=0), expected.max(axis=0), atol=1e-6, err_msg=part)
        assert len(corners) == len(expected), (part, box)
    again = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    assert again.is_watertight
    assert again.volume == pytest.approx(trimesh.Trimesh(BLOCK.vertices, BLOCK.faces).volume, rel=1e-6)


def test_npz(tmp_path: Path) -> None:
    mesh = body_mesh.read(Content().write(tmp_path))
    check_block(mesh)
    assert mesh.name == "person"
    assert mesh.joints.keys() == JOINTS.keys()
    for joint, place in JOINTS.items():
        np.testing.assert_allclose(mesh.joints[joint], place, atol=1e-12)


@pytest.mark.parametrize("suffix", [".obj", ".ply", ".stl", ".off", ".glb"])
def test_mesh_files_with_a_part_for_each_face(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"person{suffix}"
    trimesh.Trimesh(BLOCK.vertices, BLOCK.faces, process=False).export(path)
    (tmp_path / "person.parts.json").write_text(json.dumps(BLOCK.face_part.tolist()))
    check_block(body_mesh.read(path))


# The names in the published segmentations of SMPL and SMPL-X.
SMPL = {
    "pelvis": ("hips",),
    "abdomen": ("spine", "spine1"),
    "thorax": ("spine2",),
    "head": ("neck", "head", "eyeballs", "leftEye", "rightEye"),
    **{
        f"{side}_{ours}": tuple(f"{side}{name}" for name in names)
        for side in ("left", "right")
        for ours, names in {
            "shoulder_girdle": ("Shoulder",),
            "upper_arm": ("Arm",),
            "forearm": ("ForeArm",),
            "hand": ("Hand", "HandIndex1"),
            "thigh": ("UpLeg",),
            "shank": ("Leg",),
            "foot": ("Foot",),
            "toes": ("ToeBase",),
        }.items()
    },
}
COARSE = {"left_shin": "left_shank", "torso": "torso", "trunk": "torso", "right_lower_arm": "right_forearm"}


def test_every_name_is_known() -> None:
    for ours, names in SMPL.items():
        assert {body_parts.part_of(name) for name in names} == {ours}
    for name, ours in COARSE.items():
        assert body_parts.part_of(name) == ours
    assert {body_parts.part_of(name) for name in BODY_NAMES} == set(BODY_NAMES)
    assert set(body_parts.NAMES) == {*BODY_NAMES, "torso"}
    assert set(body_parts.JOINTS) <= set(JOINT_NAMES)
    assert body_parts.part_of("tail") is None


def write_obj_of_vertices(folder: Path) -> Path:
    """With texture coordinates that differ from corner to corner, and parts told by vertices as SMPL's are."""
    lines = [f"v {x} {y} {z}" for x, y, z in BLOCK.vertices]
    lines += [f"vt {number / (3 * len(BLOCK.faces))} 0.5" for number in range(3 * len(BLOCK.faces))]
    for index, face in enumerate(BLOCK.faces):
        lines.append("f " + " ".join(f"{v + 1}/{3 * index + corner + 1}" for corner, v in enumerate(face)))
    (folder / "person.obj").write_text("\n".join(lines))
    vertices = {
        names[0]: np.unique(BLOCK.faces[BLOCK.face_part == part]).tolist() for part, names in SMPL.items()
    }  # those of the borders belong to both neighbours
    (folder / "person.parts.json").write_text(json.dumps(vertices))
    return folder / "person.obj"


def test_parts_told_by_their_vertices(tmp_path: Path) -> None:
    check_block(body_mesh.read(write_obj_of_vertices(tmp_path)))


def test_a_face_belongs_to_the_part_with_most_of_its_corners(tmp_path: Path) -> None:
    """A vertex of one part alone: no face has all of its corners in two parts."""
    owner = np.full(len(BLOCK.vertices), "", dtype=object)
    owner[BLOCK.faces] = BLOCK.face_part[:, None]
    path = write_obj_of_vertices(tmp_path)
    parts = {part: np.flatnonzero(owner == part).tolist() for part in boxes()}
    (tmp_path / "person.parts.json").write_text(json.dumps(parts))
    mesh = body_mesh.read(path)
    for face, part in zip(BLOCK.faces, mesh.face_part, strict=True):
        names = owner[face].tolist()
        assert names.count(part) == max(names.count(name) for name in names)


Y_UP = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])  # facing +z, as SMPL and GHUM
FACING_BACK = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])  # facing -y, as Blender has it
TILTED = np.array([[0.0, 0.0, -1.0], [0.6, 0.8, 0.0], [0.8, -0.6, 0.0]])  # x down, turned about it


@pytest.mark.parametrize("axes", [Y_UP, FACING_BACK, TILTED], ids=["y up", "facing -y", "x down"])
def test_the_frame_is_seen_from_the_parts(tmp_path: Path, axes: np.ndarray) -> None:
    assert np.linalg.det(axes) == pytest.approx(1.0)
    shift = np.array([3.0, -1.0, 0.5])
    joints = np.array(list(JOINTS.values()))
    turned = Content(vertices=BLOCK.vertices @ axes.T + shift, joint_positions=joints @ axes.T + shift)
    mesh = body_mesh.read(turned.write(tmp_path))
    across = (axes.T @ shift)[:2]
    moved = replace(mesh, vertices=mesh.vertices - [*across, 0.0])
    check_block(moved)
    np.testing.assert_allclose(mesh.joints["left_knee"] - [*across, 0.0], JOINTS["left_knee"], atol=1e-9)


def test_faces_that_look_inwards_are_turned(tmp_path: Path) -> None:
    check_block(body_mesh.read(Content(faces=BLOCK.faces[:, ::-1]).write(tmp_path)))


def test_vertices_of_no_face_do_not_count(tmp_path: Path) -> None:
    check_block(body_mesh.read(Content(vertices=np.vstack([BLOCK.vertices, [0.0, 0.0, 9.0]])).write(tmp_path)))


def test_coarse_parts_are_enough(tmp_path: Path) -> None:
    trunk = ("pelvis", "abdomen", "thorax", "left_shoulder_girdle", "right_shoulder_girdle")
    names = np.where(np.isin(BLOCK.face_part, trunk), "Torso", BLOCK.face_part)
    names = np.char.replace(names, "_toes", "_foot")
    mesh = body_mesh.read(Content(face_part=names).write(tmp_path))
    assert {"torso", "left_foot", "head"} <= set(mesh.face_part)
    assert not set(mesh.face_part) & {*trunk, "left_toes"}


def named(part: str, other: str) -> np.ndarray:
    return np.where(BLOCK.face_part == part, other, BLOCK.face_part)


def mirrored(parts: np.ndarray) -> np.ndarray:
    other = {"left": "right", "right": "left"}
    return np.array([re.sub("left|right", lambda side: other[side[0]], part) for part in parts.tolist()])


def turned_one() -> np.ndarray:
    faces = BLOCK.faces.copy()
    faces[7] = faces[7][::-1]
    return faces


LEAN = np.array([[1.0, 0.0, 0.0], [0.0, np.sqrt(0.5), -np.sqrt(0.5)], [0.0, np.sqrt(0.5), np.sqrt(0.5)]])
BROKEN: dict[str, tuple[Callable[[], Content], str]] = {
    "a hole": (
        lambda: Content(faces=BLOCK.faces[1:], face_part=BLOCK.face_part[1:]),
        "is not watertight, 3 of its",
    ),
    "a face inside out": (lambda: Content(faces=turned_one()), "is not watertight, its faces turn both ways"),
    "too few labels": (
        lambda: Content(face_part=BLOCK.face_part[1:]),
        f"names the parts of {len(BLOCK.faces) - 1} faces, but the mesh has {len(BLOCK.faces)}",
    ),
    "an unknown part": (
        lambda: Content(face_part=named("head", "helmet")),
        "has the unknown part 'helmet': use pelvis, abdomen, thorax, torso, head, left_shoulder_girdle, left_upper",
    ),
    "a missing part": (lambda: Content(face_part=named("left_hand", "left_forearm")), "lacks left_hand: name"),
    "toes on one side": (lambda: Content(face_part=named("left_toes", "left_foot")), "lacks left_toes: name"),
    "centimetres": (
        lambda: Content(vertices=100 * BLOCK.vertices),
        "is 175 m high, as a person is in cm: export it in metres",
    ),
    "millimetres": (lambda: Content(vertices=1000 * BLOCK.vertices), "is 1750 m high, as a person is in mm: export"),
    "a doll": (lambda: Content(vertices=0.1 * BLOCK.vertices), "is 0.175 m high: export it in metres"),
    "leaning": (lambda: Content(vertices=BLOCK.vertices @ LEAN.T), "is not upright along any axis: export it standing"),
    "sides swapped": (
        lambda: Content(face_part=mirrored(BLOCK.face_part)),
        "has feet that point backwards: correct its labels",
    ),
    "a NaN": (lambda: Content(vertices=np.where(BLOCK.vertices == STATURE, np.nan, BLOCK.vertices)), "has a NaN in"),
    "an index too high": (lambda: Content(faces=BLOCK.faces + 1), f"has a face with vertex {len(BLOCK.vertices)} of"),
    "a negative index": (lambda: Content(faces=BLOCK.faces - 1), "has a face with vertex -1 of"),
    "no triangles": (lambda: Content(faces=BLOCK.faces[:, :2]), "holds no triangles: give vertices as rows"),
    "faces of numbers with a point": (lambda: Content(faces=BLOCK.faces.astype(float)), "holds no triangles"),
    "no faces": (lambda: Content(faces=BLOCK.faces[:0], face_part=BLOCK.face_part[:0]), "holds no triangles"),
    "an unknown joint": (
        lambda: Content(joint_names=np.array(["tail"]), joint_positions=np.zeros((1, 3))),
        "has the unknown joint 'tail' in joint_names: use neck, left_shoulder,",
    ),
    "joints without places": (
        lambda: Content(joint_positions=np.zeros((2, 3))),
        "has joint_names without as many joint_positions: give three numbers for each",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_mesh_gets_one_sentence(tmp_path: Path, case: str) -> None:
    content, expected = BROKEN[case]
    path = content().write(tmp_path)
    with pytest.raises(InputError) as error:
        body_mesh.read(path)
    message = str(error.value)
    assert str(path) in message
    assert expected in message
    check_remedy(message)


LABELS: dict[str, tuple[str | None, str]] = {
    "none": (None, "cannot read the parts of the mesh, {labels}: No such file or directory; write"),
    "no JSON": ("{", "{labels} is not valid JSON: correct it"),
    "deep": ("[" * 100_000, "{labels} is not valid JSON: correct it"),
    "a number": ("3", "{labels} names no parts: write a list of names, one a face, or the vertices of each part"),
    "no vertices": ('{"head": ["a"]}', "{labels} names no parts: write"),
    "no parts": ("{}", "{labels} has no part with a corner of face 0: name"),
    "a vertex too many": ('{"head": [99999]}', "{labels} has vertex 99999 in 'head', but the mesh ends at"),
    "one part": ('{"head": [0, 1]}', "{labels} has no part with a corner of face"),
    "too few faces": ('["head"]', "{labels} names the parts of 1 faces, but the mesh has"),
}


@pytest.mark.parametrize("case", LABELS)
def test_broken_labels_get_one_sentence(tmp_path: Path, case: str) -> None:
    text, expected = LABELS[case]
    path = write_obj_of_vertices(tmp_path)
    labels = tmp_path / "person.parts.json"
    labels.unlink() if text is None else labels.write_text(text)
    with pytest.raises(InputError) as error:
        body_mesh.read(path)
    assert expected.replace("{labels}", str(labels)) in str(error.value)
    check_remedy(str(error.value))


FILES = {
    "absent.obj": (None, "there is no mesh {path}: give a file with one of the suffixes .npz, .obj"),
    "person.fbx": (b"", "{path} does not have the suffix of a mesh: give one of .npz, .obj"),
    "person.npz": (b"PK nonsense", "{path} is damaged, or holds more than numbers"),
    "person.ply": (b"ply nonsense", "{path} cannot be read as a mesh: "),
    "person.glb": (b"glTF", "{path} cannot be read as a mesh: "),
    "empty.obj": (b"", "{path} "),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_mesh_gets_one_sentence(tmp_path: Path, name: str) -> None:
    content, expected = FILES[name]
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
        path.with_suffix(".parts.json").write_text("[]")
    with pytest.raises(InputError) as error:
        body_mesh.read(path)
    assert expected.format(path=path) in str(error.value)
    check_remedy(str(error.value))


def test_an_npz_without_faces_gets_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "person.npz"
    np.savez(path, vertices=BLOCK.vertices)
    with pytest.raises(InputError, match="has no array 'faces': write vertices, faces and face_part into it") as error:
        body_mesh.read(path)
    check_remedy(str(error.value))


class _Bomb:
    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        return Path.touch, (Path("exploded"),)  # type: ignore[return-value]


def test_a_pickle_in_an_npz_is_not_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    bomb = np.empty(1, object)
    bomb[0] = _Bomb()
    with pytest.raises(InputError, match="it calls pathlib") as error:
        body_mesh.read(Content().write(tmp_path, face_part=bomb))
    assert not Path("exploded").exists()
    check_remedy(str(error.value))
