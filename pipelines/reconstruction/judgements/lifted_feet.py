"""Whether a foot bears the body while the followed motion has lifted it."""

import numpy as np

from data.finding import Finding, grade
from pipelines.reconstruction.judgements.result import Result

LIFTED_M = 0.08  # the errors of a film's fit are smaller
OF_LOAD_PCT = (8.0, 40.0)  # our choice; built-in motions have up to 5.1


def judge_lifted_feet(result: Result) -> Finding | None:
    """Judge the share of the feet's load on lifted feet. None where the feet bear nothing."""
    load = np.maximum(result.load, 0.0)
    if not load.any():
        return None
    lifted = result.height > LIFTED_M
    share = 100 * float((load * lifted).sum() / load.sum())
    when = (load * lifted).max(axis=1) > 0
    return grade(
        "support by lifted feet",
        share,
        OF_LOAD_PCT,
        "% of the load",
        f"feet of {result.name} that are lifted bear {share:.0f} % of the load"
        f"{result.when(when)}: do not use the forces of single feet; {result.remedy}",
    )
