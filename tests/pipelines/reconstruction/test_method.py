"""The optimizer of a run, as windows use it."""

import inspect
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

from data.clip import InputError
from diffphy.reconstruction.minimiser import Minimise
from diffphy.reconstruction.simulated_window import SimulatedWindow
from optimus import models
from optimus.gauss_newton import Damping
from pipelines import terminal
from pipelines.config import Hops, Optimizer, SecondPass
from pipelines.reconstruction import method
from pipelines.reconstruction.method import MOTION_TASKS, WEIGHTS, build_method, build_minimisers

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
        for name in WEIGHTS:
            build_minimisers(Optimizer(name=name, options={"weights": name}), 18)
        build_minimisers(Optimizer(name="adafactor_mlp"), 18)
    assert "a window has 36 control frames, and the weights were trained on 18: L-BFGS solves it" in heard[0]
    for weights, sentence in zip((*WEIGHTS, "adafactor_mlp"), heard[1:], strict=True):
        assert f"the weights {weights} were not trained on motion: expect far larger errors" in sentence
        assert "or with optimus and its weights optimus_walk" in sentence


def test_weights_for_motion_are_known_by_their_tasks(tmp_path: Path) -> None:
    """A model of any kind that was trained on windows is no reason to warn."""
    model = models.make("adafactor_mlp", {"widths": [4]})
    models.save(tmp_path / "walk.safetensors", model, model.init(jax.random.key(0)), MOTION_TASKS)
    heard: list[str] = []
    with terminal.redirected(heard.append):
        build_minimisers(Optimizer(name="adafactor_mlp", options={"weights": str(tmp_path / "walk.safetensors")}), 18)
    assert not heard


def wells(x: np.ndarray) -> tuple[float, np.ndarray]:
    """A sum of wells at the whole numbers; the lowest, of value 0, at 1."""
    value = 0.5 * np.sum((x - 1.0) ** 2) + 2.0 * np.sum(1.0 - np.cos(2.0 * np.pi * x))
    return float(value), (x - 1.0) + 4.0 * np.pi * np.sin(2.0 * np.pi * x)


def test_windows_hop_between_basins_and_the_first_does_not() -> None:
    seen: list[np.ndarray] = []

    def counted(x: np.ndarray) -> tuple[float, np.ndarray]:
        seen.append(np.array(x))
        return wells(x)

    def solve(minimise: Minimise) -> tuple[float, np.ndarray]:
        """The value at the end, and all points on the way there."""
        seen.clear()
        return wells(minimise(counted, np.array([3.1, -1.9])).x)[0], np.array(seen)

    hops = Hops(number=4, size=1.0)
    plain, hopping = (build_minimisers(Optimizer(name="lbfgs", max_evals=40, hops=each), 18) for each in (None, hops))
    (alone, few), (end, many), (_, first) = map(solve, (plain.window, hopping.window, hopping.start))
    assert len(few) <= 40 < len(many) <= 5 * 40
    assert end < 0.7 * alone
    np.testing.assert_array_equal(first, few)
    other = solve(build_minimisers(Optimizer(name="lbfgs", max_evals=40, hops=hops), 18, seed=1).window)[1]
    assert not np.array_equal(other, many)


def test_windows_of_another_length_are_solved() -> None:
    heard: list[str] = []
    with terminal.redirected(heard.append):
        minimisers = build_minimisers(Optimizer(name="optimus", max_evals=30, stopping=None), 36)
    found = minimisers.window(valley, np.zeros(36 * 57, np.float32))
    assert valley(found.x)[0] < 0.3 * valley(np.zeros(36 * 57))[0]


def test_an_interruption_passes_through() -> None:
    """Half a window is not kept: a resumed run gives what an uninterrupted one gives."""

    def interrupted(x: np.ndarray) -> tuple[float, np.ndarray]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_minimisers(Optimizer(name="lbfgs"), 18).window(interrupted, np.zeros(4))


@pytest.mark.parametrize("quality", ["draft", "standard", "best"])
def test_each_quality_searches_longer(quality: str) -> None:
    order = ["draft", "standard", "best"]
    settings = Optimizer(quality=quality)  # pyright: ignore[reportArgumentType]
    for worse in order[: order.index(quality)]:
        other = Optimizer(quality=worse)  # pyright: ignore[reportArgumentType]
        assert settings.second_pass
        assert other.second_pass
        assert settings.max_evals >= other.max_evals
        assert settings.tolerance <= other.tolerance
        assert settings.second_pass.tolerance < other.second_pass.tolerance
        assert settings.second_pass.max_evals > other.second_pass.max_evals
    assert Optimizer(quality=quality, max_evals=7, second_pass=None).max_evals == 7  # pyright: ignore[reportArgumentType]


def test_other_optimizers_have_no_second_pass_unless_it_is_asked_for() -> None:
    assert build_method(Optimizer(name="lbfgs"), 18).polish is None
    asked = build_method(Optimizer(name="lbfgs", second_pass=SecondPass(length_s=1.0, stride_s=0.5)), 18, rate=60.0)
    assert asked.polish is not None
    assert (asked.polish.sizes.length, asked.polish.sizes.stride) == (60, 30)
    assert build_method(Optimizer(second_pass=None), 18).polish is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"options": {"memory": 5}}, "optimizer.options has no effect with the optimizer gauss_newton: remove it"),
        ({"name": "lbfgs", "quality": "best"}, "optimizer.quality has no effect with the optimizer lbfgs: remove it"),
        ({"name": "lbfgs", "tolerance": 0.1}, "optimizer.tolerance has no effect with the optimizer lbfgs: remove it"),
        ({"stopping": None}, "optimizer.stopping has no effect with the optimizer gauss_newton: remove it"),
        ({"hops": Hops()}, "optimizer.hops has no effect with the optimizer gauss_newton: remove it"),
        ({"second_pass": SecondPass(length_s=0.5, stride_s=0.5)}, "length_s is 0.5 s, less than a window of the first"),
        ({"second_pass": SecondPass(stride_s=0.01)}, "a window keeps 0.01 s \\(stride_s\\), less than a control frame"),
    ],
)
def test_settings_without_effect_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        build_method(Optimizer(**settings), 18)


@pytest.mark.parametrize(
    ("losses", "tried", "best"),
    [((0.05,), 1, 0.05), ((0.9, 0.04), 2, 0.04), ((0.3, 0.7, 0.2), 3, 0.2), ((0.3, 0.7, np.nan), 3, 0.3)],
)
def test_the_first_window_is_searched_until_it_is_good(
    losses: tuple[float, ...], tried: int, best: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    dampings = []

    def search(problem: Any, first: Any, *, max_evals: int, damping: Damping, tolerance: float) -> Any:
        assert (problem, max_evals) == ("problem", 7)
        assert first.loss == 5.0
        dampings.append(damping)
        return first._replace(loss=losses[len(dampings) - 1])

    monkeypatch.setattr(method, "minimise_along_time", search)
    window = SimulatedWindow(5.0, *[None] * (len(SimulatedWindow._fields) - 1))  # pyright: ignore[reportArgumentType]
    found = inspect.unwrap(method.minimise_start)("problem", window, max_evals=7)
    assert found.loss == best
    assert dampings == list(method.STARTS[:tried])
