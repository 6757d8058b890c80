"""The verdict on a run follows from what was found about its recording."""

from data.finding import Finding, assume
from pipelines.reconstruction.verdict import describe, verdict_on

GOOD = Finding("good", "lean", "3 degrees", "at most 18 degrees")
DOUBT = Finding("doubtful", "rate", "1 a second", "10 a second", "the rate is doubtful: give it with --fps")
BAD = Finding("bad", "sides", "-20 %", "+6 %", "left and right are wrong: export it again")

ASSUMED = assume("mass", "60 kg", "a mass of 60 kg: give --mass")


def test_the_worst_finding_decides_and_all_reasons_are_given() -> None:
    assert verdict_on((GOOD, GOOD)) == {"level": "good", "reasons": [], "assumed": []}
    assert verdict_on((GOOD, DOUBT)) == {"level": "doubtful", "reasons": [DOUBT.sentence], "assumed": []}
    assert verdict_on((BAD, GOOD, DOUBT)) == {
        "level": "bad",
        "reasons": [BAD.sentence, DOUBT.sentence],
        "assumed": [],
    }


def test_what_was_assumed_is_listed_and_makes_nothing_doubtful() -> None:
    verdict = verdict_on((GOOD, ASSUMED))
    assert verdict == {"level": "good", "reasons": [], "assumed": [ASSUMED.sentence]}
    assert describe(verdict).splitlines() == ["Verdict: good", f"  assumed: {ASSUMED.sentence}"]


def test_the_end_of_a_run_says_it_a_reason_a_line() -> None:
    assert describe(verdict_on((GOOD,))) == "Verdict: good"
    assert describe(verdict_on((BAD, DOUBT))).splitlines() == [
        "Verdict: bad",
        f"  {BAD.sentence}",
        f"  {DOUBT.sentence}",
    ]
