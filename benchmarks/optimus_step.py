"""Time and memory of one step of Optimus for several numbers of parameters: `python -m benchmarks.optimus_step`.

It compares B as a matrix with B as rank-one terms, and attention at once with attention in chunks. The results are
printed and written to bench_optimus.json. Every figure comes from its own process, so that peak memory is not shared.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

DIMENSIONS = (100, 1000, 10_000)
TERMS = 150  # rank-one terms after fifty steps
FORMS = {
    "dense B": (10**9, None),
    "factored B": (TERMS, None),
    "factored B, attention in chunks": (TERMS, 256),
}
"""By name: capacity of B, and number of queries that attend at a time (None: all)."""


def measure(form: str, dimension: int, repetitions: int) -> dict[str, float]:
    """Measure one form in this process.

    Returns:
        Median seconds of a step, and of the update and product of B alone. Memory of a step and of the process, MB.
    """
    from pipelines.jax_setup import configure

    configure()
    import jax
    import jax.numpy as jnp

    from optimus.optimus import Optimus
    from optimus.preconditioner import Dense, Factored

    capacity, chunk = FORMS[form]
    model = Optimus(capacity=capacity, chunk=chunk)
    gradient = jax.random.normal(jax.random.key(1), (dimension,))
    params, state = model.init(jax.random.key(0)), model.start(gradient)
    step = jax.jit(model.update)
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    whole = _median(lambda: step(params, state, gradient, gradient), repetitions)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    made = Dense.identity(dimension) if form == "dense B" else Factored.identity(dimension, TERMS)
    terms = jnp.stack([gradient] * model.encoders) / dimension
    alone = jax.jit(lambda b, terms: (updated := b.update(terms, 1.0), updated @ gradient))
    return {
        "step_s": whole,
        "preconditioner_s": _median(lambda: alone(made, terms), repetitions),
        "step_memory_mb": (peak - base) / 1024,
        "peak_memory_mb": peak / 1024,
    }


def _median(task, repetitions: int) -> float:
    import jax

    jax.block_until_ready(task())
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        jax.block_until_ready(task())
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def main() -> None:
    """Measure all forms and dimensions or, with --form and --dimension, one of them, which is printed as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("bench_optimus.json"))
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--form", choices=FORMS)
    parser.add_argument("--dimension", type=int)
    arguments = parser.parse_args()
    if arguments.form:
        print(json.dumps(measure(arguments.form, arguments.dimension, arguments.repetitions)))
        return
    table = Table("form", "N", "step, ms", "B alone, ms", "memory of a step, MB", title="One step of Optimus")
    figures = {}
    for form in FORMS:
        for dimension in DIMENSIONS:
            command = [sys.executable, "-m", "benchmarks.optimus_step", "--form", form, "--dimension", str(dimension)]
            command += ["--repetitions", str(arguments.repetitions)]
            found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            figures[f"{form}, {dimension}"] = found
            cells = (1e3 * found["step_s"], 1e3 * found["preconditioner_s"], found["step_memory_mb"])
            table.add_row(form, f"{dimension:,}", *(f"{cell:,.1f}" for cell in cells))
    Console().print(table)
    arguments.out.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
