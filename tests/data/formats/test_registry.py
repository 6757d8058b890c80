"""The choice of reader, and the list of CMU recordings."""

import shutil

import numpy as np
import pytest

from data import builtin_clips, formats
from data.clip import InputError
from data.datasets import cmu as cmu_dataset
from data.formats import bvh
from data.formats.reading import MotionFormat, MotionReader
from tests.data.formats.test_asf_amc import AMC, ASF


def test_the_suffix_chooses_the_reader(person_bvh, tmp_path):
    assert formats.read(person_bvh).name == "person"
    shutil.copy(person_bvh, tmp_path / "UPPER.BVH")
    assert formats.read(tmp_path / "UPPER.BVH").num_frames == 61


def test_a_given_rate_reaches_every_reader(person_bvh, tmp_path):
    (tmp_path / "07.asf").write_text(ASF)
    (tmp_path / "07_01.amc").write_text(AMC)
    shutil.copy(builtin_clips.clip_path("walk"), tmp_path / "walk.txt")
    for source in (person_bvh, tmp_path / "07_01.amc", tmp_path / "walk.txt", "builtin:walk"):
        own, given = formats.read(source), formats.read(source, fps=40.0)
        assert own.fps != given.fps == 40.0
        assert [note for note in given.notes if "rate" in note] == ["frame rate: 40 per second, as given"]
        np.testing.assert_array_equal(given.positions, own.positions)


def test_a_file_that_the_recording_is_not_read_with_is_refused(person_bvh):
    with pytest.raises(InputError, match=r"is a file of BVH: --asf \(input.asf\) has no effect on it, remove it"):
        formats.read(person_bvh, asf="07.asf")
    with pytest.raises(InputError, match=r"is a built-in clip: --body-model \(input.body_model\) has no effect"):
        formats.read("builtin:walk", body_model="smpl.npz")


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
    assert list(cmu_dataset.find_clips(tmp_path)) == ["a/walk.bvh", "run", "b/walk.bvh"]
    with pytest.raises(InputError, match="no folder"):
        cmu_dataset.find_clips(tmp_path / "none")
    with pytest.raises(InputError, match=f"notes.txt is a file: give its folder, {tmp_path}, with --root"):
        cmu_dataset.find_clips(tmp_path / "notes.txt")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no"):
        cmu_dataset.find_clips(tmp_path / "empty")


def test_formats_with_one_suffix_are_told_apart_by_content(tmp_path, monkeypatch):
    """The first format that holds the content reads the file; otherwise the last one says what is wrong."""
    marked = MotionFormat("marked", (".npz",), bvh.read, lambda path: path.read_bytes().startswith(b"marked"))
    monkeypatch.setattr(formats, "MOTION_FORMATS", (marked, *formats.MOTION_FORMATS))
    (tmp_path / "a.npz").write_bytes(b"marked")
    (tmp_path / "b.npz").write_bytes(b"other")
    assert formats.find_format(tmp_path / "a.npz") is marked
    assert formats.find_format(tmp_path / "b.npz").name == "AMASS"


def test_a_new_format_is_read_and_offered_without_other_changes(person_bvh, tmp_path, monkeypatch):
    new = MotionFormat("new", (".mocap",), bvh.read)
    monkeypatch.setattr(formats, "MOTION_FORMATS", (*formats.MOTION_FORMATS, new))
    shutil.copy(person_bvh, tmp_path / "walk.mocap")
    assert formats.read(tmp_path / "walk.mocap").num_frames == 61
    with pytest.raises(InputError, match=r"\.txt or \.mocap file, or builtin:NAME"):
        formats.read(tmp_path / "none.mocap")


def test_every_reader_fits_the_protocol():
    assert all(isinstance(each.read, MotionReader) for each in formats.MOTION_FORMATS)
    assert formats.motion_suffixes() == (".bvh", ".amc", ".c3d", ".npz", ".json", ".txt")
