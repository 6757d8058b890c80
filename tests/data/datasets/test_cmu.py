import pytest

from data.clip import InputError
from data.datasets import cmu


def test_cmu_clips_are_found_by_name(tmp_path):
    for name in ("a/walk.bvh", "b/walk.bvh", "b/run.AMC", "b/02.asf", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert list(cmu.find_clips(tmp_path)) == ["a/walk.bvh", "run", "b/walk.bvh"]
    with pytest.raises(InputError, match="no folder"):
        cmu.find_clips(tmp_path / "none")
    with pytest.raises(InputError, match=f"notes.txt is a file: give its folder, {tmp_path}, with --root"):
        cmu.find_clips(tmp_path / "notes.txt")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no"):
        cmu.find_clips(tmp_path / "empty")
