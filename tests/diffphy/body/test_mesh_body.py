"""Bodies from a mesh, against solids whose volume, centre and inertia have formulas."""

import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import trimesh

from diffphy.body import anthropometry
from diffphy.body.body_shape import DENSITY
from diffphy.body.build import build_humanoid
from diffphy.body.humanoid import BODY_NAMES, JOINT_NAMES, PARENTS
from diffphy.body.labelled_mesh import LabelledMesh
from diffphy.body.measurements import Measurements
from diffphy.body.mesh_body import mesh_mass, solids_of
from diffphy.body.segment_inertia import GIRDLE_MASS, mass_shares
from diffphy.body.solid import Solid
from tests.block_person import JOINTS, STATURE, Box, box_solid, boxes, surface, volume
from tests.messages import check_remedy

MASS = 70.0
_SPINE = {"lower_spine": (0.0, 0.0, 1.05), "upper_spine": (0.0, 0.0, 1.25)}
_CLAVICLES = {f"{side}_clavicle": (0.0, y, 1.405) for side, y in (("left", 0.16), ("right", -0.16))}
PLACES = {
    name: np.array(place) for name, place in ({"pelvis": (0.0, 0.0, 0.95)} | JOINTS | _SPINE | _CLAVICLES).items()
}
KEYS = ("pelvis", *JOINT_NAMES)  # the joint at each body's origin


def owner(places: dict[str, np.ndarray] | None = None, **known: float | None) -> Measurements:
    """The person with the block person's bones, or with joints at other places, in the T-pose, m."""
    joint = PLACES | (places or {})
    offsets = [joint[key] - joint[KEYS[PARENTS[body]]] if body else np.zeros(3) for body, key in enumerate(KEYS)]
    tips = {"head": np.array([0.0, 0.0, STATURE]) - joint["neck"]}
    return Measurements(np.array(offsets), tips, **({"height": STATURE, "mass": MASS} | known))  # type: ignore[arg-type]


def block_mesh(parts: dict[str, Box], joints: dict[str, np.ndarray] | None = None) -> LabelledMesh:
    seen = surface(parts)
    return LabelledMesh(seen.vertices, seen.faces, seen.face_part, joints or {})


def renamed(mesh: LabelledMesh, parts: Iterable[str], name: str) -> LabelledMesh:
    return replace(mesh, face_part=np.where(np.isin(mesh.face_part, list(parts)), name, mesh.face_part))


def place_of(body: str) -> np.ndarray:
    return PLACES[KEYS[BODY_NAMES.index(body)]]


def check_box(solid: Solid, body: str, box: Box, mass: float, origin: np.ndarray) -> None:
    center, inertia = box_solid(box, mass)
    assert solid.mass == pytest.approx(mass, rel=1e-9), body
    np.testing.assert_allclose(solid.com, center - origin, atol=1e-9, err_msg=body)
    np.testing.assert_allclose(solid.inertia, inertia, rtol=1e-9, atol=1e-9, err_msg=body)


@pytest.mark.parametrize("joints", ["given", "found"])
def test_boxes_become_the_bodies_of_their_owner(joints: str) -> None:
    parts = boxes()
    known = {name: np.array(place) for name, place in JOINTS.items()} if joints == "given" else {}
    solids = solids_of(block_mesh(parts, known), owner())
    whole = sum(volume(box) for box in parts.values())
    assert set(solids) == set(BODY_NAMES)
    for body, box in parts.items():
        check_box(solids[body], body, box, MASS * volume(box) / whole, place_of(body))
        assert solids[body].volume == pytest.approx(volume(box), rel=1e-9)


def test_a_smaller_person_of_that_build() -> None:
    """Everything at 0.9 of the size, the mass as given."""
    parts, scale = boxes(), 0.9
    small = owner({name: scale * place for name, place in PLACES.items()}, height=scale * STATURE)
    small = replace(small, tips={"head": scale * np.array([0.0, 0.0, 0.25])})
    solids = solids_of(block_mesh(parts), small)
    whole = sum(volume(box) for box in parts.values())
    for body, box in parts.items():
        scaled: Box = tuple((scale * a, scale * b) for a, b in box)  # type: ignore[assignment]
        check_box(solids[body], body, scaled, MASS * volume(box) / whole, scale * place_of(body))
    assert mesh_mass(block_mesh(parts), scale * STATURE) == pytest.approx(DENSITY * whole * scale**3, rel=1e-9)


