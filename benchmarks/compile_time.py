"""The time of the first calls in a fresh process: what a default run compiles for its windows. Prints CPU seconds.

These are the programs of a window of the first pass and of a part of the second one: simulating, linearising, and the
Riccati recursion. `python -m benchmarks.compile_time CACHE` keeps compiled programs, and their traces, in the folder
CACHE.
"""

import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.rollouts import RATE, walker, window_problem
from diffphy.compiled import keep_traces
from diffphy.reconstruction.window_methods import along_time
from optimus import minimise_along_time
from pipelines.config import RunConfig
from pipelines.jax_setup import configure
from pipelines.reconstruction.method import sizes_in_frames
from pipelines.trace_folder import TraceFolder


def main(cache: str) -> None:
    """Compile once, and print how many seconds it took."""
    configure(cache)
    keep_traces(TraceFolder(Path(cache) / "traces"))
    subject, settings = walker(), RunConfig()
    second = settings.optimizer.second_pass
    assert second is not None  # by default
    problems = [window_problem(subject, sizes_in_frames(each, RATE).length) for each in (settings.windows, second)]
    start = time.process_time()
    for problem, parameters in problems:
        along = along_time(problem, lambda terms: None, start_unit=0.0)
        minimise_along_time(along, along.begin(np.asarray(parameters.offset)), max_evals=2)
    print(time.process_time() - start)


if __name__ == "__main__":
    main(sys.argv[1])
