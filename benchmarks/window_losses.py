"""How low Gauss-Newton's method and L-BFGS bring the losses of windows, from the same start.

Run `python -m benchmarks.window_losses --out FILE.md`. From each recording one window is taken, in the middle of the
motion, which the windows before it have reached by Gauss-Newton's method. Each search starts from the same guess.
"""

import argparse
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.jax_setup import configure

configure()

from rich.console import Console  # noqa: E402

from diffphy.reconstruction.window_methods import ByGradient, BySquares, WindowMethod  # noqa: E402
from diffphy.reconstruction.windows import ResumePoint, WindowSolver  # noqa: E402
from optimus.gauss_newton import minimise_along_time  # noqa: E402
from optimus.minimisation import minimise  # noqa: E402
from pipelines.config import load  # noqa: E402
from pipelines.inputs.prepare import prepare  # noqa: E402
from pipelines.inputs.subject import build_keyframes  # noqa: E402
from pipelines.reconstruction.method import build_method  # noqa: E402
from pipelines.reconstruction.solve import build_solver, window_sizes  # noqa: E402

RECORDINGS = [f"builtin:{name}" for name in ("walk", "cartwheel", "backflip", "dance_b", "crawl", "spinkick")]
EVALUATIONS = {"gauss_newton": (3, 7, 20, 100), "lbfgs": (30, 100, 300, 1000)}

Row = dict[str, tuple[float, float]]
"""Method and evaluations -> the lowest loss and the CPU seconds."""


def by_squares(evaluations: int) -> WindowMethod:
    """Return Gauss-Newton's method as windows use it."""
    method: Any = partial(minimise_along_time, max_evals=evaluations)
    return BySquares(method, method)


def by_gradient(evaluations: int) -> WindowMethod:
    """Return L-BFGS."""
    return ByGradient(lambda evaluate, x0: minimise(evaluate, x0, "lbfgs", max_evals=evaluations))


METHODS: Mapping[str, Callable[[int], WindowMethod]] = {"gauss_newton": by_squares, "lbfgs": by_gradient}


def middle(recording: str) -> tuple[WindowSolver, Any, ResumePoint]:
    """Return the solver of a recording, its keyframes, and the point from which its middle window starts."""
    config = load(None, {"clip": recording})
    subject = prepare(config)
    method = build_method(config.optimizer, window_sizes(config).length)
    solver, observed = build_solver(subject, config, method), build_keyframes(subject)
    for window in solver.reconstruct(observed):
        if window.resume_point.frame >= len(observed) // 2:
            return solver, observed, window.resume_point
    raise ValueError(f"{recording} has no middle")


def measure(recording: str) -> Row:
    """Return what each search reaches."""
    solver, observed, point = middle(recording)
    row: Row = {}
    for name, counts in EVALUATIONS.items():
        for count in counts:
            start = time.process_time()
            window = replace(solver, method=METHODS[name](count)).solve_next_window(observed, point)
            losses = [sum(terms.values()) for terms in window.terms]
            row["start"] = losses[0], 0.0
            row[f"{name} {count}"] = float(np.nanmin(losses)), time.process_time() - start
    return row


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recordings", nargs="*", default=RECORDINGS, metavar="RECORDING")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    measure(arguments.recordings[0])  # compiles
    lines: list[str] = []
    for recording in arguments.recordings:
        row = measure(recording)
        if not lines:
            lines += ["| loss (CPU s) | " + " | ".join(row) + " |", "| --- |" + " ---: |" * len(row)]
        cells = (f"{loss:.4f}" + (f" ({seconds:.1f})" if seconds else "") for loss, seconds in row.values())
        lines.append(f"| {Path(recording).stem.removeprefix('builtin:')} | {' | '.join(cells)} |")
        Console().print(lines[-1])
        arguments.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
