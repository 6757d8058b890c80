"""What a recording was found to be, beside what a person is: a measurement, its limit, and how far to trust it."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["good", "doubtful", "bad"]


@dataclass(frozen=True)
class Finding:
    """One measurement of a recording.

    Attributes:
        level: "good" within the limit, "doubtful" where the result may be wrong, "bad" where it must be.
        name: What was judged, such as "lean" or "rate".
        value: What was measured, with its unit, such as "30 degrees".
        limit: What a person's motion has, with its unit, such as "at most 12 degrees".
        sentence: What is wrong, where, and what to do. Of a good one: what was assumed and what follows it; mostly
            empty.
    """

    level: Level
    name: str
    value: str
    limit: str
    sentence: str = ""


def assume(name: str, value: str, sentence: str) -> Finding:
    """Return the finding that something was assumed, as nobody said it and the recording does not tell it.

    Args:
        name: What was assumed.
        value: The value that was taken, with its unit.
        sentence: What was assumed, what follows it, and how to say it.
    """
    return Finding("good", name, value, "assumed", sentence)


def worst(findings: tuple[Finding, ...]) -> Level:
    """Return the level of the worst finding; "good" where there is none."""
    levels = {finding.level for finding in findings}
    return "bad" if "bad" in levels else "doubtful" if "doubtful" in levels else "good"


def level_of(value: float, limits: tuple[float, float]) -> Level:
    """Return "doubtful" above the first limit and "bad" above the second. What is no number is bad."""
    doubtful, bad = limits
    return "good" if value <= doubtful else "doubtful" if value <= bad else "bad"


def grade(name: str, value: float, limits: tuple[float, float], unit: str, sentence: str) -> Finding:
    """Return the finding on a measurement that should be small.

    Args:
        name: What was judged.
        value: What was measured.
        limits: Doubtful above the first, bad above the second.
        unit: Unit of the value and the limits.
        sentence: What is wrong if it is not good, where, and what to do.
    """
    level = level_of(value, limits)
    limit = f"at most {limits[0]:g} {unit}"
    return Finding(level, name, f"{value:.1f} {unit}", limit, "" if level == "good" else sentence)
