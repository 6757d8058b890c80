"""What is said of bad input ends with what to do about it, whatever is bad."""

import pathlib
import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from data import formats
from data.clip import InputError, MotionClip, check_clip
from data.datasets import cmu as cmu_dataset
from data.formats import asf_amc, bvh, deepmimic
from data.resample import resample
from data.rigs import joint_maps
from data.rigs.retarget import Rig, retarget
from tests.data.formats import test_asf_amc, test_bvh, test_deepmimic
from tests.data.rigs import test_joint_maps
from tests.messages import check_remedy

# What is bad -> the file that is read, and what all the files hold.
_AMC, _ASF = "07_01.amc", "07.asf"
BAD_FILES: dict[str, tuple[str, dict[str, str]]] = {
    **{f"BVH {bad}": ("clip.bvh", {"clip.bvh": text}) for bad, text in test_bvh.BROKEN.items()},
    **{f"AMC {bad}": (_AMC, {_AMC: text, _ASF: test_asf_amc.ASF}) for bad, text in test_asf_amc.BROKEN_AMC.items()},
    **{f"ASF {bad}": (_AMC, {_AMC: test_asf_amc.AMC, _ASF: text}) for bad, text in test_asf_amc.BROKEN_ASF.items()},
    **{
        f"DeepMimic {bad}": ("clip.json", {"clip.json": test_deepmimic.as_text(content)})
        for bad, content in test_deepmimic.BROKEN.items()
    },
    "DeepMimic frame that is no list": ("clip.json", {"clip.json": '{"Frames": [1, 2]}'}),
    "AMC without a skeleton": (_AMC, {_AMC: test_asf_amc.AMC}),
    "AMC beside several skeletons": (_AMC, {_AMC: test_asf_amc.AMC, "1.asf": "", "2.asf": ""}),
    "ASF alone": (_ASF, {_ASF: test_asf_amc.ASF}),
    "bones of no length": ("clip.bvh", {"clip.bvh": re.sub(r"OFFSET .*", "OFFSET 0 0 0", test_bvh.ARM)}),
    "unknown suffix": ("clip.fbx", {"clip.fbx": "Kaydara"}),
    "no file": ("clip.bvh", {}),
}


@pytest.mark.parametrize("bad", BAD_FILES)
def test_what_is_said_of_a_bad_file_names_it_and_a_remedy(tmp_path, bad):
    name, files = BAD_FILES[bad]
    for other, text in files.items():
        (tmp_path / other).write_text(text)
    with pytest.raises(InputError) as error:
        formats.read(tmp_path / name, unit="m" if "absurd scale" in bad else None)
    message = str(error.value)
    assert any(str(tmp_path / file) in message for file in (name, *files))
    check_remedy(message)


@pytest.mark.parametrize("read", [bvh.read, asf_amc.read, deepmimic.read, joint_maps.read])
def test_what_is_said_of_a_file_that_cannot_be_read_names_it_and_a_remedy(tmp_path, read):
    with pytest.raises(InputError, match=f"cannot read .*{tmp_path}") as error:
        read(tmp_path)
    check_remedy(str(error.value))


@pytest.mark.parametrize("bad", test_joint_maps.BROKEN)
def test_what_is_said_of_a_bad_joint_map_names_it_and_a_remedy(tmp_path, bad):
    path = tmp_path / "map.yaml"
    path.write_text(test_joint_maps.BROKEN[bad])
    with pytest.raises(InputError, match=str(path)) as error:
        joint_maps.read(path)
    check_remedy(str(error.value))


def broken(clip: MotionClip) -> MotionClip:
    positions = np.array(clip.positions)
    positions[3] = np.nan
    return replace(clip, positions=positions)


def jumping(clip: MotionClip) -> MotionClip:
    positions = np.array(clip.positions)
    positions[3] += 10.0
    return replace(clip, positions=positions)


def joint_map(clip: MotionClip, **overrides: str) -> dict[str, str]:
    """Its joint map, in which some of our joints are other ones of ours."""
    found = joint_maps.detect(clip)
    return found | {ours: found[other] for ours, other in overrides.items()}


MISTAKES: dict[str, Callable[[MotionClip, Rig], object]] = {
    "unknown unit": lambda clip, rig: formats.read("builtin:walk", unit="ells"),
    "unknown up axis": lambda clip, rig: formats.read("builtin:walk", up_axis="w"),
    "absurd rate": lambda clip, rig: formats.read("builtin:walk", fps=0.0),
    "unknown built-in clip": lambda clip, rig: formats.read("builtin:wlak"),
    "folder in place of a file": lambda clip, rig: formats.read("/"),
    "absent folder": lambda clip, rig: cmu_dataset.find_clips("/absent"),
    "file in place of a folder": lambda clip, rig: cmu_dataset.find_clips(__file__),
    "folder without clips": lambda clip, rig: cmu_dataset.find_clips(pathlib.Path(__file__).parent),
    "unknown joint": lambda clip, rig: clip.joint("Tail"),
    "unknown joint in a joint map": lambda clip, rig: joint_maps.detect(clip, {"neck": "Tail"}),
    "unknown rig": lambda clip, rig: joint_maps.detect(
        replace(clip, joint_names=tuple(map(str, range(len(clip.joint_names)))), positions=0.0 * clip.positions)
    ),
    "joint named twice": lambda clip, rig: joint_maps.detect(clip, joint_map(clip, left_knee="left_hip")),
    "joints swapped": lambda clip, rig: joint_maps.detect(
        clip, joint_map(clip, left_knee="left_ankle", left_ankle="left_knee")
    ),
    "end after the end": lambda clip, rig: clip.between(None, 9.0),
    "part of no length": lambda clip, rig: clip.between(1.0, 1.0),
    "part that is not there": lambda clip, rig: clip.between(1.0, 9.0),
    "clip without a rate": lambda clip, rig: check_clip(replace(clip, fps=0.0), "clip"),
    "root that jumps": lambda clip, rig: check_clip(jumping(clip), "clip"),
    "clip with a NaN": lambda clip, rig: check_clip(broken(clip), "clip"),
    "resampling to no rate": lambda clip, rig: resample(clip, 0.0),
    "markers": lambda clip, rig: retarget(replace(clip, rotations=None), rig, joint_map(clip)),
    "incomplete joint map": lambda clip, rig: retarget(clip, rig, {"pelvis": clip.joint_names[0]}),
    "hips at one place": lambda clip, rig: retarget(clip, rig, joint_map(clip, left_hip="right_hip")),
    "bone of no length": lambda clip, rig: retarget(clip, rig, joint_map(clip, left_knee="left_hip")),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_is_said_of_a_mistake_ends_with_a_remedy(rig, person_bvh, mistake):
    clip = formats.read(person_bvh)
    with pytest.raises(InputError) as error:
        MISTAKES[mistake](clip, rig)
    check_remedy(str(error.value))
