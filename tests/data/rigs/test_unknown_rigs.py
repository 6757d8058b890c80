"""Rigs of many programs: their joints are found by what the names mean, or by their place."""

import dataclasses
import pathlib

import pytest

from data import formats
from data.rigs import joint_maps, unknown_rigs

# Program -> the trunk from the pelvis to the head, and, below the chest and the pelvis, arms and legs of a side. The
# chest is the joint before the neck. {S} is Left or Right, {s} left or right, {L} L or R, {l} l or r.
RIGS: dict[str, tuple[str, str, str]] = {
    "CMU (cgspeed)": (
        "Hips LowerBack Spine Spine1 Neck Head",
        "{S}Shoulder {S}Arm {S}ForeArm {S}Hand",
        "{L}HipJoint {S}UpLeg {S}Leg {S}Foot {S}ToeBase",
    ),
    "Acclaim without lowerneck": (
        "root lowerback upperback thorax neck head",
        "{l}clavicle {l}humerus {l}radius {l}hand",
        "{l}hipjoint {l}femur {l}tibia {l}foot {l}toes",
    ),
    "HumanIK": (
        "Character1_Hips Character1_Spine Character1_Spine1 Character1_Neck Character1_Head",
        "Character1_{S}Shoulder Character1_{S}Arm Character1_{S}ForeArm Character1_{S}Hand",
        "Character1_{S}UpLeg Character1_{S}Leg Character1_{S}Foot Character1_{S}ToeBase",
    ),
    "3ds Max Biped": (
        "Bip01 Bip01_Pelvis Bip01_Spine Bip01_Spine1 Bip01_Neck Bip01_Head",
        "Bip01_{L}_Clavicle Bip01_{L}_UpperArm Bip01_{L}_Forearm Bip01_{L}_Hand",
        "Bip01_{L}_Thigh Bip01_{L}_Calf Bip01_{L}_Foot Bip01_{L}_Toe0",
    ),
    "Unreal": (
        "root pelvis spine_01 spine_02 spine_03 neck_01 head",
        "clavicle_{l} upperarm_{l} lowerarm_{l} hand_{l}",
        "thigh_{l} calf_{l} foot_{l} ball_{l}",
    ),
    "Unity": (
        "Hips Spine Chest UpperChest Neck Head",
        "{S}Shoulder {S}UpperArm {S}LowerArm {S}Hand",
        "{S}UpperLeg {S}LowerLeg {S}Foot {S}Toes",
    ),
    "Rigify": (
        "DEF-spine DEF-spine.001 DEF-spine.002 DEF-neck DEF-head",
        "DEF-shoulder.{L} DEF-upper_arm.{L} DEF-forearm.{L} DEF-hand.{L}",
        "DEF-thigh.{L} DEF-shin.{L} DEF-foot.{L} DEF-toe.{L}",
    ),
    "Rokoko": (
        "Hips Spine1 Spine2 Spine3 Neck Head",
        "{S}Shoulder {S}Arm {S}ForeArm {S}Hand",
        "{S}Thigh {S}Shin {S}Foot {S}Toe",
    ),
    "Xsens MVN": (
        "Pelvis L5 L3 T12 T8 Neck Head",
        "{S}Shoulder {S}UpperArm {S}ForeArm {S}Hand",
        "{S}UpperLeg {S}LowerLeg {S}Foot {S}Toe",
    ),
    "Perception Neuron": (
        "Robot_Hips Robot_Spine Robot_Spine1 Robot_Neck Robot_Head",
        "Robot_{S}Shoulder Robot_{S}Arm Robot_{S}ForeArm Robot_{S}Hand",
        "Robot_{S}UpLeg Robot_{S}Leg Robot_{S}Foot",
    ),
    "OptiTrack Motive": (
        "Skeleton_Hip Skeleton_Ab Skeleton_Chest Skeleton_Neck Skeleton_Head",
        "Skeleton_{L}Shoulder Skeleton_{L}UArm Skeleton_{L}FArm Skeleton_{L}Hand",
        "Skeleton_{L}Thigh Skeleton_{L}Shin Skeleton_{L}Foot Skeleton_{L}Toe",
    ),
    "Poser with collars": (
        "Hips Chest Chest2 Neck Head",
        "{S}Collar {S}Shoulder {S}Elbow {S}Wrist",
        "{S}Hip {S}Knee {S}Ankle {S}Toe",
    ),
    "Bandai Namco": (
        "Hips Spine Chest Neck Head",
        "Shoulder_{L} UpperArm_{L} LowerArm_{L} Hand_{L}",
        "UpperLeg_{L} LowerLeg_{L} Foot_{L} Toes_{L}",
    ),
    "Kinect": (
        "SpineBase SpineMid SpineShoulder Neck Head",
        "Shoulder{S} Elbow{S} Wrist{S} Hand{S}",
        "Hip{S} Knee{S} Ankle{S} Foot{S}",
    ),
    "VRM": (
        "J_Bip_C_Hips J_Bip_C_Spine J_Bip_C_Chest J_Bip_C_Neck J_Bip_C_Head",
        "J_Bip_{L}_Shoulder J_Bip_{L}_UpperArm J_Bip_{L}_LowerArm J_Bip_{L}_Hand",
        "J_Bip_{L}_UpperLeg J_Bip_{L}_LowerLeg J_Bip_{L}_Foot J_Bip_{L}_ToeBase",
    ),
    "Second Life": (
        "mPelvis mTorso mChest mNeck mHead",
        "mCollar{S} mShoulder{S} mElbow{S} mWrist{S}",
        "mHip{S} mKnee{S} mAnkle{S} mFoot{S}",
    ),
    "Reallusion": (
        "CC_Base_Hip CC_Base_Waist CC_Base_Spine01 CC_Base_NeckTwist01 CC_Base_Head",
        "CC_Base_{L}_Clavicle CC_Base_{L}_Upperarm CC_Base_{L}_Forearm CC_Base_{L}_Hand",
        "CC_Base_{L}_Thigh CC_Base_{L}_Calf CC_Base_{L}_Foot CC_Base_{L}_ToeBase",
    ),
    "MikuMikuDance in English": (
        "center lower_body upper_body neck head",
        "shoulder_{L} arm_{L} elbow_{L} wrist_{L}",
        "leg_{L} knee_{L} ankle_{L} toe_{L}",
    ),
    "joints named as such": (
        "RootJoint LowerSpineJoint UpperSpineJoint NeckJoint HeadJoint",
        "{S}ShoulderJoint {S}ElbowJoint {S}WristJoint",
        "{S}HipJoint {S}KneeJoint {S}AnkleJoint",
    ),
    "words with spaces": (
        "Hips Spine Spine1 Neck Head",
        "{S}~Shoulder {S}~Arm {S}~Fore~Arm {S}~Hand",
        "{S}~Up~Leg {S}~Leg {S}~Foot {S}~Toe~Base",
    ),
    "capitals": ("HIPS CHEST NECK HEAD", "{L}_ARM {L}_FOREARM {L}_HAND", "{L}_THIGH {L}_SHIN {L}_FOOT"),
    "AnimatedDrawings": (
        "root hip torso neck head",
        "{s}_shoulder {s}_elbow {s}_hand",
        "{s}_hip {s}_knee {s}_foot",
    ),
}
LEG, ARM = ("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist")