def test_a_longer_bone_stretches_its_part() -> None:
    """The left thigh and the right forearm are longer in the recording; what hangs on them stays as it is."""
    parts = boxes()
    longer = owner(
        {name: PLACES[name] - [0, 0, 0.04] for name in ("left_knee", "left_ankle", "left_toe")}
        | {"right_wrist": PLACES["right_wrist"] - [0, 0.026, 0]}
    )
    solids = solids_of(block_mesh(parts), longer)
    usual = solids_of(block_mesh(parts), owner())
    mass = {body: usual[body].mass for body in BODY_NAMES}
    thigh: Box = (*parts["left_thigh"][:2], (0.46, 0.90))
    forearm: Box = (parts["right_forearm"][0], (-0.786, -0.50), parts["right_forearm"][2])
    check_box(solids["left_thigh"], "thigh", thigh, mass["left_thigh"], place_of("left_thigh"))
    check_box(solids["right_forearm"], "forearm", forearm, mass["right_forearm"], place_of("right_forearm"))
    for body in set(BODY_NAMES) - {"left_thigh", "right_forearm"}:
        np.testing.assert_allclose(solids[body].com, usual[body].com, atol=1e-9)
        np.testing.assert_allclose(solids[body].inertia, usual[body].inertia, atol=1e-9)


def test_wherever_a_recording_has_its_spine_joints_the_trunk_stays_in_place() -> None:
    moved = owner({"lower_spine": np.array([0.0, 0.0, 0.99]), "upper_spine": np.array([-0.03, 0.0, 1.4])})
    usual, other = (solids_of(block_mesh(boxes()), person) for person in (owner(), moved))
    assert other["abdomen"].com[2] == pytest.approx(usual["abdomen"].com[2] + 0.06, abs=1e-9)
    np.testing.assert_allclose(other["thorax"].com, usual["thorax"].com + np.array([0.03, 0.0, -0.15]), atol=1e-9)
    np.testing.assert_allclose(other["thorax"].inertia, usual["thorax"].inertia, atol=1e-9)


RADII = {  # half axes of ellipsoids across and along the bone, m
    "upper_arm": (0.04, 0.15),
    "forearm": (0.035, 0.13),
    "thigh": (0.07, 0.20),
    "shank": (0.05, 0.20),
}
LIMBS = {  # joints from the trunk on, bodies between and beyond, and where the limb hangs, forward, outward and up
    ("shoulder", "elbow", "wrist"): (("upper_arm", "forearm", "hand"), (0.3, 0.7, -0.6)),
    ("hip", "knee", "ankle"): (("thigh", "shank", "foot"), (0.05, 0.15, -1.0)),
}


def ellipsoid(across: float, along: float, center: np.ndarray, axis: np.ndarray) -> trimesh.Trimesh:
    ball = trimesh.creation.icosphere(4)
    ball.apply_scale([across, across, along])
    ball.apply_transform(trimesh.geometry.align_vectors([0.0, 0.0, 1.0], axis))
    return ball.apply_translation(center)


def askew() -> LabelledMesh:
    """Trunk, head, hands and feet are boxes, the limbs ellipsoids that hang askew; none touches another."""
    joints = {name: np.array(place) for name, place in JOINTS.items()}
    solids: dict[str, trimesh.Trimesh] = {}
    for side, left in (("left", 1.0), ("right", -1.0)):
        for (near, middle, far), (bodies, hang) in LIMBS.items():
            along = np.array(hang) * [1.0, left, 1.0] / np.linalg.norm(hang)
            for start, end, body in ((near, middle, bodies[0]), (middle, far, bodies[1])):
                begin = joints[f"{side}_{start}"]
                length = np.linalg.norm(PLACES[f"{side}_{end}"] - PLACES[f"{side}_{start}"])
                joints[f"{side}_{end}"] = begin + length * along
                solids[f"{side}_{body}"] = ellipsoid(*RADII[body], begin + length / 2 * along, along)
        joints[f"{side}_toe"] = joints[f"{side}_ankle"] + PLACES[f"{side}_toe"] - PLACES[f"{side}_ankle"]
    for body, box in boxes().items():
        if body not in solids:
            moved = joints.get(KEYS[BODY_NAMES.index(body)], place_of(body)) - place_of(body)
            solids[body] = trimesh.creation.box(bounds=np.transpose(box)).apply_translation(moved)
    whole = trimesh.util.concatenate(list(solids.values()))
    assert isinstance(whole, trimesh.Trimesh)
    names = np.concatenate([np.full(len(solid.faces), body) for body, solid in solids.items()])
    floor = np.array([0.0, 0.0, whole.bounds[0, 2]])
    joints = {name: place - floor for name, place in joints.items()}
    return LabelledMesh(np.array(whole.vertices) - floor, np.array(whole.faces), names, joints)


