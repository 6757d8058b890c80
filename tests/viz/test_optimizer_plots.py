"""The figures of optimizers show the given values."""

import numpy as np
import pytest

from viz.optimizer_plots import (
    Line,
    LossCurve,
    figure_6,
    iterations_figure,
    learning_figure,
    profile_figure,
    rosenbrock_figure,
    value_figure,
)

LINES = {"ours": Line("Ours", "#d1495b"), "theirs": Line("Theirs", "#3d85db")}


def labels(axes) -> list[str]:
    return [line.get_label() for line in axes.lines]


def test_values_are_drawn_over_their_function() -> None:
    value = {"bowl": {"ours": np.array([1.0, 2.0]), "theirs": np.array([3.0, 4.0])}}
    figure = value_figure(value, [10, 20], {"bowl": lambda points: (points**2).sum(axis=1)}, LINES)
    above, below = figure.axes
    assert labels(above) == ["Ours", "Theirs"]
    np.testing.assert_array_equal(above.lines[1].get_ydata(), [3.0, 4.0])
    assert below.name == "3d"


def test_profiles_are_steps() -> None:
    figure = profile_figure(np.array([1.0, 10.0]), {"ours": np.array([0.5, 1.0])}, LINES)
    (axes,) = figure.axes
    assert axes.lines[0].get_drawstyle() == "steps-post"
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), [0.5, 1.0])


def test_ratios_are_sorted_and_what_is_not_reached_lies_at_the_edge() -> None:
    ratio = {"theirs": {"a": 2.0, "b": 0.0, "c": 8.0}}
    (axes,) = iterations_figure(ratio, "theirs", LINES).axes
    reached, missed = axes.lines[:2]
    np.testing.assert_allclose(np.asarray(reached.get_xydata()), [[100 / 3, 8.0], [200 / 3, 2.0]])
    assert np.asarray(missed.get_xydata())[0, 1] < 2.0
    assert missed.get_markerfacecolor() == "none"
    assert [text.get_text() for text in axes.get_xticklabels()] == ["c", "a", "b"]


@pytest.mark.parametrize("trained", [{}, {"ours": {f"2-{n}": np.array([n, n + 1.0]) for n in range(6)}}])
def test_every_training_has_a_line(trained: dict) -> None:
    cosine = {"ours": {"the gradient": np.ones(5), "Newton's direction": np.zeros(5)}}
    figure = rosenbrock_figure([10, 20], {"ours": np.array([1.0, 2.0])}, trained, cosine, LINES)
    left, middle, right = figure.axes
    assert labels(left) == ["Ours"]
    assert labels(middle) == [f"Ours, {name}" for name in trained.get("ours", {})]
    assert labels(right) == ["Ours and the gradient", "Ours and Newton's direction"]


def test_learning_curves_are_in_minutes() -> None:
    (axes,) = learning_figure({"ours": (np.array([60.0, 120.0]), np.array([1.0, 0.5]))}, "loss").axes
    np.testing.assert_array_equal(axes.lines[0].get_xdata(), [1.0, 2.0])


@pytest.mark.parametrize("trained", [{}, {"ours": (np.array([60.0, 120.0]), np.array([1.0, 0.5]))}])
def test_each_kind_of_windows_has_a_panel_with_bands(trained: dict) -> None:
    curve = LossCurve(np.array([1.0, 0.5]), np.array([0.9, 0.4]), np.array([1.1, 0.6]))
    figure = figure_6(trained, {"in_domain": {"lbfgs": curve, "our_method": curve}, "out_of_domain": {"lbfgs": curve}})
    inside, outside = figure.axes[len(trained) :]
    assert labels(inside) == ["lbfgs", "our method"]
    assert labels(outside) == ["lbfgs"]
    np.testing.assert_array_equal(inside.lines[0].get_xydata(), [[1, 1.0], [2, 0.5]])
    edges = inside.collections[0].get_paths()[0].vertices
    assert {(1.0, 0.9), (2.0, 0.4), (1.0, 1.1), (2.0, 0.6)} <= {tuple(edge) for edge in np.asarray(edges)}
