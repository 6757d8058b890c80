import numpy as np

from data.trajectories import fill_gaps, format_spans, longest_span, spans


def test_gaps_of_a_trajectory() -> None:
    t = np.linspace(0.0, 1.0, 50)
    track = np.stack([np.sin(3 * t), t, np.cos(2 * t)], axis=1)
    holed = track.copy()
    holed[[0, 1, 20, 21, 22, 40, 49]] = np.nan
    result, gaps = fill_gaps(holed, 3)
    assert gaps == [(20, 23), (40, 41)]
    assert format_spans(gaps, 1) == "21-23, 41"
    np.testing.assert_allclose(result[2:49], track[2:49], atol=1e-4)
    assert np.isnan(result[[0, 1, 49]]).all()
    assert fill_gaps(holed, 2)[1] == [(40, 41)]
    assert longest_span(np.array([True, False, True, True, False])) == (2, 4)


def test_spans_reach_the_ends() -> None:
    assert spans(np.array([True, True, False, True])) == [(0, 2), (3, 4)]
    assert spans(np.zeros(3, bool)) == spans(np.zeros(0, bool)) == []
    assert longest_span(np.array([True, False, True])) == (0, 1)
    assert longest_span(np.zeros(3, bool)) == (0, 0)