def test_limbs_that_hang_askew_are_laid_along_those_of_the_zero_pose() -> None:
    """The formula's inertia, about the bones of the zero pose; the tessellation has 0.3 % less volume."""
    mesh = askew()
    solids = solids_of(mesh, owner(height=mesh.stature))
    for side, left in (("left", 1.0), ("right", -1.0)):
        for (bodies, _), along in zip(LIMBS.values(), ([0.0, left, 0.0], [0.0, 0.0, -1.0]), strict=True):
            for body, beyond in pairwise(bodies):
                solid, (a, c) = solids[f"{side}_{body}"], RADII[body]
                bone = place_of(f"{side}_{beyond}") - place_of(f"{side}_{body}")
                expected = solid.mass / 5 * ((a * a + c * c) * np.eye(3) + (a * a - c * c) * np.outer(along, along))
                assert solid.volume == pytest.approx(4 / 3 * np.pi * a * a * c, rel=5e-3)
                np.testing.assert_allclose(solid.com, bone / 2, atol=1e-9)
                np.testing.assert_allclose(solid.inertia, expected, rtol=5e-3, atol=1e-9)
    assert sum(solid.mass for solid in solids.values()) == pytest.approx(MASS, rel=1e-9)


def lopsided() -> dict[str, Box]:
    """A thicker left arm, a longer right foot, a left thigh that reaches farther forward."""
    return boxes(
        left_upper_arm=((-0.06, 0.05), (0.20, 0.50), (1.35, 1.46)),
        right_toes=((0.12, 0.21), (-0.13, -0.03), (0.0, 0.05)),
        left_thigh=((-0.07, 0.09), (0.02, 0.14), (0.50, 0.90)),
    )


def test_the_mirror_image_of_a_mesh_has_the_mirror_images_of_the_bodies() -> None:
    mesh = block_mesh(lopsided())
    other = {"left": "right", "right": "left"}

    def swapped(name: str) -> str:
        return re.sub("left|right", lambda side: other[side[0]], name)

    names = np.array([swapped(name) for name in mesh.face_part.tolist()])
    mirrored = LabelledMesh(mesh.vertices * [1.0, -1.0, 1.0], mesh.faces[:, ::-1], names, {})
    ours, theirs = solids_of(mesh, owner()), solids_of(mirrored, owner())
    assert ours["left_upper_arm"].mass > 1.1 * ours["right_upper_arm"].mass
    mirror = np.diag([1.0, -1.0, 1.0])
    for body, solid in ours.items():
        image = theirs[swapped(body)]
        assert image.mass == pytest.approx(solid.mass, rel=1e-9)
        np.testing.assert_allclose(image.com, mirror @ solid.com, atol=1e-9)
        np.testing.assert_allclose(image.inertia, mirror @ solid.inertia @ mirror, atol=1e-9)


@pytest.mark.parametrize(
    "mesh", [block_mesh(boxes()), block_mesh(lopsided()), askew()], ids=["boxes", "lopsided", "askew"]
)
def test_every_body_can_be(mesh: LabelledMesh) -> None:
    """Its inertia is positive, and none of its principal moments is larger than the other two together."""
    for body, solid in solids_of(mesh, owner()).items():
        low, middle, high = np.linalg.eigvalsh(solid.inertia)
        assert low > 0, body
        assert low + middle > high, body


def volume_between(parts: dict[str, Box], axis: int, low: float, high: float) -> float:
    """Of boxes, between two planes across an axis."""
    cut = {
        part: tuple(np.clip(edges, low, high) if i == axis else edges for i, edges in enumerate(box))
        for part, box in parts.items()
    }
    return sum(volume(box) for box in cut.values())  # type: ignore[arg-type]


