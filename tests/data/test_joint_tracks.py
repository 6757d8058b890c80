import numpy as np

from data.joint_tracks import JointTracks

TRACKS = JointTracks(
    ("left_hip", "left_knee"), np.array([0.0, 1.0, 3.0]), np.arange(18.0).reshape(3, 2, 3)
)  # The times are uneven.


def test_positions_at_other_times_are_interpolated_and_unknown_outside() -> None:
    at = TRACKS.at(np.array([-0.1, 0.5, 2.0, 3.0, 3.1]))
    np.testing.assert_allclose(at[1], TRACKS.positions[:2].mean(0))
    np.testing.assert_allclose(at[2], TRACKS.positions[1:].mean(0))
    np.testing.assert_allclose(at[3], TRACKS.positions[2])
    assert np.isnan(at[[0, 4]]).all()


def test_joints_are_selected_by_name_and_frames_by_time() -> None:
    np.testing.assert_array_equal(TRACKS.select(["left_knee"]).positions[:, 0], TRACKS.positions[:, 1])
    assert TRACKS.between(1.0, 3.0).time_s.tolist() == [1.0, 3.0]
    assert len(TRACKS.between(1.0, 3.0).positions) == 2
