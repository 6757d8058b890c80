"""Whether all of the force that moves the body has a source: its weight, or what it touches.

The solver of a step leaves at most 0.2 % of the weight in the built-in motions. Hicks et al. (Is my model good enough?,
2015) accept 5 % of the force on the ground.
"""

import numpy as np

from data.finding import Finding, grade
from pipelines.reconstruction.judgements.result import Result

OF_WEIGHT_PCT = (2.0, 50.0)  # in any frame; the second is our choice


def judge_residual_force(result: Result) -> Finding:
    """Judge the force that moves the whole body and that nothing exerts."""
    force = 100 * result.motion.residual_force_N.astype(float) / result.motion.body_weight
    unsolved = ~(force <= OF_WEIGHT_PCT[0])  # what is no number, too
    return grade(
        "forces from nowhere",
        float(np.max(force)),
        OF_WEIGHT_PCT,
        "% of the weight",
        f"{unsolved.sum()} of {len(force)} frames of {result.name} are not quite physical: a force of up to "
        f"{np.max(force):.0f} % of the weight, which nothing exerts, moves the body{result.when(unsolved)}; give a "
        "larger simulation.substeps with --config",
    )
