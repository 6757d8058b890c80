import numpy as np
import pytest
from PIL import Image

from viz import RenderError
from viz.plots import error_figure, force_figure, loss_figure, save_figure

TIME = np.arange(5) / 30


def lines(figure) -> dict:
    return {line.get_label(): line for line in figure.axes[0].lines}


def test_error_figure_shows_mean_band_and_retargeting():
    error = np.array([[1.0, 3.0], [2.0, 4.0], [3.0, 5.0], [4.0, 12.0], [0.0, 2.0]])
    figure = error_figure(TIME, error, input_error_mm=2.5)
    drawn = lines(figure)
    np.testing.assert_allclose(drawn["mean of the joints"].get_xydata(), np.stack([TIME, [2, 3, 4, 8, 1]], -1))
    np.testing.assert_allclose(drawn["of retargeting alone"].get_ydata(), 2.5)
    band = np.asarray(figure.axes[0].collections[0].get_paths()[0].vertices)
    assert band[:, 1].min() == 0
    assert band[:, 1].max() == 12
    assert figure.axes[0].get_xlabel() == "time (s)"
    assert "mm" in figure.axes[0].get_ylabel()
    assert "3.6 mm" in figure.axes[0].get_title(loc="left")


def test_loss_figure_puts_windows_one_after_the_other_by_name():
    windows = [
        {"total": np.array([5.0, 2.0, 1.0]), "foot_skate": np.array([0.5, 0.0, 0.1])},
        {"total": np.array([4.0, np.inf]), "foot_skate": np.array([0.2, 0.1])},
    ]
    figure = loss_figure(windows)
    assert figure.axes[0].get_yscale() == "log"
    drawn = lines(figure)
    assert set(drawn) == {"total", "foot skate"}
    x, y = drawn["total"].get_data()
    shown = np.isfinite(y)
    np.testing.assert_allclose(x[shown], [1, 2, 3, 4])
    np.testing.assert_allclose(y[shown], [5, 2, 1, 4])
    assert np.isnan(y[3])  # nothing joins two windows
    skate = drawn["foot skate"].get_ydata()
    np.testing.assert_allclose(skate[np.isfinite(skate)], [0.5, 0.1, 0.2, 0.1])


def test_a_term_that_is_nearly_zero_for_once_does_not_flatten_the_others():
    terms = {f"term_{index}": np.array([1.0, 0.5]) for index in range(11)}
    windows = [{"total": np.array([20.0, 10.0]), "effort": np.array([1e-14, 1.0]), **terms}]
    axes = loss_figure(windows).axes[0]
    assert axes.get_ylim()[0] >= 20.0 * 1e-6
    looks = [(line.get_color(), line.get_linestyle()) for line in axes.lines]
    assert len(looks) == len(set(looks)) == 13


def test_force_figure_is_in_body_weights_and_has_the_total():
    force = {"left foot": np.full(5, 350.0), "right foot": np.full(5, 140.0), "other": np.zeros(5)}
    drawn = lines(force_figure(TIME, force, 700.0))
    np.testing.assert_allclose(drawn["left foot"].get_ydata(), 0.5)
    np.testing.assert_allclose(drawn["right foot"].get_ydata(), 0.2)
    np.testing.assert_allclose(drawn["other"].get_ydata(), 0.0)
    np.testing.assert_allclose(drawn["total"].get_ydata(), 0.7)


def test_saved_figure_is_a_whole_png(tmp_path):
    save_figure(tmp_path / "forces.png", force_figure(TIME, {"left foot": np.ones(5)}, 700.0))
    picture = Image.open(tmp_path / "forces.png")
    picture.load()
    assert picture.format == "PNG"
    assert picture.width > 1000
    assert [file.name for file in tmp_path.iterdir()] == ["forces.png"]


def test_failure_to_save_is_a_render_error_and_keeps_the_old_file(tmp_path, monkeypatch):
    figure = force_figure(TIME, {"left foot": np.ones(5)}, 700.0)
    with pytest.raises(RenderError, match="cannot write"):
        save_figure(tmp_path / "missing" / "forces.png", figure)
    path = tmp_path / "forces.png"
    path.write_bytes(b"old")
    figure.axes[0].set_title("$\\nonsense{$")
    with pytest.raises(RenderError, match=r"^matplotlib could not draw .*forces\.png"):
        save_figure(path, figure)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
