"""The C3D file, read by ezc3d, by our readers on top of it, and by the package c3d."""

import pathlib

import c3d
import ezc3d
import numpy as np
import pytest
from numpy.testing import assert_allclose

from data import formats
from data.formats import c3d_plates
from pipelines.exports.c3d import write
from pipelines.reconstruction.reconstructed_motion import ReconstructedMotion


@pytest.fixture(scope="module")
def path(motion: ReconstructedMotion, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("c3d")
    write(motion, folder, "walk")
    return folder / "walk.c3d"


def test_another_library_reads_the_markers(path: pathlib.Path, motion: ReconstructedMotion) -> None:
    with path.open("rb") as file:
        reader = c3d.Reader(file)
        labels = [label.strip() for label in reader.point_labels]
        frames = np.stack([points[:, :3] for _, points, _ in reader.read_frames()])
    assert reader.point_rate == 30
    for body, joint in enumerate(["pelvis", *motion.joint_names.tolist()]):
        track = frames[:, labels.index(joint)] / 1000
        assert_allclose(track, motion.body_position_world_m[:, body], atol=1e-4)


def test_our_reader_finds_the_person(path: pathlib.Path) -> None:
    clip = formats.read(path)
    assert (clip.fps, clip.num_frames, clip.findings) == (30, 39, ())
    assert {"left_knee", "right_ankle", "left_elbow"} <= set(clip.joint_names)


def test_plates_measure_the_forces_on_the_feet(path: pathlib.Path, motion: ReconstructedMotion) -> None:
    plates = c3d_plates.read(path, "z")
    assert plates is not None
    owner = motion.body_names[motion.contact_bodies]
    contact = motion.contact_force_world_N[1:].astype(float)
    at = motion.contact_position_world_m.astype(float)
    for plate, foot in enumerate(("right_foot", "left_foot")):
        force = contact[:, owner == foot].sum(axis=1)
        assert_allclose(plates.force_N[1:-1, plate], 0.5 * (force[:-1] + force[1:]), atol=0.01)
        loaded = np.flatnonzero(plates.force_N[:, plate, 2] > 50)
        assert len(loaded) > 5
        away = plates.point_m[loaded, plate, :2] - at[loaded][:, owner == foot, :2].mean(axis=1)
        assert np.linalg.norm(away, axis=1).max() < 0.2  # under the foot, seen from its middle


def test_plates_are_of_type_2_and_under_every_step(path: pathlib.Path, motion: ReconstructedMotion) -> None:
    file = ezc3d.c3d(str(path), extract_forceplat_data=True)
    parameters = file["parameters"]["FORCE_PLATFORM"]
    assert parameters["TYPE"]["value"].tolist() == [2, 2]
    low, high = (extreme(motion.contact_position_world_m[..., :2], axis=(0, 1)) for extreme in (np.min, np.max))
    corners = parameters["CORNERS"]["value"][:2, :, 0] / 1000
    assert (corners.min(axis=1) < low).all()
    assert (corners.max(axis=1) > high).all()
