"""TRC, written here as OpenSim's tools write it, with the faults that files have."""

import pathlib
from collections.abc import Callable

import numpy as np
import pytest

from data import formats
from data.clip import InputError, MotionClip
from data.formats import trc
from tests.data.formats.test_c3d import check_legs, leg_centres
from tests.messages import check_remedy

RATE = 100.0


@pytest.fixture(scope="module")
def walk() -> MotionClip:
    return formats.read("builtin:walk")


def write(
    path: pathlib.Path,
    points: dict[str, np.ndarray],
    *,
    unit: str = "mm",
    rate: float = RATE,
    frames: int | None = None,
) -> pathlib.Path:
    """Y up. NaN is a blank cell."""
    count = len(next(iter(points.values())))
    values = np.stack([np.roll(track, 2, axis=1) for track in points.values()], axis=1).reshape(count, -1)
    rows = [
        "\t".join([str(k + 1), f"{k / RATE:.5f}", *("" if np.isnan(v) else f"{v:.6f}" for v in row)])
        for k, row in enumerate(values)
    ]
    header = [
        f"PathFileType\t4\t(X/Y/Z)\t{path.name}",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames",
        f"{rate:g}\t{rate:g}\t{frames or count}\t{len(points)}\t{unit}\t{rate:g}\t1\t{count}",
        "Frame#\tTime\t" + "\t\t\t".join(points) + "\t\t",
        "\t\t" + "\t".join(f"{axis}{k + 1}" for k in range(len(points)) for axis in "XYZ"),
        "",
    ]
    path.write_text("\n".join(header + rows) + "\n")
    return path


@pytest.mark.parametrize(("unit", "scale"), [("mm", 1000.0), (" mm", 1000.0), ("m", 1.0), ("meters", 1.0)])
def test_joint_centres_are_read_in_the_files_unit(
    tmp_path: pathlib.Path, walk: MotionClip, unit: str, scale: float
) -> None:
    clip = formats.read(write(tmp_path / "walk.trc", leg_centres(walk, scale), unit=unit))
    assert (clip.fps, clip.num_frames) == (RATE, walk.num_frames)
    check_legs(clip, walk, tolerance=1e-5)


def test_wrong_counts_tabs_at_the_end_and_blank_cells_are_read(tmp_path: pathlib.Path, walk: MotionClip) -> None:
    points = leg_centres(walk)
    points["LKJC"][10:14] = np.nan
    path = write(tmp_path / "walk.trc", points, frames=400)
    path.write_text("\n".join(line + "\t" * 40 for line in path.read_text().splitlines()))
    clip = formats.read(path)
    assert f"frames: {walk.num_frames}, though the header says 400" in clip.notes
    assert "filled by interpolation, by frame: LKJC 11-14" in clip.notes
    check_legs(clip, walk, tolerance=0.01)


def test_the_time_of_the_rows_wins_over_the_rate_in_the_header(tmp_path: pathlib.Path, walk: MotionClip) -> None:
    clip = formats.read(write(tmp_path / "walk.trc", leg_centres(walk), rate=60.0))
    assert clip.fps == RATE
    ((level, sentence),) = ((each.level, each.sentence) for each in clip.findings)
    assert level == "doubtful"
    assert "its header says 60 a second, the time of its rows 100" in sentence
    check_remedy(sentence)
    assert formats.read(tmp_path / "walk.trc", fps=60.0).fps == 60.0


def test_names_of_joints_are_centres_where_hips_are_among_them(tmp_path: pathlib.Path, walk: MotionClip) -> None:
    """As Pose2Sim writes them. Without hips, OpenCap's r_knee is a marker outside the knee."""
    names = {"HJC": "Hip", "KJC": "Knee", "AJC": "Ankle"}
    points = {name[0] + names[name[1:]]: track for name, track in leg_centres(walk).items()}
    check_legs(formats.read(write(tmp_path / "walk.trc", points)), walk)
    markers = {f"{side}_{name}_study": points[f"{side}{name}"] for side in "RL" for name in ("Knee", "Ankle")}
    with pytest.raises(InputError, match=r"lacks left_hip: .* has, of the known points, .*RKNE"):
        formats.read(write(tmp_path / "markers.trc", markers))


BROKEN: dict[str, Callable[[str], str]] = {
    "no line that begins with Frame#": lambda text: "x\n",
    "has 'abc' in frame 2, which is not a number": lambda text: text.replace("0.01000\t", "0.01000\tabc\t", 1),
    "has no frames": lambda text: "\n".join(text.splitlines()[:6]),
    "names the unit 'ells'": lambda text: text.replace("\tmm\t", "\tells\t"),
}


@pytest.mark.parametrize("complaint", BROKEN)
def test_what_is_broken_is_refused(tmp_path: pathlib.Path, walk: MotionClip, complaint: str) -> None:
    path = write(tmp_path / "walk.trc", leg_centres(walk))
    path.write_text(BROKEN[complaint](path.read_text()))
    with pytest.raises(InputError, match=complaint) as refused:
        trc.read(path)
    check_remedy(str(refused.value))


def test_the_top_of_a_head_needs_no_other_markers_of_the_head(tmp_path: pathlib.Path, walk: MotionClip) -> None:
    neck = np.mean([walk.positions[:, walk.joint(f"{side}_shoulder")] for side in ("left", "right")], axis=0)
    points = leg_centres(walk) | {"neck": 1000 * neck, "head_top": 1000 * (neck + np.array([0.0, 0.0, 0.25]))}
    clip = formats.read(write(tmp_path / "walk.trc", points))
    assert clip.num_frames == walk.num_frames


def test_what_is_written_is_read_as_it_was(tmp_path: pathlib.Path, walk: MotionClip) -> None:
    points = {name: np.roll(track, 2, axis=1) for name, track in leg_centres(walk, 1.0).items()}  # to Y up
    trc.write(tmp_path / "walk.trc", points, walk.fps)
    clip = formats.read(tmp_path / "walk.trc")
    assert clip.fps == pytest.approx(walk.fps)
    assert not clip.findings
    check_legs(clip, walk, tolerance=1e-5)
