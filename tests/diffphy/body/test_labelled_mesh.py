"""A closed mesh falls into solids that fill it without gap or overlap."""

import numpy as np
import pytest
import trimesh

from diffphy.body.labelled_mesh import LabelledMesh, closed_parts, cut
from diffphy.body.solid import solid_of
from tests.block_person import Box, box_solid, boxes, surface, volume


def labelled(parts: dict[str, Box]) -> LabelledMesh:
    seen = surface(parts)
    return LabelledMesh(seen.vertices, seen.faces, seen.face_part, {})


def sphere(labels: np.ndarray | None = None) -> LabelledMesh:
    """Of radius 1, in octants about a point beside its middle, their borders in zigzag, or with the given labels."""
    mesh = trimesh.creation.icosphere(4)
    if labels is None:
        labels = np.array(["".join("-+"[int(x > 0.1)] for x in center) for center in mesh.triangles_center])
    return LabelledMesh(np.array(mesh.vertices), np.array(mesh.faces), labels, {})


# Side by side, below another, and around a corner: lines of contact end inside of the body.
TOUCHING: dict[str, dict[str, Box]] = {
    "two in a row": {"a": ((0, 1), (0, 1), (0, 1)), "b": ((0, 1), (0, 1), (1, 3))},
    "a wide one on two": {
        "a": ((0, 1), (0, 2), (2, 3)),
        "b": ((0, 1), (0, 1), (0, 2)),
        "c": ((0, 1), (1, 2), (0, 2)),
    },
    "a narrow one on two": {
        "a": ((0.2, 0.8), (0.5, 1.5), (2, 3)),
        "b": ((0, 1), (0, 1), (0, 2)),
        "c": ((0, 1), (1, 2), (0, 2)),
    },
    "three around an edge": {
        "a": ((0, 1), (0, 1), (0, 1)),
        "b": ((0, 1), (1, 2), (0, 2)),
        "c": ((0, 1), (0, 1), (1, 2)),
    },
    "a person": boxes(),
}


@pytest.mark.parametrize("case", TOUCHING)
def test_boxes_are_found_again(case: str) -> None:
    parts = TOUCHING[case]
    found = closed_parts(labelled(parts))
    assert found.keys() == parts.keys()
    for part, box in parts.items():
        solid = solid_of(found[part], mass=volume(box))
        center, inertia = box_solid(box, mass=volume(box))
        assert solid.volume == pytest.approx(volume(box), rel=1e-9)
        np.testing.assert_allclose(solid.com, center, atol=1e-9)
        np.testing.assert_allclose(solid.inertia, inertia, atol=1e-9)


def test_neighbours_share_their_caps() -> None:
    """What is inside is there twice, once from either side."""
    triangles = np.concatenate(list(closed_parts(sphere()).values()))
    origin = np.array([5.0, -3.0, 2.0])
    volumes = np.linalg.det(triangles - origin) / 6
    assert volumes.sum() == pytest.approx(trimesh.creation.icosphere(4).volume, rel=1e-12)


def test_every_part_is_closed() -> None:
    """The areas of a closed surface cancel, seen from wherever."""
    for triangles in closed_parts(sphere()).values():
        area = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]) / 2
        np.testing.assert_allclose(area.sum(axis=0), 0.0, atol=1e-12)


def test_octants_of_a_sphere() -> None:
    """Lines of contact that meet inside, at its middle: an icosahedron's planes of symmetry divide it evenly."""
    octants = sphere(np.full(5120, ""))
    for axis in np.eye(3):
        for part in sorted(set(octants.face_part.tolist())):
            octants = cut(octants, (part,), np.zeros(3), axis, below=f"{part}-", above=f"{part}+")
    found = {part: solid_of(each, 1.0) for part, each in closed_parts(octants).items()}
    assert len(found) == 8
    for part, solid in found.items():
        assert solid.volume == pytest.approx(trimesh.creation.icosphere(4).volume / 8, rel=1e-9)
        direction = np.array([1.0 if sign == "+" else -1.0 for sign in part])
        np.testing.assert_allclose(solid.com, 3 / 8 * direction, rtol=2e-3)


