"""Our body in the zero pose, with soles above the floor or in it although the feet stand."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from diffphy.body.body_shape import contact_spheres
from diffphy.body.humanoid import Humanoid
from diffphy.recorded_forces import recorded_body, settle_soles
from diffphy.recorded_forces.recorded_body import RecordedBody
from tests.diffphy.motions import identity_rotations, on_the_ground

RATE, FRAMES = 60.0, 30


def stand(
    humanoid: Humanoid, floor: float, height: float = 0.0, pitch: float = 0.0, speed: float = 0.0
) -> RecordedBody:
    """A body whose pelvis is at a height over the floor.

    Args:
        humanoid: The body.
        floor: Height of the pelvis with which the unchanged body stands, m.
        height: How much higher it is, m.
        pitch: Of the left foot, toes down, rad.
        speed: At which everything slides ahead, m/s.
    """
    rotation = np.tile([1.0, 0.0, 0.0, 0.0], (FRAMES, humanoid.bodies, 1))
    rotation[:, humanoid.body("left_foot")] = Rotation.from_euler("y", pitch).as_quat(scalar_first=True)
    position = np.zeros((FRAMES, 3))
    position[:, 0] = speed * np.arange(FRAMES) / RATE
    position[:, 2] = floor + height
    return recorded_body(humanoid, position, rotation, RATE)


@pytest.fixture
def floor(humanoid: Humanoid) -> float:
    return float(on_the_ground(humanoid, identity_rotations(humanoid)).position[2])


@pytest.mark.parametrize("height", [0.03, -0.02])
def test_soles_that_hover_or_sink_come_to_the_floor(
    humanoid: Humanoid, float64: None, floor: float, height: float
) -> None:
    body = stand(humanoid, floor, height)
    settled, lowered = settle_soles(humanoid, body)
    level = body.lowest[0, body.of_foot[0], 2]  # the toes' boxes are not as thick as the feet's
    assert lowered == {side: pytest.approx(level[:4].mean(), abs=1e-6) for side in ("left", "right")}
    found = stand(settled, floor, height)
    np.testing.assert_allclose(found.lowest[:, found.of_foot.any(axis=0), 2], 0.0, atol=1e-6)
    np.testing.assert_array_equal(
        found.lowest[:, ~found.of_foot.any(axis=0)], body.lowest[:, ~body.of_foot.any(axis=0)]
    )


def test_a_foot_whose_toes_point_up_gets_a_pitched_sole(humanoid: Humanoid, float64: None, floor: float) -> None:
    settled, lowered = settle_soles(humanoid, stand(humanoid, floor, 0.01, pitch=-0.1))
    assert lowered["left"] > 0.01
    found = stand(settled, floor, 0.01, pitch=-0.1)
    np.testing.assert_allclose(found.lowest[0, found.of_foot[0], 2], 0.0, atol=0.002)  # spheres turn with their box
    offset = contact_spheres(settled.geoms)[1]
    np.testing.assert_allclose(settled.contact_offset, offset)  # shapes and spheres are the same soles


def test_a_lifted_heel_stays_lifted(humanoid: Humanoid, float64: None, floor: float) -> None:
    """Who stands on the balls of the feet has no thicker heels: the foot is moved as a whole."""
    body = stand(humanoid, floor, 0.05, pitch=0.25)
    settled, _ = settle_soles(humanoid, body)
    before, after = (each.lowest[0, each.of_foot[0], 2] for each in (body, stand(settled, floor, 0.05, pitch=0.25)))
    assert np.ptp(before) > 0.03
    assert after.min() == pytest.approx(0.0, abs=0.003)
    np.testing.assert_allclose(after - before, (after - before).mean(), atol=0.003)


@pytest.mark.parametrize(("height", "speed"), [(0.05, 0.0), (0.02, 1.0)], ids=["too far", "never stands"])
def test_what_tells_nothing_of_soles_leaves_them(
    humanoid: Humanoid, float64: None, floor: float, height: float, speed: float
) -> None:
    settled, lowered = settle_soles(humanoid, stand(humanoid, floor, height, speed=speed))
    assert lowered == {"left": 0.0, "right": 0.0}
    np.testing.assert_array_equal(settled.contact_offset, humanoid.contact_offset)
