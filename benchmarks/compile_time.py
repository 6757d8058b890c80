"""Prints the seconds from a fresh process's first call of loss and gradient of a 1 s window to its result.

`python -m benchmarks.compile_time CACHE`: the compilation cache is the folder CACHE.
"""

import sys
import time

import jax

from benchmarks.rollouts import RATE, walker, window_problem
from diffphy.reconstruction.problem import loss_and_gradient
from pipelines.jax_setup import configure


def main(cache: str) -> None:
    """Compile once and say how long it took."""
    configure(cache)
    problem, parameters = window_problem(walker(), RATE)
    start = time.perf_counter()
    jax.block_until_ready(loss_and_gradient(problem, parameters))
    print(time.perf_counter() - start)


if __name__ == "__main__":
    main(sys.argv[1])
