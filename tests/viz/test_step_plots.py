import numpy as np

from viz.step_plots import MOST_STEPS, StepCurves, step_figure


def step(start_s: float, value: float, side: str = "left") -> StepCurves:
    """Forces that stay: ahead, to the left and up are `value` times 1, 2 and 3."""
    force = np.tile(value * np.array([1.0, 2.0, 3.0]), (5, 1))
    return StepCurves(side, start_s + np.arange(5) / 30, {"ours": force, "plates": 2 * force, "recording alone": force})


def test_a_recording_has_a_column_for_each_foot_and_a_row_for_each_direction() -> None:
    figure = step_figure("walk", [step(1.0, 0.1), step(1.5, 0.2, "right"), step(2.0, 0.3)])
    assert figure.get_suptitle() == "walk"
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == [f"{side} foot: {way}" for way in ("up", "ahead", "to the left") for side in ("left", "right")]
    drawn = {str(line.get_label()): np.asarray(line.get_xydata(), float) for line in figure.axes[0].lines}
    assert set(drawn) == {"plates", "recording alone", "ours"}
    time, up = drawn["ours"].T
    assert np.isnan(up).sum() == 2  # no line from one step to the next one
    np.testing.assert_allclose(up[:5], 0.3)
    np.testing.assert_allclose(up[6:11], 0.9)
    np.testing.assert_allclose(time[6:11], 2.0 + np.arange(5) / 30)
    np.testing.assert_allclose(drawn["plates"][:5, 1], 0.6)
    (_, ahead_right) = (axes.lines[-1].get_ydata() for axes in figure.axes[2:4])
    np.testing.assert_allclose(np.asarray(ahead_right, float)[:5], 0.2)


def test_both_feet_have_one_scale_and_one_time() -> None:
    figure = step_figure("walk", [step(1.0, 0.1), step(4.0, 9.0, "right")])
    left, right = figure.axes[:2]
    assert left.get_ylim() == right.get_ylim()
    assert left.get_xlim() == right.get_xlim()


def test_a_foot_without_steps_has_no_column() -> None:
    figure = step_figure("hop", [step(1.0, 0.1, "right")])
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "right foot: up",
        "right foot: ahead",
        "right foot: to the left",
    ]


def test_a_long_recording_shows_its_first_steps_and_says_so() -> None:
    """The picture stays as large as a screen."""
    figure = step_figure("treadmill", [step(float(number), 0.1) for number in range(3 * MOST_STEPS)])
    assert figure.get_suptitle() == f"treadmill: the first {MOST_STEPS} of {3 * MOST_STEPS} steps of the left foot"
    _, height = figure.get_size_inches()
    assert height < 12
    assert np.nanmax(np.asarray(figure.axes[0].lines[0].get_xdata(), float)) < MOST_STEPS
