"""The time of the first call in a fresh process: loss and gradient of a window of 1 s. Prints seconds.

`python -m benchmarks.compile_time CACHE` keeps compiled programs in the folder CACHE.
"""

import sys
import time

import jax

from benchmarks.rollouts import RATE, walker, window_problem
from diffphy.reconstruction.problem import loss_and_gradient
from pipelines.jax_setup import configure


def main(cache: str) -> None:
    """Compile once, and print how many seconds it took."""
    configure(cache)
    problem, parameters = window_problem(walker(), RATE)
    start = time.perf_counter()
    jax.block_until_ready(loss_and_gradient(problem, parameters))
    print(time.perf_counter() - start)


if __name__ == "__main__":
    main(sys.argv[1])
