"""The optimizer of a run, as windows use it."""

import numpy as np
import pytest

from pipelines import terminal
from pipelines.config import Optimizer
from pipelines.reconstruction.solve import build_minimisers

WINDOW, FIRST = 18 * 57, 18 * 57 + 60  # parameters of a window, and of the first one with the initial velocity


def valley(x: np.ndarray) -> tuple[float, np.ndarray]:
    """A quadratic with condition number 100; minimum 0 at 1."""
    curvature = np.linspace(0.05, 5.0, len(x))
    return 0.5 * float(curvature @ (x - 1.0) ** 2), curvature * (x - 1.0)


class Counted:
    def __init__(self) -> None:
        self.points: list[np.ndarray] = []

    def __call__(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        self.points.append(x)
        return valley(x)


@pytest.mark.parametrize("name", ["lbfgs", "optimus"])
@pytest.mark.parametrize(("first", "expected"), [(None, 12), (20, 20)])
def test_the_first_window_may_have_evaluations_of_its_own(name: str, first: int | None, expected: int) -> None:
    settings = Optimizer(name=name, max_evals=12, first_max_evals=first, stopping=None)
    minimisers = build_minimisers(settings, 18)
    for minimise, size, wanted in ((minimisers.start, FIRST, expected), (minimisers.window, WINDOW, 12)):
        counted = Counted()
        found = minimise(counted, np.zeros(size, np.float32))
        assert len(counted.points) == wanted
        assert valley(found.x)[0] < 0.3 * valley(np.zeros(size))[0]


def test_optimus_knows_motion_unless_other_weights_are_given() -> None:
    heard: list[str] = []
    with terminal.redirected(heard.append):
        build_minimisers(Optimizer(name="optimus"), 18)
        assert not heard
        build_minimisers(Optimizer(name="optimus"), 36)
        build_minimisers(Optimizer(name="optimus", options={"weights": "optimus"}), 18)
        build_minimisers(Optimizer(name="adafactor_mlp"), 18)
    assert "a window has 36 control frames, and the weights were trained on 18: L-BFGS solves it" in heard[0]
    for name, sentence in zip(("optimus", "adafactor_mlp"), heard[1:], strict=True):
        assert f"the weights of {name} were not trained on motion: expect far larger errors" in sentence


def test_windows_of_another_length_are_solved() -> None:
    heard: list[str] = []
    with terminal.redirected(heard.append):
        minimisers = build_minimisers(Optimizer(name="optimus", max_evals=30, stopping=None), 36)
    found = minimisers.window(valley, np.zeros(36 * 57, np.float32))
    assert valley(found.x)[0] < 0.3 * valley(np.zeros(36 * 57))[0]