@pytest.mark.parametrize("names", ["abcde", "abcdefghijklmnopqrst"])
def test_random_labels_still_fill_the_whole(names: str) -> None:
    """However senseless the labels are: no border is left open, no volume is lost."""
    labels = np.random.default_rng(0).choice(list(names), size=len(sphere().faces))
    whole = sphere(labels)
    parts = closed_parts(whole)
    total = 0.0
    for triangles in parts.values():
        area = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]) / 2
        np.testing.assert_allclose(area.sum(axis=0), 0.0, atol=1e-10)
        total += np.linalg.det(triangles - [3.0, 1.0, -2.0]).sum() / 6
    assert total == pytest.approx(trimesh.creation.icosphere(4).volume, rel=1e-10)


def test_lines_of_contact_on_either_side_keep_apart() -> None:
    """Two arms on a trunk of two halves, with a girdle in front of each: the four points at which three parts meet have
    all other parts. The seams of one arm do not reach the other's, so each arm is about a spherical cap.
    """
    centers = trimesh.creation.icosphere(4).triangles_center
    x, y, z = centers.T
    trunk = np.where(z > 0, "upper", "lower")
    girdle = np.where((x > 0) & (np.abs(y) > 0.4) & (np.abs(z) < np.abs(y) - 0.4), np.where(y > 0, "g", "h"), trunk)
    labels = np.where(np.abs(y) > 0.6, np.where(y > 0, "left", "right"), girdle)
    volumes = {part: solid_of(each, 1.0).volume for part, each in closed_parts(sphere(labels)).items()}
    for arm in ("left", "right"):
        assert volumes[arm] == pytest.approx(np.pi * 0.4**2 / 3 * (3 - 0.4), rel=0.1)
    assert sum(volumes.values()) == pytest.approx(trimesh.creation.icosphere(4).volume, rel=1e-12)


def test_a_cut_is_a_plane() -> None:
    """A spherical cap by its formula, to the error of the tessellation; the mesh stays closed and as large."""
    whole = sphere(np.full(5120, "ball"))
    normal = np.array([2.0, -1.0, 2.0]) / 3
    halves = cut(whole, ("ball",), 0.4 * normal, normal, below="below", above="above")
    again = trimesh.Trimesh(halves.vertices, halves.faces, process=False)
    assert again.is_watertight
    volumes = {part: solid_of(each, 1.0).volume for part, each in closed_parts(halves).items()}
    assert sum(volumes.values()) == pytest.approx(trimesh.creation.icosphere(4).volume, rel=1e-12)
    assert volumes["above"] == pytest.approx(np.pi * 0.6**2 / 3 * (3 - 0.6), rel=5e-3)


def test_a_cut_leaves_other_parts_their_names() -> None:
    whole = labelled(boxes())
    there = cut(whole, ("pelvis",), np.array([0.0, 0.0, 1.0]), np.array([0.0, 0.0, 1.0]), below="pelvis", above="waist")
    assert set(there.face_part) == set(whole.face_part) | {"waist"}
    found = {part: solid_of(each, 1.0).volume for part, each in closed_parts(there).items()}
    assert found["waist"] == pytest.approx(0.20 * 0.30 * 0.05, rel=1e-9)
    assert found["left_thigh"] == pytest.approx(volume(boxes()["left_thigh"]), rel=1e-9)


def test_a_cut_through_vertices_makes_no_slivers() -> None:
    whole = labelled(boxes())
    there = cut(whole, ("pelvis",), np.array([0.0, 0.0, 0.9]), np.array([0.0, 0.0, 1.0]), below="below", above="pelvis")
    assert len(there.faces) == len(whole.faces)


def test_a_border_has_its_center() -> None:
    whole = labelled(boxes())
    arm = {"left_upper_arm", "left_forearm", "left_hand"}
    center = whole.border_center(arm)
    assert center is not None
    np.testing.assert_allclose(center, [0.0, 0.20, 1.405], atol=1e-12)
    assert whole.border_center(set(whole.face_part)) is None


def test_no_solid_is_told() -> None:
    triangles = np.array(trimesh.creation.box().triangles)
    with pytest.raises(ValueError, match="encloses no volume"):
        solid_of(triangles[:, ::-1], 1.0)
