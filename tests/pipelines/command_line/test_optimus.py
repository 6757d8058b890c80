"""The command `optimus`: what it can do, and how it refuses."""

import json

import pytest

from pipelines.command_line.optimus import main


def outcome(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    code = stopped.value.code
    assert isinstance(code, int)
    return code


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome(["--help"]) == 0
    text = capsys.readouterr().out
    for name in ("train", "benchmark", "curves", "describe"):
        assert name in text


def test_describe_prints_json_that_programs_can_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome(["describe", "--json"]) == 0
    described = json.loads(capsys.readouterr().out)
    assert described["adafactor_mlp_small"]["parameters"] == 22_411
    assert outcome(["describe"]) == 0
    assert "811,531" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["train", "--out", "run", "--config", "absent.yaml"], "absent.yaml"),
        (["train", "--out", "absent", "--resume"], "absent holds no run: there is no config.yaml in it"),
        (["train", "--out", "run", "--process", "0"], "need --coordinator, --processes and --process, all three"),
        (["benchmark", "--out", "absent", "--resume"], "absent holds no run: there is no config.yaml in it"),
        (["benchmark", "--quick", "--resume"], "results/quick holds no run"),
        (["benchmark", "--quick", "--config", "mine.yaml"], "give it or --config, not both"),
        (["curves", "absent"], "absent holds no training run that was validated"),
    ],
)
def test_what_cannot_be_done_gets_one_sentence(
    arguments: list[str], sentence: str, tmp_path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert outcome(arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith("Error: ")
    assert sentence in said
    assert said.count("\n") == 1
    assert not list(tmp_path.iterdir())
