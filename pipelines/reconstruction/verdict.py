"""How far a result can be trusted, by what was found about its recording."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

from data.finding import Finding, Level, worst


class Verdict(TypedDict):
    """The verdict on a run.

    Attributes:
        level: "good", "doubtful" where the result may be wrong, or "bad" where it must be.
        reasons: What makes it doubtful or bad, one sentence each.
        assumed: What nobody said and the recording does not tell, one sentence each.
    """

    level: Level
    reasons: list[str]
    assumed: NotRequired[list[str]]  # an older version wrote none


def verdict_on(findings: tuple[Finding, ...]) -> Verdict:
    """Return the verdict that follows from what was found."""
    return {
        "level": worst(findings),
        "reasons": [finding.sentence for finding in findings if finding.level != "good"],
        "assumed": [finding.sentence for finding in findings if finding.level == "good" and finding.sentence],
    }


def describe(verdict: Verdict) -> str:
    """Return the verdict as text: a reason or an assumption a line."""
    assumed = (f"assumed: {sentence}" for sentence in verdict.get("assumed", ()))
    return "\n  ".join([f"Verdict: {verdict['level']}", *verdict["reasons"], *assumed])


def list_doubts(verdicts: Mapping[str, Verdict]) -> list[str]:
    """Return what makes the results of several recordings doubtful or bad, a line for each reason."""
    return [
        f"{name} is {verdict['level']}: {reason}" for name, verdict in verdicts.items() for reason in verdict["reasons"]
    ]
