import pathlib

import numpy as np
import pytest

from data.clip import InputError
from data.formats import mot
from tests.messages import check_remedy

HEAD = "grf\nversion=1\nnRows=3\nnColumns=7\ninDegrees=no\nendheader\n"


def names(plate: str) -> str:
    return "\t".join(f"{plate}_{kind}{axis}" for kind in "vp" for axis in "xyz")


def text(plate: str = "ground_force_1", rows: tuple[str, ...] = ("0 1 700 3 .4 .5 .6", "0.01 1 710 3 .4 .5 .6")) -> str:
    return f"{HEAD}time\t{names(plate)}\n" + "\n".join(rows) + "\n"


def read(tmp_path: pathlib.Path, content: str) -> mot.ForcePlates:
    (tmp_path / "grf.mot").write_text(content)
    return mot.read(tmp_path / "grf.mot")


@pytest.mark.parametrize("plate", ["ground_force_1", "1_ground_force", "ground_force_r", "R_ground_force"])
def test_forces_and_points_are_turned_to_z_up(plate: str, tmp_path: pathlib.Path) -> None:
    plates = read(tmp_path, text(plate))
    assert plates.names == (plate.lower(),)
    np.testing.assert_array_equal(plates.time_s, [0.0, 0.01])
    np.testing.assert_array_equal(plates.force_N[:, 0], [[3, 1, 700], [3, 1, 710]])
    np.testing.assert_array_equal(plates.point_m[0, 0], [0.6, 0.4, 0.5])


def test_a_plate_that_is_not_loaded_needs_no_point(tmp_path: pathlib.Path) -> None:
    """Some programs write NaN there."""
    plates = read(tmp_path, text(rows=("0 1 5e0 3 nan .5 NaN", "0.01 1 710 3 .4 .5 .6")))
    np.testing.assert_array_equal(plates.point_m[:, 0], [[0.0, 0.0, 0.5], [0.6, 0.4, 0.5]])


BROKEN = {
    "no head": (text().removeprefix(HEAD), "not a MOT file"),
    "no rows": (HEAD + "time\n", "cut short"),
    "a short row": (text(rows=("0 1 700 3 .4 .5 .6", "0.01 1 710")), "3 numbers in row 2, but 7 columns"),
    "a word": (text(rows=("0 1 x 3 .4 .5 .6", "0.01 1 710 3 .4 .5 .6")), "'x' in frame 1, which is not a number"),
    "NaN": (text(rows=("0 1 nan 3 .4 .5 .6", "0.01 1 710 3 .4 .5 .6")), "NaN or absurd value in frame 1"),
    "no point": (text(rows=("0 1 700 3 .4 .5 .6", "0.01 1 710 3 nan .5 .6")), "NaN or absurd value in frame 2"),
    "no plate": (text().replace("_v", "_w"), "no column ground_force_1_vx"),
    "no points": (text().replace("_px", "_qx"), "no column ground_force_1_px"),
    "no time": (text().replace("time", "frame"), "no column time"),
    "times that stand still": (text(rows=("0 1 700 3 .4 .5 .6",) * 2), "do not increase"),
    "the force on the plate": (text().replace(" 7", " -7"), "pull down"),
}


@pytest.mark.parametrize("bad", BROKEN)
def test_what_is_wrong_is_said(bad: str, tmp_path: pathlib.Path) -> None:
    content, said = BROKEN[bad]
    with pytest.raises(InputError, match=said) as refused:
        read(tmp_path, content)
    check_remedy(str(refused.value))


def test_a_file_that_cannot_be_read_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(InputError, match="cannot read") as refused:
        mot.read(tmp_path)
    check_remedy(str(refused.value))
    (tmp_path / "grf.mot").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="is no text") as refused:
        mot.read(tmp_path / "grf.mot")
    check_remedy(str(refused.value))


def test_plates_under_squats_carry_the_person(test_data: pathlib.Path) -> None:
    plates = mot.read(test_data / "video" / "phone_squat" / "grf.mot")
    assert plates.force_N.shape == (1346, 3, 3)
    assert plates.vertical_N.mean() == pytest.approx(60 * 9.81, rel=0.01)


def test_what_is_written_is_read_as_it_was(tmp_path: pathlib.Path) -> None:
    rng = np.random.default_rng(0)
    time = 0.5 + np.arange(40) / 30
    columns = {f"ground_force_r_{kind}{axis}": 100 + rng.random(40) for kind in "vp" for axis in "xyz"}
    mot.write(tmp_path / "forces.mot", time, columns, notes=["made for a test"])
    plates = mot.read(tmp_path / "forces.mot")
    assert plates.names == ("ground_force_r",)
    np.testing.assert_allclose(plates.time_s, time, rtol=1e-8)
    np.testing.assert_allclose(plates.force_N[:, 0, 2], columns["ground_force_r_vy"], rtol=1e-8)
    np.testing.assert_allclose(plates.point_m[:, 0, 0], columns["ground_force_r_pz"], rtol=1e-8)
    text = (tmp_path / "forces.mot").read_text()
    assert "nRows=40\nnColumns=7\ninDegrees=no\n" in text
    assert "made for a test" in text