def build(rig: str) -> tuple[tuple[str, ...], tuple[int, ...], dict[str, str]]:
    """Return names, parents, and the true joint map of the limbs, the pelvis and the neck."""
    trunk, arm, leg = (part.split() for part in RIGS[rig])
    names, parents = list(trunk), [-1, *range(len(trunk) - 1)]
    *_, pelvis = (
        name for name in trunk[:2] if any(word in name.lower() for word in ("hip", "pelvis", trunk[0].lower()))
    )
    chest, neck = trunk[-3], trunk[-2]
    truth = {"pelvis": pelvis, "neck": neck}
    for ours in ("left", "right"):
        words = {"S": ours.title(), "s": ours, "L": ours[0].upper(), "l": ours[0]}
        for chain, start, parts in ((arm, chest, ARM), (leg, pelvis, LEG)):
            above = names.index(start)
            limb = [each.format(**words).replace("~", " ") for each in chain]
            for name in limb:
                names.append(name)
                parents.append(above)
                above = len(names) - 1
            first = _first(rig, chain)
            truth |= {f"{ours}_{part}": name for part, name in zip(parts, limb[first:], strict=False)}
    return tuple(names), tuple(parents), truth


def _first(rig: str, chain: list[str]) -> int:
    """Return where shoulder or hip is in a limb: after the girdle, where it has one."""
    words = ("collar", "clavicle", "hipjoint") if rig != "joints named as such" else ()
    girdle = any(word in chain[0].lower() for word in words) or (
        "houlder" in chain[0] and not any("elbow" in each.lower() for each in chain)
    )
    return int(girdle or (rig == "MikuMikuDance in English" and "arm" in chain[1]))


@pytest.mark.parametrize("rig", RIGS)
def test_the_joints_of_every_programs_rig_are_found(rig: str) -> None:
    names, parents, truth = build(rig)
    found = joint_maps.match(names, parents)
    assert {joint: found.get(joint) for joint in truth} == truth
    assert set(joint_maps.REQUIRED) <= found.keys()


@pytest.mark.parametrize("name", ["builtin:walk"])
def test_known_rigs_are_found_alike_by_what_their_names_mean(name: str) -> None:
    clip = formats.read(name)
    found = unknown_rigs.find(clip.joint_names, clip.parents)
    assert found == joint_maps.detect(clip)


def test_joints_without_a_meaning_are_found_by_their_place(person_bvh: pathlib.Path) -> None:
    """Between the pelvis and the foot there are two joints: hip and knee."""
    clip = formats.read(person_bvh)
    names = tuple(name.replace("mixamorig:", "").replace("Leg", "Gamba") for name in clip.joint_names)
    found = joint_maps.detect(dataclasses.replace(clip, joint_names=names))
    assert (found["left_hip"], found["right_knee"]) == ("LeftUpGamba", "RightGamba")


def test_helper_bones_and_props_are_no_joints() -> None:
    names, parents, truth = build("Unreal")
    arm = names.index("upperarm_l")
    names += ("upperarm_twist_01_l", "weapon_l", "ik_hand_l", "thigh_twist_01_r")
    parents += (arm, names.index("hand_l"), 0, names.index("thigh_r"))
    found = joint_maps.match(names, parents)
    assert {joint: found.get(joint) for joint in truth} == truth
