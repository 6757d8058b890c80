import json
import pathlib

import pytest

from data.clip import InputError
from data.datasets import builtin
from pipelines import evaluate
from pipelines.clip_set import ClipSet, builtin_clips, cmu_clips
from pipelines.config import RunConfig, ThroughCamera, load


def test_the_fifteen_humanoid_clips_are_the_benchmark() -> None:
    assert len(builtin_clips(walker=False).clips) == 15
    assert len(builtin_clips(walker=True).clips) == 20
    assert builtin_clips(walker=False).clips["walk"] == "builtin:walk"


def test_recordings_are_found_by_name(tmp_path: pathlib.Path) -> None:
    (tmp_path / "walk.bvh").write_text("")
    assert cmu_clips(tmp_path).clips == {"walk": str(tmp_path / "walk.bvh")}
    assert cmu_clips(tmp_path, "human36m").name == "cmu_through_human36m_cameras"


def test_long_files_come_first(tmp_path: pathlib.Path) -> None:
    (tmp_path / "long.bvh").write_text("x" * 100)
    (tmp_path / "short.bvh").write_text("x")
    sources = {"walk": "builtin:walk", "short": str(tmp_path / "short.bvh"), "long": str(tmp_path / "long.bvh")}
    configs = {name: RunConfig(clip=source) for name, source in sources.items()}
    assert evaluate._longest_first(configs) == ["long", "short", "walk"]


def test_keypoints_are_followed_with_the_errors_that_a_configuration_has(quick_config: RunConfig) -> None:
    assert evaluate._followed(quick_config, True).through == ThroughCamera()
    given = load(None, {"through.camera": "54138969", "through.errors.noise_px": 12.0})
    assert evaluate._followed(given, True) is given
    assert evaluate._followed(quick_config, False) is quick_config
    with pytest.raises(InputError, match="give --input keypoints, or leave it out"):
        evaluate._followed(given, False)


def test_a_failing_clip_does_not_lose_the_others(
    tmp_path: pathlib.Path, quick_config: RunConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    config_file = tmp_path / "config.yaml"
    config_file.write_text(quick_config.to_yaml())
    (tmp_path / "broken.json").write_text(builtin.path_of("walk").read_text()[:999])
    clips = ClipSet("set", {"walk": "builtin:walk", "broken": str(tmp_path / "broken.json")})
    with pytest.raises(SystemExit) as stopped:
        evaluate.run(clips, out=tmp_path / "out", config_file=config_file, overrides={}, how=evaluate.How(jobs=2))
    assert stopped.value.code == 1
    results = json.loads((tmp_path / "out" / "results.json").read_text())
    assert results["clips"].keys() == {"walk"}
    assert results["mean"]["mpjpe_g_mm"] == results["clips"]["walk"]["mpjpe_g_mm"] > 0
    assert "broken.json is not a DeepMimic file, or is cut short" in results["failed"]["broken"]
    assert (tmp_path / "out" / "walk" / "motion.npz").is_file()
    assert "broken failed: " in capsys.readouterr().out
