import numpy as np

from diffphy.recorded_forces.load_share import join_brief_support, left_share, smooth_step

TIME = np.arange(0.0, 3.0, 0.001)


def contact(left: list[tuple[float, float]], right: list[tuple[float, float]]) -> np.ndarray:
    """Whether each foot is on the ground, given from when to when."""
    return np.stack(
        [
            np.any([np.zeros(len(TIME), bool), *((a <= TIME) & (b > TIME) for a, b in spans)], axis=0)
            for spans in (left, right)
        ],
        axis=1,
    )


def share(left: list[tuple[float, float]], right: list[tuple[float, float]], balance: float = 0.3) -> np.ndarray:
    return left_share(contact(left, right), np.full(len(TIME), balance), TIME)


def test_a_step_is_a_smooth_transfer_between_touch_down_and_lift_off() -> None:
    found = share(left=[(0.0, 1.2)], right=[(1.0, 3.0)])
    np.testing.assert_array_equal(found[TIME < 0.999], 1.0)
    np.testing.assert_array_equal(found[TIME >= 1.2], 0.0)
    np.testing.assert_allclose(found[(TIME > 1.0) & (TIME < 1.2)], 1 - smooth_step((TIME[1001:1200] + 5e-4 - 1) / 0.2))


def test_a_single_moment_in_the_air_is_the_middle_of_a_transfer() -> None:
    found = share(left=[(0.0, 1.0)], right=[(1.001, 3.0)])
    assert found[999:1003].tolist() == [1.0, 0.5, 0.0, 0.0]


def test_a_single_moment_on_both_feet_at_an_end_follows_the_zero_moment_point() -> None:
    """It has no length, by which its place in a transfer could be divided."""
    found = share(left=[(0.0, 0.001)], right=[(0.0, 3.0)])
    assert found[:3].tolist() == [0.3, 0.0, 0.0]
    found = share(left=[(0.0, 3.0)], right=[(2.999, 3.0)])
    assert found[-3:].tolist() == [1.0, 1.0, 0.3]


def test_who_stands_loads_the_feet_by_the_zero_moment_point() -> None:
    np.testing.assert_array_equal(share(left=[(0.0, 3.0)], right=[(0.0, 3.0)]), 0.3)


def test_a_foot_beside_a_standing_one_takes_its_load_and_gives_it_back() -> None:
    found = share(left=[(0.0, 3.0)], right=[(1.0, 2.0)])
    assert found[[500, 2500]].tolist() == [1.0, 1.0]
    np.testing.assert_allclose(found[1200:1800], 0.3)
    assert (np.abs(np.diff(found)) < 0.01).all()


def test_in_flight_it_goes_from_one_foot_to_the_other_or_stays() -> None:
    run = share(left=[(0.0, 1.0)], right=[(1.1, 3.0)])
    assert ((run[1000:1100] > 0) & (run[1000:1100] < 1)).all()
    hop = share(left=[(0.0, 1.0), (1.3, 3.0)], right=[])
    np.testing.assert_array_equal(hop, 1.0)


def test_a_slow_transfer_follows_the_zero_moment_point_between() -> None:
    found = share(left=[(0.0, 2.0)], right=[(1.0, 3.0)])
    np.testing.assert_allclose(found[1200:1800], 0.3)
    assert found[[999, 2000]].tolist() == [1.0, 0.0]
    assert (np.abs(np.diff(found)) < 0.012).all()


def test_who_lands_on_both_feet_carries_on_both_from_the_first_touch() -> None:
    jump = contact(left=[(0.0, 1.0), (1.3, 3.0)], right=[(0.0, 0.95), (1.36, 3.0)])
    joined = join_brief_support(jump, TIME)
    np.testing.assert_array_equal(joined[:, 0], jump[:, 0])
    np.testing.assert_array_equal(joined[:, 1], jump[:, 0])
    np.testing.assert_array_equal(left_share(joined, np.full(len(TIME), 0.4), TIME)[jump[:, 0]], 0.4)


def test_steps_runs_and_longer_support_on_one_foot_are_as_they_were() -> None:
    step = contact(left=[(0.0, 1.2)], right=[(1.15, 3.0)])
    run = contact(left=[(0.0, 0.3), (0.8, 0.88)], right=[(0.4, 0.7), (1.2, 3.0)])
    one_after_the_other = contact(left=[(0.0, 1.0), (1.3, 3.0)], right=[(0.0, 1.0), (1.41, 3.0)])
    for each in (step, run, one_after_the_other):
        np.testing.assert_array_equal(join_brief_support(each, TIME), each)
