from collections.abc import Iterable

import pytest

from data.markers.names import LANDMARKS
from data.markers.recipes import LEGS, ORDER, RECIPES


@pytest.mark.parametrize("joint", ORDER)
def test_what_a_joint_needs_is_known_before_it_is_made(joint: str) -> None:
    """A name with a mistake in it would never be found, and its recipe never used."""
    made = {*LANDMARKS, *ORDER[: ORDER.index(joint)]}
    assert RECIPES[joint]
    for recipe in RECIPES[joint]:
        assert set(recipe.needs) <= made


def swapped(names: Iterable[str]) -> set[str]:
    sides = {"left": "right", "right": "left"}
    return {"_".join(sides.get(part, part) for part in name.split("_")) for name in names}


@pytest.mark.parametrize("joint", [joint for joint in ORDER if joint.startswith("left_")])
def test_left_and_right_are_made_alike(joint: str) -> None:
    (other,) = swapped([joint])
    left, right = ([(set(each.needs), each.how) for each in RECIPES[name]] for name in (joint, other))
    assert [(swapped(needs), how) for needs, how in left] == right


def test_a_leg_has_hip_knee_and_ankle() -> None:
    assert {f"{side}_{joint}" for side in ("left", "right") for joint in ("hip", "knee", "ankle")} == LEGS
