"""The CPU time of a run, by stage. The clock is made up, so that the times are known."""

from collections.abc import Callable

import pytest

from pipelines import stages
from pipelines.stages import measured, stage


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Return what takes so many seconds."""
    now = [100.0]
    monkeypatch.setattr(stages, "cpu_seconds", lambda: now[0])

    def take(seconds: float) -> None:
        now[0] += seconds

    return take


def test_each_second_counts_once_for_the_innermost_stage(work: Callable[[float], None]) -> None:
    @stage("fit")
    def fit() -> None:
        work(4.0)

    with measured() as seconds:
        work(1.0)
        for _ in range(2):
            with stage("scene"):
                work(0.5)
                with stage("detector"):
                    work(2.0)
                work(0.25)
        with pytest.raises(ValueError, match="broken"), stage("physics"):
            work(3.0)
            raise ValueError("broken")
        fit()
    fit()  # nobody measures
    assert seconds == {"other": 1.0, "scene": 1.5, "detector": 4.0, "physics": 3.0, "fit": 4.0}


def test_the_time_of_this_process_counts() -> None:
    with measured() as seconds:
        end = stages.cpu_seconds() + 0.05
        while stages.cpu_seconds() < end:
            pass
    assert seconds["other"] == pytest.approx(0.05, rel=0.2)
