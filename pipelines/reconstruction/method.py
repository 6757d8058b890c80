"""The optimizer of a run, as windows use it."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from data.clip import InputError
from diffphy.reconstruction.minimiser import Minimise
from diffphy.reconstruction.motion_gains import MotionGains
from diffphy.reconstruction.polish import Polish
from diffphy.reconstruction.simulated_window import SimulatedWindow
from diffphy.reconstruction.window_methods import (
    ByGradient,
    BySquares,
    MinimiseSquares,
    WindowAlongTime,
    WindowMethod,
)
from diffphy.reconstruction.windows import WindowSizes
from optimus import models
from optimus.basin_hopping import BasinHopping
from optimus.gauss_newton import USUAL, Damping, find_gains, minimise_along_time, rejoin
from optimus.learned_quasi_newton import LearnedQuasiNewton
from optimus.minimisation import minimise
from optimus.optimizers import Optimizer, get
from optimus.stopping import RelativeDecrease
from pipelines import config as configuration
from pipelines import terminal

MOTION_WEIGHTS = "optimus_walk"
"""The weights of Optimus that were trained on motion."""

WEIGHTS = {"optimus": MOTION_WEIGHTS, "adafactor_mlp": "adafactor_mlp"}
"""Learned optimizer -> its weights unless others are given."""

MOTION_TASKS = "diffphy_windows"
"""The task family of windows of motion."""


# The first window also finds the initial velocity, and may end in a minimum from which no later window gets out. So it
# is searched again with other dampings until it is good. With less damping first, noisy keypoints are followed.
STARTS = (Damping(0.1, 0.05), Damping(0.3, 0.1), Damping(0.1, 0.002))
GOOD_START = 0.1  # loss: that of joints some 3 cm away
START_TOLERANCE = 1e-3

RETRIES = (USUAL, Damping(0.2, 0.2))  # after a fall: a longer search, then one in smaller steps
RETRY_EVALS = 40
POLISH = Damping(2e-2, 2e-3)  # a part starts near its end, so its steps need little damping


@dataclass(frozen=True)
class Method:
    """The optimizer of a run, as windows use it.

    Attributes:
        windows: Solves windows.
        pose: The minimiser of the first pose.
        polish: The second pass; None for none.
        retries: Methods to try where the body falls.
        gains: What finds the feedback gains of the second pass's motion; None without a second pass.
    """

    windows: WindowMethod
    pose: Minimise
    polish: Polish | None = None
    retries: tuple[WindowMethod, ...] = ()
    gains: MotionGains | None = None


def build_method(settings: configuration.Optimizer, frames: int, rate: float = 30.0, seed: int = 0) -> Method:
    """Return the optimizer of a run, as windows use it.

    Args:
        settings: The optimizer.
        frames: Number of control frames in a window.
        rate: Control frames a second, Hz.
        seed: Of basin-hopping.

    Raises:
        InputError: A setting has no effect with this optimizer, or the second pass has too short windows.
        OptimusError: The name or an option of the optimizer is unknown.
    """
    check_optimizer(settings)
    polish = None if settings.second_pass is None else _build_polish(settings.second_pass, frames, rate)
    gains = None if polish is None else MotionGains(partial(find_gains, damping=POLISH.least), polish.sizes)
    if settings.name != configuration.GAUSS_NEWTON:
        minimisers = build_minimisers(settings, frames, seed)
        return Method(ByGradient(minimisers.window, minimisers.start), minimisers.start, polish, gains=gains)
    first = 2 * settings.max_evals if settings.first_max_evals is None else settings.first_max_evals
    windows: MinimiseSquares = partial(minimise_along_time, max_evals=settings.max_evals, tolerance=settings.tolerance)
    start: MinimiseSquares = partial(minimise_start, max_evals=first)
    pose = build_minimisers(configuration.Optimizer(name="lbfgs"), frames).start
    retries = (BySquares(partial(minimise_along_time, max_evals=RETRY_EVALS, damping=each), start) for each in RETRIES)
    return Method(BySquares(windows, start), pose, polish, tuple(retries), gains)


def minimise_start(problem: WindowAlongTime, first: SimulatedWindow, *, max_evals: int) -> SimulatedWindow:
    """Return the best first window that Gauss-Newton's method finds with some dampings.

    Args:
        problem: The window.
        first: Where each search starts.
        max_evals: Evaluations of each.
    """
    found = first
    for damping in STARTS:
        other = minimise_along_time(problem, first, max_evals=max_evals, damping=damping, tolerance=START_TOLERANCE)
        found = min(found, other, key=lambda window: float(window.loss))
        if float(found.loss) < GOOD_START:
            break
    return found


def _build_polish(settings: configuration.SecondPass, frames: int, rate: float) -> Polish:
    sizes = sizes_in_frames(settings, rate)
    if sizes.length < frames:
        raise InputError(
            f"optimizer.second_pass.length_s is {settings.length_s:g} s, less than a window of the first pass "
            "(windows.length_s): make it longer"
        )
    minimise: MinimiseSquares = partial(
        minimise_along_time, max_evals=settings.max_evals, tolerance=settings.tolerance, damping=POLISH
    )
    return Polish(minimise, rejoin, sizes)


def sizes_in_frames(windows: configuration.Windows, rate: float) -> WindowSizes:
    """Return the lengths of window and stride at this control rate, Hz.

    Raises:
        InputError: The stride has no frame.
    """
    length, stride = (round(seconds * rate) for seconds in (windows.length_s, windows.stride_s))
    if stride < 1:
        raise InputError(f"a window keeps {windows.stride_s:g} s (stride_s), less than a control frame: make it longer")
    return WindowSizes(length, stride)


def check_feedback(config: configuration.RunConfig, method: Method) -> None:
    """Check that the feedback gains can be found, if they are wanted.

    Raises:
        InputError: There is no second pass.
    """
    if config.output.feedback and method.gains is None:
        raise InputError(
            "--feedback (output.feedback) needs a second pass, and optimizer.second_pass is null: leave it out, or use "
            "the optimizer gauss_newton with a second pass"
        )


@dataclass(frozen=True)
class Minimisers:
    """The optimizer of a run, as windows use it.

    Attributes:
        start: For the initial pose and velocity.
        window: For the windows.
    """

    start: Minimise
    window: Minimise


def check_optimizer(settings: configuration.Optimizer) -> None:
    """Check that there is an optimizer of this name with these options.

    Raises:
        InputError: A setting has no effect with this optimizer.
        OptimusError: The name or an option of the optimizer is unknown.
    """
    usual, gauss_newton = configuration.Optimizer(name=settings.name), settings.name == configuration.GAUSS_NEWTON
    if not gauss_newton:
        get(settings.name, **settings.options)
    for key in ("options", "hops", "stopping") if gauss_newton else ("quality", "tolerance"):
        if getattr(settings, key) != getattr(usual, key):
            raise InputError(
                f"optimizer.{key} has no effect with the optimizer {settings.name}: remove it, or choose another"
            )


def build_minimisers(settings: configuration.Optimizer, frames: int, seed: int = 0) -> Minimisers:
    """Return the optimizer of a run, as windows use it. Warn if its weights were not made for such windows.

    Args:
        settings: The optimizer.
        frames: Number of control frames in a window.
        seed: Of basin-hopping. Every window makes the same hops, so a resumed run gives the same numbers.

    Raises:
        OptimusError: The name or an option of the optimizer is unknown.
    """
    weights = settings.options.get("weights", WEIGHTS.get(settings.name))
    learned = weights is not None
    optimizer = get(settings.name, **(settings.options | ({"weights": weights} if learned else {})))
    at_start = get("lbfgs") if learned else optimizer  # weights know nothing of initial velocities
    if learned:
        _warn_of_weights(str(weights), optimizer, frames)
    first = settings.max_evals if settings.first_max_evals is None else settings.first_max_evals
    stopping = None if settings.stopping is None else RelativeDecrease(**settings.stopping.model_dump())

    def build(optimizer: Optimizer, max_evals: int, stopping: RelativeDecrease | None) -> Minimise:
        def run(evaluate: Any, x0: Any) -> Any:
            result = minimise(evaluate, x0, optimizer, max_evals=max_evals, stopping=stopping)
            if result.interrupted:
                # Half a window is not kept: a resumed run must give what an uninterrupted one gives.
                raise KeyboardInterrupt
            return result

        return run

    if (hops := settings.hops) is None:
        return Minimisers(build(at_start, first, stopping), build(optimizer, settings.max_evals, stopping))
    hopping = BasinHopping(
        optimizer, hops.number, settings.max_evals, step_size=hops.size, seed=seed, stopping=stopping
    )
    return Minimisers(build(at_start, first, stopping), build(hopping, settings.max_evals * (hops.number + 1), None))


def _warn_of_weights(weights: str, optimizer: Optimizer, frames: int) -> None:
    """Warn if weights were not made for windows of this many control frames."""
    if models.trained_on(weights) != MOTION_TASKS:
        terminal.warn(
            f"the weights {weights} were not trained on motion: expect far larger errors than with --optimizer lbfgs, "
            f"or with optimus and its weights {MOTION_WEIGHTS}"
        )
    if isinstance(optimizer, LearnedQuasiNewton) and frames != optimizer.model.frames:
        terminal.warn(
            f"a window has {frames} control frames, and the weights were trained on {optimizer.model.frames}: "
            "L-BFGS solves it with their profile of curvature, without learned steps"
        )
