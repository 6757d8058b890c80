"""A body that is a person: masses, inertias, shapes and strength from a few measurements."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.spatial.transform import Rotation

from diffphy.body import anthropometry
from diffphy.body.build import build_humanoid
from diffphy.body.humanoid import BODY_NAMES, JOINT_NAMES, PARENTS, Humanoid
from diffphy.body.measurements import Measurements
from diffphy.body.strength import pd_gains

MIRROR = np.array([1.0, -1.0, 1.0])
PAIRS = [
    (body, BODY_NAMES.index(name.replace("left", "right")))
    for body, name in enumerate(BODY_NAMES)
    if name.startswith("left")
]


def world_positions(humanoid: Humanoid) -> np.ndarray:
    """Joints in the zero pose, from the root, m."""
    positions = np.zeros((humanoid.bodies, 3))
    for body, parent in enumerate(humanoid.parents[1:], start=1):
        positions[body] = positions[parent] + humanoid.joint_offset[body]
    return positions


def surface_points(humanoid: Humanoid) -> np.ndarray:
    """Corners of the geoms in the zero pose, from the root, m."""
    positions, points = world_positions(humanoid), []
    for geom in humanoid.geoms:
        size = np.asarray(geom.size)
        reach = {"sphere": np.repeat(size[0], 3), "box": size, "capsule": np.array([0, 0, size[-1]])}[geom.kind]
        corners = np.stack(np.meshgrid(*[[-r, r] for r in reach]), -1).reshape(-1, 3)
        turned = Rotation.from_quat(geom.quat_wxyz, scalar_first=True).apply(corners)
        round_off = size[0] if geom.kind == "capsule" else 0.0
        turned += np.sign(turned) * round_off
        points.append(positions[geom.body] + geom.position + turned)
    return np.concatenate(points)


@pytest.mark.parametrize("sex", ["female", "male", "average"])
def test_segment_masses_add_up_to_the_body(sex: anthropometry.Sex) -> None:
    table = anthropometry.segments(sex)
    paired = {"upper_arm", "forearm", "hand", "thigh", "shank", "foot"}
    total = sum(row.mass * (2 if name in paired else 1) for name, row in table.items())
    assert total == pytest.approx(1.0, abs=2e-3)
    assert anthropometry.trunk_lengths(sex).sum() == pytest.approx(1.0)


def test_stature_and_mass_are_estimated_from_the_legs(person: Measurements) -> None:
    assert person.stature == pytest.approx(0.86 / 0.491)
    assert person.body_mass == pytest.approx(22 * person.stature**2)


@pytest.mark.parametrize(("height", "mass"), [(None, None), (1.62, 55.0), (1.95, 110.0)])
def test_the_body_has_the_mass_asked_for(person: Measurements, height: float | None, mass: float | None) -> None:
    measured = replace(person, height=height, mass=mass)
    humanoid = build_humanoid(measured)
    assert humanoid.mass.sum() == pytest.approx(measured.body_mass, rel=1e-12)
    thigh = humanoid.mass[humanoid.body("left_thigh")] / measured.body_mass
    assert thigh == pytest.approx((0.1478 + 0.1416) / 2, rel=2e-3)  # de Leva's two sexes


def test_a_larger_person_has_larger_inertia(person: Measurements) -> None:
    small = build_humanoid(replace(person, mass=60.0))
    taller = replace(person, joint_offset=1.2 * person.joint_offset, mass=60.0)
    tall = build_humanoid(taller)
    assert taller.stature == pytest.approx(1.2 * person.stature)
    assert_allclose(tall.inertia, 1.2**2 * small.inertia, rtol=1e-9, atol=1e-12)
    assert_allclose(tall.com, 1.2 * small.com, atol=1e-12)


def test_the_body_is_symmetric(humanoid: Humanoid) -> None:
    left, right = (np.array(side) for side in zip(*PAIRS, strict=True))
    assert_allclose(humanoid.mass[left], humanoid.mass[right], rtol=1e-12)
    assert_allclose(humanoid.com[left], humanoid.com[right] * MIRROR, atol=1e-12)
    assert_allclose(humanoid.joint_offset[left], humanoid.joint_offset[right] * MIRROR, atol=1e-12)
    assert_allclose(humanoid.inertia[left], humanoid.inertia[right] * np.outer(MIRROR, MIRROR), atol=1e-12)
    assert_allclose(humanoid.kp[left - 1], humanoid.kp[right - 1])


def test_inertias_are_those_of_solid_bodies(humanoid: Humanoid) -> None:
    assert_allclose(humanoid.inertia, np.swapaxes(humanoid.inertia, 1, 2))
    moments = np.linalg.eigvalsh(humanoid.inertia)
    assert (moments > 0).all()
    # A solid body's largest moment is less than the sum of the other two. The published radii of gyration of the
    # trunk's parts, each measured by itself, obey it too.
    assert (moments[:, 2] < moments[:, 0] + moments[:, 1]).all()


def test_the_center_of_mass_of_a_standing_adult_is_at_its_known_height(humanoid: Humanoid) -> None:
    positions = world_positions(humanoid) + humanoid.com
    sole = surface_points(humanoid)[:, 2].min()
    height = (humanoid.mass @ positions)[2] / humanoid.mass.sum() - sole
    # 55 to 57 % of the stature with the arms down; they carry 10 % of the mass and hang 0.25 m lower than here.
    assert 0.55 < height / 1.7515 < 0.60


@pytest.mark.parametrize(("sex", "share"), [("female", 0.077), ("male", 0.041), ("average", 0.059)])
def test_masses_lie_behind_the_lines_between_joints(person: Measurements, sex: anthropometry.Sex, share: float) -> None:
    """As far as Dumas et al. (2007) measured. With the masses on the lines, a standing body leans 1.5 cm ahead."""
    body = build_humanoid(replace(person, sex=sex))
    knee = np.linalg.norm(body.joint_offset[body.body("left_shank")])
    assert body.com[body.body("left_thigh"), 0] == pytest.approx(-share * knee)
    trunk = [body.body(name) for name in ("pelvis", "abdomen", "thorax")]
    behind = world_positions(body)[trunk, 0] + body.com[trunk, 0]
    assert_allclose(behind, behind[0], atol=1e-12)  # the trunk of this person is upright
    assert -0.03 < behind[0] < -0.005


def test_the_soles_are_flat_and_the_shapes_are_as_tall_as_the_person(humanoid: Humanoid, person: Measurements) -> None:
    points = surface_points(humanoid)
    ankle = world_positions(humanoid)[humanoid.body("left_foot"), 2]
    assert points[:, 2].min() == pytest.approx(ankle - 0.039 * person.stature)
    soles = [geom for geom in humanoid.geoms if geom.kind == "box"]
    bottoms = [world_positions(humanoid)[geom.body, 2] + geom.position[2] - geom.size[2] for geom in soles]
    assert_allclose(bottoms, points[:, 2].min())
    assert np.ptp(points[:, 2]) == pytest.approx(person.stature, rel=0.05)


def test_contact_spheres_carry_the_surface(humanoid: Humanoid) -> None:
    bodies = np.array(humanoid.contact_body)
    centers = world_positions(humanoid)[bodies] + humanoid.contact_offset
    lowest = (centers[:, 2] - humanoid.contact_radius).min()
    assert lowest == pytest.approx(surface_points(humanoid)[:, 2].min())
    assert set(bodies) == set(range(humanoid.bodies))


def test_the_tree_has_parents_before_children_and_a_ball_joint_a_body() -> None:
    assert PARENTS[0] == -1
    assert all(parent < body for body, parent in enumerate(PARENTS))
    assert len(JOINT_NAMES) == len(BODY_NAMES) - 1 == 19
    assert BODY_NAMES[PARENTS[BODY_NAMES.index("left_foot")]] == "left_shank"
    assert JOINT_NAMES[BODY_NAMES.index("right_forearm") - 1] == "right_elbow"


def test_strength_scales_with_the_mass() -> None:
    left, right = JOINT_NAMES.index("left_knee"), JOINT_NAMES.index("right_knee")
    assert tuple(gain[left] for gain in pd_gains(45.0)) == (500.0, 50.0, 150.0)
    assert tuple(gain[right] for gain in pd_gains(90.0)) == (1000.0, 100.0, 300.0)


def test_an_unknown_body_is_answered_with_the_names(humanoid: Humanoid) -> None:
    with pytest.raises(ValueError, match="no body 'tail'.*pelvis.*right_toes"):
        humanoid.body("tail")


def test_tips_of_the_recording_are_used(person: Measurements) -> None:
    tip = np.array([0.11, 0.01, 0.0])
    assert_allclose(replace(person, tips={"left_toes": tip}).tip("left_toes"), tip)
    assert_allclose(person.tip("right_hand"), person.tip("left_hand") * MIRROR)


def test_inertia_of_a_hand_does_not_grow_with_where_the_recording_ends_it(person: Measurements) -> None:
    # de Leva's row ends at the third knuckle; a recording may end the hand anywhere up to the finger tips.
    tips = {"left_hand": np.array([0.0, 0.05, 0.0]), "right_hand": np.array([0.0, -0.19, 0.0])}
    body = build_humanoid(replace(person, tips=tips))
    left, right = body.body("left_hand"), body.body("right_hand")
    np.testing.assert_allclose(np.diag(body.inertia[left]), np.diag(body.inertia[right]))
    np.testing.assert_allclose(body.com[left] * [1, -1, 1], body.com[right], atol=1e-12)
