"""Joint maps: the usual rigs are known, others can be named, mistakes are explained."""

import dataclasses
import pathlib
import re

import pytest

from data.clip import InputError, MotionClip
from data.formats import bvh
from data.rigs import joint_maps


@pytest.fixture
def clip(person_bvh: pathlib.Path) -> MotionClip:
    return bvh.read(person_bvh)


def renamed(clip: MotionClip, old: str, new: str) -> MotionClip:
    return dataclasses.replace(clip, joint_names=tuple(name.replace(old, new) for name in clip.joint_names))


@pytest.mark.parametrize("prefix", ["", "mixamorig:", "mixamorig1:", "mixamorig_", "Character1:"])
def test_prefixes_and_letter_case_are_ignored(clip, prefix):
    prefixed = renamed(clip, "mixamorig:", prefix)
    assert joint_maps.detect(prefixed)["left_knee"] == f"{prefix}LeftLeg"
    shouted = renamed(prefixed, "LeftLeg", "LEFTLEG")
    assert joint_maps.detect(shouted)["left_knee"] == f"{prefix}LEFTLEG"


def test_the_chest_is_the_joint_that_carries_the_shoulders(clip):
    assert joint_maps.detect(clip)["upper_spine"] == "mixamorig:Spine2"
    assert joint_maps.detect(clip)["lower_spine"] == "mixamorig:Spine"


def test_an_unknown_rig_lists_what_is_missing_and_names_the_option(clip):
    strange = renamed(renamed(renamed(clip, "Leg", "Gamba"), "Foot", "Piede"), "mixamorig:", "")
    strange = renamed(strange, "ToeBase", "Dito")
    with pytest.raises(InputError) as error:
        joint_maps.detect(strange)
    missing = ", ".join(f"{side}_{joint}" for side in ("left", "right") for joint in ("hip", "knee", "ankle"))
    assert f"no joint found for {missing} among Hips, Spine" in str(error.value)
    assert "--joint-map" in str(error.value)
    overrides = {f"{side}_{ours}": f"{side.title()}{theirs}" for side in ("left", "right")
                 for ours, theirs in (("hip", "UpGamba"), ("knee", "Gamba"), ("ankle", "Piede"))}  # fmt: skip
    assert joint_maps.detect(strange, overrides)["left_knee"] == "LeftGamba"


def test_an_override_must_exist_in_the_clip(clip):
    with pytest.raises(InputError, match="names LeftShin, but person has no such joint"):
        joint_maps.detect(clip, {"left_knee": "LeftShin"})


def test_two_of_our_joints_at_one_of_the_clips_are_refused(clip):
    with pytest.raises(InputError, match=r"mixamorig:LeftUpLeg for both left_hip and left_knee: name"):
        joint_maps.detect(clip, {"left_knee": "mixamorig:LeftUpLeg"})
    with pytest.raises(InputError, match=r"mixamorig:LeftToeBase_end for both left_toe and left_toes_tip: name"):
        joint_maps.detect(clip, {"left_toe": "mixamorig:LeftToeBase_end"})


SWAPPED = [
    *("left_hip left_knee", "left_knee left_ankle", "right_ankle right_toe", "left_toe left_toes_tip"),
    *("left_clavicle left_shoulder", "right_shoulder right_elbow", "left_elbow left_wrist"),
    *("pelvis lower_spine", "lower_spine upper_spine", "upper_spine neck", "left_wrist right_wrist"),
]


@pytest.mark.parametrize("pair", SWAPPED)
def test_joints_in_another_order_than_the_clips_are_refused(clip, pair):
    found, (upper, lower) = joint_maps.detect(clip), pair.split()
    with pytest.raises(InputError) as error:
        joint_maps.detect(clip, {upper: found[lower], lower: found[upper]})
    message = str(error.value)
    above, below = re.findall(r"(\w+) \((?:\S+)\)", message)
    assert {above, below} & {upper, lower}, message
    assert "below" in message


