"""Whether feet that stand in the followed motion slide in the simulation.

A foot slides as in the metric `foot_skate_pct`: by more than 2 cm in 1/25 s.
"""

from data.finding import Finding, grade
from pipelines.reconstruction.judgements.result import Result

SLIDES_M_PER_S = 0.5
OF_STANDING_PCT = (10.0, 50.0)  # our choice; built-in motions have up to 3.1


def judge_skate(result: Result) -> Finding | None:
    """Judge how often standing feet slide. None where none stands."""
    if not result.stands.any():
        return None
    share = 100 * float((result.slide > SLIDES_M_PER_S).sum() / result.stands.sum())
    when = result.slide.max(axis=1) > SLIDES_M_PER_S
    return grade(
        "standing feet",
        share,
        OF_STANDING_PCT,
        "% of the time sliding",
        f"feet of {result.name} that stand slide {share:.0f} % of the time{result.when(when)}; {result.remedy}",
    )
