"""The choice of reader, and the list of CMU recordings."""

import shutil

import pytest

from data import formats
from data.clip import InputError
from data.datasets import cmu as cmu_dataset


def test_the_suffix_chooses_the_reader(person_bvh, tmp_path):
    assert formats.read(person_bvh).name == "person"
    shutil.copy(person_bvh, tmp_path / "UPPER.BVH")
    assert formats.read(tmp_path / "UPPER.BVH").num_frames == 61


@pytest.mark.parametrize("suffix", [".amc", ".json", ".txt", ".fbx", ".asf"])
def test_another_format_under_that_name_is_refused(person_bvh, tmp_path, suffix):
    path = tmp_path / f"clip{suffix}"
    shutil.copy(person_bvh, path)
    with pytest.raises(InputError, match="not a|unknown suffix|without motion"):
        formats.read(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"there is no file .*builtin:NAME"):
        formats.read(tmp_path / "none.bvh")
    with pytest.raises(InputError, match="is a folder: name one of the motion files in it"):
        formats.read(tmp_path)


def test_cmu_clips_are_found_by_name(tmp_path):
    for name in ("a/walk.bvh", "b/walk.bvh", "b/run.AMC", "b/02.asf", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert list(cmu_dataset.clips(tmp_path)) == ["a/walk.bvh", "run", "b/walk.bvh"]
    with pytest.raises(InputError, match="no folder"):
        cmu_dataset.clips(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no"):
        cmu_dataset.clips(tmp_path / "empty")