def test_a_torso_is_cut_at_the_tables_heights_and_gives_the_girdles() -> None:
    parts = boxes()
    trunk = {
        part: parts[part] for part in ("pelvis", "abdomen", "thorax", "left_shoulder_girdle", "right_shoulder_girdle")
    }
    mesh = renamed(block_mesh(parts), trunk, "torso")
    solids = solids_of(mesh, owner())
    whole = sum(volume(box) for box in parts.values())
    low, high = 0.90 + 0.60 * np.cumsum(anthropometry.trunk_lengths("average"))[:2]
    expected = {
        "pelvis": volume_between(trunk, 2, 0.0, low),
        "abdomen": volume_between(trunk, 2, low, high),
        "thorax": volume_between(trunk, 2, high, 2.0) - 2 * GIRDLE_MASS * whole,
    }
    for body, size in expected.items():
        assert solids[body].mass == pytest.approx(MASS * size / whole, rel=1e-9)
    for side in ("left", "right"):
        assert solids[f"{side}_shoulder_girdle"].mass == pytest.approx(GIRDLE_MASS * MASS, rel=1e-9)
        assert solids[f"{side}_thigh"].mass == pytest.approx(MASS * volume(parts["left_thigh"]) / whole, rel=1e-9)
    assert sum(solid.mass for solid in solids.values()) == pytest.approx(MASS, rel=1e-9)


def test_a_foot_without_toes_is_cut_at_the_ball() -> None:
    parts = boxes()
    mesh = renamed(renamed(block_mesh(parts), ["left_toes"], "left_foot"), ["right_toes"], "right_foot")
    solids = solids_of(mesh, owner())
    whole = sum(volume(box) for box in parts.values())
    foot = {part: parts[part] for part in ("left_foot", "left_toes")}
    ball = -0.06 + 0.7 * 0.24
    for side in ("left", "right"):
        assert solids[f"{side}_toes"].mass == pytest.approx(MASS * volume_between(foot, 0, ball, 1.0) / whole, rel=1e-9)
    known = replace(mesh, joints={f"{side}_toe": PLACES[f"{side}_toe"] for side in ("left", "right")})
    toes = solids_of(known, owner())["left_toes"]
    check_box(toes, "left_toes", parts["left_toes"], MASS * volume(parts["left_toes"]) / whole, place_of("left_toes"))


def test_the_humanoid_has_the_solids_and_their_thickness() -> None:
    person = owner()
    solids = solids_of(block_mesh(boxes()), person)
    ours, usual = build_humanoid(person, solids), build_humanoid(person)
    np.testing.assert_allclose(ours.mass, [solids[body].mass for body in BODY_NAMES])
    np.testing.assert_allclose(ours.inertia, [solids[body].inertia for body in BODY_NAMES])
    np.testing.assert_array_equal(ours.kp, usual.kp)
    shapes = {BODY_NAMES[geom.body]: geom for geom in ours.geoms}
    arm = shapes["left_upper_arm"]
    assert np.pi * arm.size[0] ** 2 * 0.30 == pytest.approx(volume(boxes()["left_upper_arm"]), rel=1e-9)
    assert 4 / 3 * np.pi * shapes["head"].size[0] ** 3 == pytest.approx(volume(boxes()["head"]), rel=1e-9)
    depth, half_width = shapes["thorax"].size
    np.testing.assert_allclose([depth, half_width + depth], np.array([0.11, 0.16]) * 2 / np.sqrt(3), rtol=1e-9)
    for foot in ("left_foot", "right_toes"):
        before = next(geom for geom in usual.geoms if BODY_NAMES[geom.body] == foot)
        np.testing.assert_array_equal(shapes[foot].size, before.size)
        np.testing.assert_array_equal(shapes[foot].position, before.position)


@pytest.mark.parametrize("sex", ["female", "male", "average"])
def test_the_tables_shares_are_those_of_the_humanoid(sex: anthropometry.Sex) -> None:
    masses = build_humanoid(replace(owner(), sex=sex)).mass
    np.testing.assert_allclose(list(mass_shares(sex).values()), masses / masses.sum(), rtol=1e-12)


def without_parts(*parts: str) -> LabelledMesh:
    mesh = askew()
    kept = ~np.isin(mesh.face_part, parts)
    return replace(mesh, faces=mesh.faces[kept], face_part=mesh.face_part[kept])


def inside_out(part: str) -> LabelledMesh:
    mesh = askew()
    turned = np.where((mesh.face_part == part)[:, None], mesh.faces[:, ::-1], mesh.faces)
    return replace(mesh, faces=turned)


def test_what_cannot_be_is_told() -> None:
    mistakes = {
        "its left_hand touches no other part: give the place of the joint left_wrist": replace(
            askew(), joints={name: place for name, place in askew().joints.items() if name != "left_wrist"}
        ),
        "it has no head": without_parts("head"),
        "its part left_hand encloses no volume": inside_out("left_hand"),
    }
    for expected, mesh in mistakes.items():
        with pytest.raises(ValueError, match=expected) as error:
            solids_of(mesh, owner())
        check_remedy(f"person.npz cannot be a body, {error.value}")
