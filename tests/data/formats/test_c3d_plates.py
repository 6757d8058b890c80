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


@pytest.mark.parametrize("unit", ["Nm", "N.m", "N*m", "Nmm"])
def test_moments_in_newton_metres_move_no_point(recording: pathlib.Path, unit: str) -> None:
    """The library takes them for newton-millimetres where positions are in mm: the point would stay in the middle."""
    add_plate(recording, -700.0, (0.1, 0.05))
    file = ezc3d.c3d(str(recording))
    file["parameters"]["ANALOG"]["UNITS"]["value"] = ["N"] * 3 + [unit] * 3
    file["parameters"]["FORCE_PLATFORM"]["ORIGIN"]["value"] = np.array([[10.0], [20.0], [-40.0]])
    if unit != "Nmm":
        file["data"]["analogs"][0, 3:] /= 1000.0
    file.write(str(recording))
    plates = c3d_plates.read(recording, "z")
    assert plates is not None
    # Moments count about the origin, 40 mm below the top, and the force leans by a tenth.
    np.testing.assert_allclose(plates.point_m[5, 0] - CORNERS.mean(axis=0), [0.094, -0.03, 0.0], atol=1e-5)


@pytest.mark.parametrize("unit", ["lbf", "kN", "kgf"])
def test_forces_in_other_units_than_newtons_are_refused(recording: pathlib.Path, unit: str) -> None:
    add_plate(recording, -700.0, (0.1, 0.05))
    file = ezc3d.c3d(str(recording))
    file["parameters"]["ANALOG"]["UNITS"]["value"] = [unit] * 3 + ["Nmm"] * 3
    file.write(str(recording))
    with pytest.raises(InputError, match=unit) as error:
        c3d_plates.read(recording, "z")
    check_remedy(str(error.value))


def test_only_the_plate_that_is_upside_down_is_turned_round(recording: pathlib.Path) -> None:
    """One of two plates has the force on itself, and the other that on the person."""
    add_plate(recording, -700.0, (0.1, 0.05))
    file = ezc3d.c3d(str(recording))
    file["data"]["analogs"] = np.concatenate([file["data"]["analogs"], -0.5 * file["data"]["analogs"]], axis=1)
    analog, plate = file["parameters"]["ANALOG"], file["parameters"]["FORCE_PLATFORM"]
    analog["LABELS"]["value"] = [
        f"{kind}{number}" for number in (1, 2) for kind in ("Fx", "Fy", "Fz", "Mx", "My", "Mz")
    ]
    analog["UNITS"]["value"] = (["N"] * 3 + ["Nmm"] * 3) * 2
    plate["USED"]["value"], plate["TYPE"]["value"] = np.array([2]), np.array([2, 2])
    plate["CORNERS"]["value"] = np.repeat(1000.0 * CORNERS.T[..., None], 2, axis=2)
    plate["ORIGIN"]["value"] = np.zeros((3, 2))
    plate["CHANNEL"]["value"] = np.arange(1, 13).reshape(2, 6).T
    file.write(str(recording))
    plates = c3d_plates.read(recording, "z")
    assert plates is not None
    np.testing.assert_allclose(plates.force_N[5, :, 2], [700.0, 350.0], atol=1e-3)
