"""What is believed of the passes: a second pass that loses the body is not kept."""

import numpy as np
import pytest

from data.clip import InputError
from diffphy.reconstruction.windows import SolvedWindow
from pipelines.reconstruction import solve
from pipelines.reconstruction.solve import Passes, find_lost_body

RATE = 30.0


def errors(**lost: float) -> np.ndarray:
    """Errors of 4 s, 20 mm in most frames, and others for one second from some frame on."""
    found = np.full(120, 20.0)
    for frame, error in lost.items():
        found[int(frame[1:]) : int(frame[1:]) + 30] = error
    return found


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        (errors(), errors(), None),
        (errors(_30=100.0), errors(_60=120.0), None),
        (errors(), errors(_60=200.0), 75),
        (errors(), errors(_90=np.inf), 90),
        (errors(), np.where(np.arange(40) < 33, 20.0, np.nan), 33),
        (errors(_30=200.0), errors(), None),
        (errors()[:1], errors()[:1], None),
        (errors()[:10], 2.0 * errors()[:10], 5),
    ],
    ids=[
        "same",
        "as bad elsewhere",
        "lost",
        "without end",
        "not a number, where it ended",
        "better",
        "one frame",
        "short",
    ],
)
def test_a_second_pass_is_lost_where_its_worst_second_is_far_worse(before, after, lost):
    found = find_lost_body(before, after, RATE)
    assert found == lost if lost is None else found == pytest.approx(lost, abs=15)


def test_the_motion_is_that_of_the_first_pass_if_the_second_is_lost():
    first, second = (tuple(object.__new__(SolvedWindow) for _ in range(windows)) for windows in (2, 3))
    assert Passes(first, second).motion is second
    lost = Passes(first, second, second_is_lost=True)
    assert lost.motion is first
    assert lost.every == (*first, *second[1:])  # what it cost is counted


def test_a_motion_without_finite_values_is_refused():
    solve._check_finite(np.zeros(60), RATE)
    with pytest.raises(InputError, match=r"no finite values from 1\.50 s on: cut"):
        solve._check_finite(np.where(np.arange(60) < 45, 1.0, np.nan), RATE)
