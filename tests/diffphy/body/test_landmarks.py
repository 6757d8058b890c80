"""Every keypoint of the usual sets is on our body, on its side, where a person has it."""

import re

import numpy as np
import pytest

from data.keypoints.sets import NAMES
from diffphy.body.humanoid import BODY_NAMES, PARENTS
from diffphy.body.landmarks import landmarks
from diffphy.body.measurements import Measurements


def in_the_zero_pose(person: Measurements, names: list[str]) -> dict[str, np.ndarray]:
    """Places in a T-pose that faces +x, m from the pelvis."""
    parents = dict(zip(BODY_NAMES, [None if parent < 0 else BODY_NAMES[parent] for parent in PARENTS], strict=True))
    bodies, offsets, found = landmarks(person, names)
    places = {}
    for name, body, offset in zip(found, bodies, offsets, strict=True):
        place, at = np.array(offset), BODY_NAMES[body]
        while at is not None:
            place, at = place + person.offset(at), parents[at]
        places[name] = place
    return places


@pytest.mark.parametrize("name", NAMES)
def test_no_keypoint_of_a_set_is_left_out(person: Measurements, name: str) -> None:
    """But for the numbered points of the face and the fingers, which our body does not have."""
    assert landmarks(person, NAMES[name])[2] == [each for each in NAMES[name] if not re.search(r"_\d+$", each)]


def test_what_a_body_does_not_have_is_left_out(person: Measurements) -> None:
    bodies, offsets, found = landmarks(person, ["tail", "left_knee", "left_wing"])
    assert (len(bodies), offsets.shape, found) == (1, (1, 3), ["left_knee"])


def test_sides_mirror_each_other(person: Measurements) -> None:
    names = [name for names in NAMES.values() for name in names]
    at = in_the_zero_pose(person, names)
    for name in at:
        other = name.replace("left", "RIGHT").replace("right", "left").replace("RIGHT", "right")
        np.testing.assert_allclose(at[other], at[name] * [1.0, -1.0, 1.0], atol=1e-9, err_msg=name)
        if "left" in name:
            assert at[name][1] > 0.005, name


def test_the_face_is_ahead_of_the_ears_and_the_toes_of_the_heels(person: Measurements) -> None:
    at = in_the_zero_pose(
        person, ["nose", "left_eye", "left_ear", "mouth_left", "head", "neck", *NAMES["halpe_26"][-6:]]
    )
    assert at["nose"][0] > at["left_eye"][0] > at["left_ear"][0]
    assert at["head"][2] > at["left_eye"][2] > at["nose"][2] > at["mouth_left"][2] > at["neck"][2]
    assert at["left_big_toe"][0] > at["left_small_toe"][0] > at["left_heel"][0] + 0.1
    assert at["left_small_toe"][1] > at["left_big_toe"][1]
    lowest = min(place[2] for place in at.values())
    assert at["left_heel"][2] == pytest.approx(lowest, abs=0.05)
