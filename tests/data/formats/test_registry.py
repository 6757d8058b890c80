"""The choice of reader."""

import shutil

import numpy as np
import pytest

from data import builtin_clips, formats
from data.clip import InputError
from data.formats import bvh, registry
from data.formats.reading import MotionFormat, ReadOptions
from tests.data.formats.test_asf_amc import AMC, ASF
from tests.messages import check_remedy


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
    with pytest.raises(InputError, match="not a|closed format|without motion"):
        formats.read(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"there is no file .*builtin:NAME"):
        formats.read(tmp_path / "none.bvh")
    with pytest.raises(InputError, match="is a folder: name one of the motion files in it"):
        formats.read(tmp_path)


def test_formats_with_one_suffix_are_told_apart_by_content(tmp_path, monkeypatch):
    """The first format that holds the content reads the file; otherwise the last one says what is wrong."""
    marked = MotionFormat("marked", (".npz",), bvh.read, lambda path: path.read_bytes().startswith(b"marked"))
    monkeypatch.setattr(registry, "MOTION_FORMATS", (marked, *registry.MOTION_FORMATS))
    (tmp_path / "a.npz").write_bytes(b"marked")
    (tmp_path / "b.npz").write_bytes(b"other")
    assert registry.find_format(tmp_path / "a.npz") is marked
    assert registry.find_format(tmp_path / "b.npz").name == "AMASS"


def test_a_new_format_is_read_and_offered_without_other_changes(person_bvh, tmp_path, monkeypatch):
    new = MotionFormat("new", (".mocap",), bvh.read)
    monkeypatch.setattr(registry, "MOTION_FORMATS", (*registry.MOTION_FORMATS, new))
    shutil.copy(person_bvh, tmp_path / "walk.mocap")
    assert formats.read(tmp_path / "walk.mocap").num_frames == 61
    with pytest.raises(InputError, match=r"\.txt or \.mocap file, or builtin:NAME"):
        formats.read(tmp_path / "none.mocap")


@pytest.mark.parametrize("each", registry.MOTION_FORMATS, ids=lambda each: each.name)
def test_every_reader_takes_a_path_and_options_and_says_what_it_cannot_read(tmp_path, each):
    for suffix in each.suffixes:
        path = tmp_path / f"clip{suffix}"
        path.write_text("no recording\n" * 100)
        with pytest.raises(InputError, match=str(path)) as refused:
            each.read(path, ReadOptions(fps=30.0))
        check_remedy(str(refused.value))


def test_the_suffixes_of_all_formats():
    assert formats.motion_suffixes() == (".bvh", ".amc", ".c3d", ".trc", ".glb", ".gltf", ".npz", ".json", ".txt")
