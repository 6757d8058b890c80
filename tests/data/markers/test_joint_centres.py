import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from data.markers import joint_centres

SIDES = {"left": 1.0, "right": -1.0}


def test_a_regression_by_hand() -> None:
    """Width 240 mm and depth 160 mm: 48.3 behind, 82.9 below and 86.5 beside the middle of the ASIS."""
    left, right, back = np.array([[[0.0, 0.12, 1.0]], [[0.0, -0.12, 1.0]], [[-0.16, 0.0, 1.0]]])
    np.testing.assert_allclose(
        joint_centres.harrington((left, right), back, "left"), [[-0.0483, 0.0865, 1.0 - 0.0829]], atol=1e-12
    )
    np.testing.assert_allclose(
        joint_centres.harrington((left, right), back, "right"), [[-0.0483, -0.0865, 1.0 - 0.0829]], atol=1e-12
    )


@pytest.mark.parametrize("bend", [0.0, 0.3, 1.5])
@pytest.mark.parametrize("side", SIDES)
def test_a_bent_or_straight_hinge_is_beside_its_marker(side: str, bend: float) -> None:
    """A knee whose shank goes back, and an elbow whose forearm goes ahead."""
    y = np.array([[0.0, SIDES[side], 0.0]])
    above, centre = np.array([[0.0, 0.0, 0.9]]), np.array([[0.0, 0.0, 0.5]])
    for ahead, sign in ((-1.0, -SIDES[side]), (1.0, SIDES[side])):
        below = centre + 0.4 * np.array([[ahead * np.sin(bend), 0.0, -np.cos(bend)]])
        turn = Rotation.from_euler("zyx", [0.4, 1.0, -0.7])
        found = joint_centres.hinge(
            turn.apply(above), turn.apply(centre + 0.05 * y), turn.apply(below), distance=0.05, sign=sign
        )
        np.testing.assert_allclose(found, turn.apply(centre), atol=1e-6)


def test_the_axes_of_a_foot_that_is_turned() -> None:
    """The forefoot's marker is 3 cm lower than the heel's while the sole is flat, and 18 cm ahead of it."""
    heel, forefoot, ankle = (np.array([point]) for point in ([0.0, 0.0, 0.05], [0.18, 0.0, 0.02], [0.05, 0.0, 0.09]))
    turn = Rotation.from_euler("zyx", [0.4, -0.6, 0.2])
    ahead, up = joint_centres.sole(turn.apply(forefoot), turn.apply(heel), turn.apply(ankle), below=0.03)
    # The sine is 3 cm over the distance of the two markers, so the foot is flat to the last digit.
    np.testing.assert_allclose(ahead, turn.apply([[1.0, 0.0, 0.0]]), atol=1e-12)
    np.testing.assert_allclose(up, turn.apply([[0.0, 0.0, 1.0]]), atol=1e-12)


def test_frames_in_which_a_marker_is_not_seen_do_not_count() -> None:
    ways = np.array([[3.0, 4.0, 0.0], [np.nan, 1.0, 1.0], [0.0, 0.0, 7.0], [0.0, 6.0, 0.0]])
    assert joint_centres.median_length(ways) == 6.0
    assert joint_centres.median_along(ways, np.tile([0.0, 1.0, 0.0], (4, 1))) == 4.0
    assert np.isnan(joint_centres.median_length(ways[1:2]))
