import numpy as np

from viz.film_plots import Curve, FilmCurves, film_figure

TIME = np.arange(5) / 30


def curve(value: float) -> Curve:
    return Curve(TIME, np.full(5, value))


FORCES = {"total": curve(1.0), "left": curve(0.4), "right": curve(0.6)}
PLATES = {"total": curve(1.1), "left": curve(0.5), "right": Curve(TIME, np.full(5, np.nan))}


def test_each_film_has_its_errors_and_its_forces_beside_the_plates() -> None:
    errors = {"simulation": curve(40.0), "before physics": curve(30.0), "wham": curve(50.0)}
    figure = film_figure({"squat": FilmCurves(errors, FORCES, PLATES), "walk": FilmCurves({"simulation": curve(20.0)})})
    squat_error, squat_total, squat_feet, walk_error, *walk_forces = figure.axes
    drawn = {line.get_label(): line for line in squat_error.lines}
    assert set(drawn) == {"simulation: 40 mm", "before physics: 30 mm", "wham: 50 mm"}
    np.testing.assert_allclose(np.asarray(drawn["simulation: 40 mm"].get_ydata(), float), 40.0)
    assert max(drawn.values(), key=lambda line: line.get_zorder()) is drawn["simulation: 40 mm"]
    assert len({line.get_color() for line in squat_error.lines}) == 3
    assert [line.get_label() for line in squat_total.lines] == ["total", "total, plates"]
    assert [line.get_label() for line in squat_feet.lines] == ["left", "right", "left, plates", "right, plates"]
    np.testing.assert_allclose(np.asarray(squat_total.lines[1].get_ydata(), float), 1.1)
    assert len(walk_error.lines) == 1
    assert not any(axes.axison for axes in walk_forces)


def test_films_without_plates_have_one_column() -> None:
    figure = film_figure({name: FilmCurves({"simulation": curve(20.0)}) for name in ("walk", "run")})
    assert len(figure.axes) == 2
