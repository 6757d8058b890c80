"""Rigs whose names say nothing: the joints follow from the shape of the skeleton, and that is said."""

import dataclasses
import pathlib

import numpy as np
import pytest

from data import formats
from data.clip import InputError, MotionClip
from data.rigs import joint_maps, shape_of_rig
from data.rigs.joint_maps import REQUIRED
from data.rigs.retarget import Rig
from tests.data.formats.walk_files import write_walk


def nameless(clip: MotionClip) -> MotionClip:
    return dataclasses.replace(clip, joint_names=tuple(f"bone{index}" for index in range(len(clip.joint_names))))


def required(clip: MotionClip, names: tuple[str, ...]) -> dict[str, str]:
    """The joints that a body must have, by the names of the clip that has names."""
    found = joint_maps.detect(clip)
    return {ours: names[clip.joint_names.index(found[ours])] for ours in REQUIRED}


@pytest.mark.parametrize("name", ["walk", "run", "cartwheel", "getup_facedown", "crawl"])
def test_the_joints_of_a_nameless_rig_are_found(name: str) -> None:
    """Also where nobody stands, or the body turns over."""
    clip = formats.read(f"builtin:{name}")
    strange = nameless(clip)
    assert required(strange, strange.joint_names) == required(clip, strange.joint_names)


def test_the_axes_and_the_unit_do_not_matter() -> None:
    clip = formats.read("builtin:walk")
    turned = dataclasses.replace(
        clip, positions=100.0 * clip.positions @ np.array([[0.0, 1, 0], [0, 0, -1], [-1, 0, 0]])
    )
    assert shape_of_rig.find(clip.parents, turned.positions) == shape_of_rig.find(clip.parents, clip.positions)


def test_recordings_of_laboratories_need_no_names(cmu: pathlib.Path) -> None:
    for path in (cmu / "12_01_walk.bvh", *sorted((cmu / "out_of_domain").glob("*.bvh"))):
        clip = formats.read(path)
        strange = nameless(clip)
        assert required(strange, strange.joint_names) == required(clip, strange.joint_names), path.name


def test_a_file_without_names_is_read_with_a_doubt(tmp_path: pathlib.Path, rig: Rig) -> None:
    path = write_walk(tmp_path / "walk.bvh", rig)
    clip, text = formats.read(path), path.read_text()
    for index, name in enumerate(sorted(rig.keys, key=len, reverse=True)):
        text = text.replace(f"JOINT {name}\n", f"JOINT bone{index}\n").replace(f"ROOT {name}\n", f"ROOT bone{index}\n")
    path.write_text(text)
    strange = formats.read(path)
    np.testing.assert_allclose(strange.positions, clip.positions, atol=1e-9)
    expected = required(clip, strange.joint_names)
    assert {ours: joint_maps.detect(strange)[ours] for ours in REQUIRED} == expected
    assert [(finding.level, finding.name) for finding in strange.findings] == [("doubtful", "joints")]


def test_a_skeleton_of_another_shape_is_asked_for(person_bvh: pathlib.Path) -> None:
    """Without its right leg, nobody knows what it is."""
    clip = formats.read(person_bvh)
    kept = [joint for joint, name in enumerate(clip.joint_names) if not name.startswith("mixamorig:Right")]
    parents = tuple(kept.index(clip.parents[joint]) if clip.parents[joint] >= 0 else -1 for joint in kept)
    part = dataclasses.replace(
        clip,
        joint_names=tuple(f"bone{index}" for index in range(len(kept))),
        parents=parents,
        positions=clip.positions[:, kept],
        rotations=None,
        rest_positions=clip.rest_positions[kept],
        rest_rotations=clip.rest_rotations[kept],
    )
    with pytest.raises(InputError, match="on an unknown rig: no joint found for pelvis, neck, .*--write-joint-map"):
        joint_maps.detect(part)
