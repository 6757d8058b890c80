"""Force plates in C3D, on files that are written here and on a real one."""

import pathlib

import ezc3d
import numpy as np
import pytest

from data import formats
from data.clip import InputError
from data.formats import c3d_plates
from tests.data.formats.test_c3d import full_centres, write
from tests.messages import check_remedy

RATE, ANALOG_RATE = 100.0, 1000.0
CORNERS = np.array([[0.5, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.4, 0.0], [0.5, 0.4, 0.0]])
"""From the quadrant +x, +y of the plate on: x along the world's, y against it, z down, m."""


def add_plate(path: pathlib.Path, vertical_N: float, point_m: tuple[float, float], scale: float = 1000.0) -> None:
    """Add a plate of type 2 whose force stays at a point, counted from the plate's centre in its own axes.

    The force ahead, along x, is a tenth of the vertical one, and against it in sign.
    """
    file = ezc3d.c3d(str(path))
    frames = file["data"]["points"].shape[2]
    samples = round(frames * ANALOG_RATE / RATE)
    # The axis z of a plate is down, so the force of the ground on a person is negative there.
    one = np.array([-0.1 * vertical_N, 0.0, vertical_N])
    force = np.tile(one, (samples, 1))
    moment = np.tile(np.cross([*point_m, 0.0], one) * scale, (samples, 1))
    file["parameters"]["ANALOG"]["RATE"]["value"] = [ANALOG_RATE]
    file["parameters"]["ANALOG"]["LABELS"]["value"] = ["Fx", "Fy", "Fz", "Mx", "My", "Mz"]
    file["parameters"]["ANALOG"]["UNITS"]["value"] = ["N"] * 3 + ["Nmm"] * 3
    file["data"]["analogs"] = np.concatenate([force, moment], axis=1).T[None]
    plate = {
        "USED": np.array([1]),
        "TYPE": np.array([2]),
        "ZERO": np.array([0, 0]),
        "CORNERS": (scale * CORNERS).T[..., None],
        "ORIGIN": np.zeros((3, 1)),
        "CHANNEL": np.arange(1, 7)[:, None],
    }
    for name, value in plate.items():
        file["parameters"]["FORCE_PLATFORM"][name]["value"] = value
    file.write(str(path))


@pytest.fixture
def recording(tmp_path: pathlib.Path) -> pathlib.Path:
    return write(tmp_path / "walk.c3d", full_centres(formats.read("builtin:walk")))


def test_a_recording_without_plates_has_none(recording: pathlib.Path) -> None:
    assert c3d_plates.read(recording, "z") is None


def test_a_force_is_found_in_the_world_of_the_markers(recording: pathlib.Path) -> None:
    add_plate(recording, -700.0, (0.1, 0.05))
    plates = c3d_plates.read(recording, "z")
    assert plates is not None
    np.testing.assert_allclose(plates.vertical_N, 700.0, rtol=1e-5)
    np.testing.assert_allclose(plates.force_N[5, 0], [70.0, 0.0, 700.0], atol=1e-3)
    np.testing.assert_allclose(plates.point_m[5, 0] - CORNERS.mean(axis=0), [0.1, -0.05, 0.0], atol=1e-5)
    assert plates.corners_m is not None
    np.testing.assert_allclose(plates.corners_m[0], CORNERS, atol=1e-6)
    assert np.diff(plates.time_s).mean() == pytest.approx(1 / ANALOG_RATE)


def test_forces_on_the_plates_are_turned_round(recording: pathlib.Path) -> None:
    add_plate(recording, 700.0, (0.1, 0.05))
    plates = c3d_plates.read(recording, "z")
    assert plates is not None
    np.testing.assert_allclose(plates.force_N[5, 0], [70.0, 0.0, 700.0], atol=1e-3)
    np.testing.assert_allclose(plates.point_m[5, 0] - CORNERS.mean(axis=0), [0.1, -0.05, 0.0], atol=1e-5)


def test_nobody_on_the_plates_is_no_truth(recording: pathlib.Path) -> None:
    add_plate(recording, -5.0, (0.0, 0.0))
    assert c3d_plates.read(recording, "z") is None


def test_what_is_no_c3d_is_refused(tmp_path: pathlib.Path) -> None:
    (tmp_path / "walk.c3d").write_bytes(b"nothing")
    with pytest.raises(InputError) as raised:
        c3d_plates.read(tmp_path / "walk.c3d", "z")
    check_remedy(str(raised.value))


def test_a_real_walk_has_two_plates_that_push_up(test_data: pathlib.Path) -> None:
    plates = c3d_plates.read(test_data / "mocap" / "c3d" / "walking2.c3d", "z")
    assert plates is not None
    assert plates.force_N.shape == (9992, 2, 3)
    np.testing.assert_allclose(plates.force_N[..., 2].max(axis=0), [950.95, 746.88], rtol=1e-3)
    for plate, corners in enumerate(plates.corners_m if plates.corners_m is not None else []):
        # At smaller loads the point errs by centimetres: the left foot comes down on the edge of its plate.
        point = plates.point_m[plates.force_N[:, plate, 2] > 300.0, plate]
        assert ((point >= corners.min(axis=0)) & (point <= corners.max(axis=0))).all()
