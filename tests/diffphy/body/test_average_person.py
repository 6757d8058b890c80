"""The average person: as high and heavy as asked for, upright on flat feet, the same on both sides."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from diffphy.body.anthropometry import Sex
from diffphy.body.average_person import average_measurements, average_person
from diffphy.body.humanoid import BODY_NAMES, PARENTS
from diffphy.body.measurements import segment_ends

SEXES: tuple[Sex, ...] = ("average", "female", "male")


def joint_heights(stature: float, sex: Sex) -> dict[str, float]:
    """Height of every body's joint over that of the root, in the zero pose, m."""
    offsets = average_measurements(stature, sex=sex).joint_offset
    heights: list[float] = []
    for body, parent in enumerate(PARENTS):
        heights.append(float(offsets[body, 2]) + (heights[parent] if parent >= 0 else 0.0))
    return dict(zip(BODY_NAMES, heights, strict=True))


@pytest.mark.parametrize("sex", SEXES)
@pytest.mark.parametrize("stature", [1.5, 1.9])
def test_from_sole_to_crown_it_has_the_stature_that_was_asked_for(stature: float, sex: Sex) -> None:
    person, heights = average_measurements(stature, sex=sex), joint_heights(stature, sex)
    crown = heights["head"] + person.tip("head")[2]
    sole = heights["left_foot"] - person.ankle_height
    assert crown - sole == pytest.approx(stature, rel=1e-12)
    assert person.stature == stature
    assert heights["left_upper_arm"] - sole == pytest.approx(0.818 * stature, rel=1e-12)
    assert 0.5 < (heights["left_thigh"] - sole) / stature < 0.55


@pytest.mark.parametrize("sex", SEXES)
def test_it_has_the_mass_that_was_asked_for_or_a_normal_one(sex: Sex) -> None:
    assert average_person(1.8, 90.0, sex).mass.sum() == pytest.approx(90.0, rel=1e-12)
    assert average_person(1.8, sex=sex).mass.sum() == pytest.approx(22.0 * 1.8**2, rel=1e-12)


def test_its_feet_are_as_long_as_those_of_adults_and_stand_flat() -> None:
    person = average_measurements(1.75)
    ends = segment_ends(person)
    length = ends["left_foot"][0] + ends["left_toes"][0] - ends["heel"][0]
    assert length == pytest.approx(0.152 * 1.75, rel=1e-12)
    humanoid = average_person(1.75)
    soles = [
        geom.position[2] - geom.size[2] + (0.0 if BODY_NAMES[geom.body].endswith("foot") else ends["left_foot"][2])
        for geom in humanoid.geoms
        if geom.kind == "box"
    ]
    assert_allclose(soles, -person.ankle_height, atol=1e-12)


def test_it_is_the_same_on_both_sides() -> None:
    humanoid = average_person()
    mirror = np.array([1.0, -1.0, 1.0])
    for left in (name for name in BODY_NAMES if not name.startswith("right")):
        one, other = humanoid.body(left), humanoid.body(left.replace("left", "right"))
        assert_allclose(humanoid.joint_offset[other], humanoid.joint_offset[one] * mirror, atol=1e-15)
        assert_allclose(humanoid.mass[other], humanoid.mass[one])
        assert_allclose(humanoid.com[other], humanoid.com[one] * mirror, atol=1e-15)