def test_a_joint_of_another_limb_is_refused_though_a_joint_between_is_not_mapped(clip):
    fewer = {joint: name for joint, name in joint_maps.detect(clip).items() if joint != "left_clavicle"}
    strange = dataclasses.replace(clip, joint_names=tuple(f"bone{clip.joint(name)}" for name in clip.joint_names))
    fewer = {joint: f"bone{clip.joint(name)}" for joint, name in fewer.items()}
    head = f"bone{clip.joint('mixamorig:Head')}"
    del fewer["upper_spine"]
    assert joint_maps.detect(strange, fewer).items() >= fewer.items()
    with pytest.raises(InputError, match=rf"upper_spine .* below lower_spine \({head}\)"):
        joint_maps.detect(strange, fewer | {"lower_spine": head})


def test_a_body_may_follow_the_joint_at_its_base_or_one_below(clip):
    found = joint_maps.detect(clip)
    for body, joint in (("left_hand", "left_wrist"), ("head", "neck")):
        assert joint_maps.detect(clip, {body: found[joint]})[body] == found[joint]
    assert joint_maps.detect(clip, {"head_tip": found["head"]})["head_tip"] == found["head"]
    with pytest.raises(InputError, match=r"left_hand \(mixamorig:LeftArm\).*left_wrist \(mixamorig:LeftHand\)"):
        joint_maps.detect(clip, {"left_hand": "mixamorig:LeftArm"})


def test_a_proposed_map_is_read_back_and_asks_for_what_is_missing(clip, tmp_path):
    path = tmp_path / "map.yaml"
    path.write_text(joint_maps.propose(clip))
    assert joint_maps.read(path) == joint_maps.detect(clip)
    strange = renamed(renamed(renamed(clip, "Leg", "Gamba"), "Foot", "Piede"), "ToeBase", "Dito")
    path.write_text(text := joint_maps.propose(strange))
    found = joint_maps.read(path)
    assert "left_hip" not in found
    assert re.search(r"# left_hip: one of .*mixamorig:LeftUpGamba", text)
    with path.open("a") as file:
        for side in ("left", "right"):
            for ours, theirs in (("hip", "UpGamba"), ("knee", "Gamba"), ("ankle", "Piede")):
                file.write(f"{side}_{ours}: mixamorig:{side.title()}{theirs}\n")
    assert joint_maps.detect(strange, joint_maps.read(path))["right_ankle"] == "mixamorig:RightPiede"


def test_a_map_file_is_yaml_with_our_names(tmp_path):
    path = tmp_path / "map.yaml"
    path.write_text("left_knee: LeftLeg\nright_knee: RightLeg\n")
    assert joint_maps.read(path) == {"left_knee": "LeftLeg", "right_knee": "RightLeg"}


BROKEN = {
    "unknown names left_kne": "left_kne: LeftLeg\n",
    "must hold lines": "- left_knee\n",
    "is not YAML": "left_knee: [LeftLeg\n",
}


@pytest.mark.parametrize("complaint", BROKEN)
def test_a_broken_map_file_is_refused_in_one_sentence(tmp_path, complaint):
    path = tmp_path / "map.yaml"
    path.write_text(BROKEN[complaint])
    with pytest.raises(InputError) as error:
        joint_maps.read(path)
    assert complaint in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_map_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot read the joint map"):
        joint_maps.read(tmp_path / "none.yaml")


def test_cmu_recordings_are_known(cmu):
    found = joint_maps.detect(bvh.read(cmu / "12_01_walk.bvh"))
    assert (found["lower_spine"], found["upper_spine"], found["neck"]) == ("LowerBack", "Spine", "Neck")
    found = joint_maps.detect(bvh.read(cmu / "out_of_domain" / "salsa_02.bvh"))
    assert (found["lower_spine"], found["upper_spine"], found["left_toe"]) == ("abdomen", "chest", "lFoot_end")
