import pathlib
import shutil
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import yaml

from data import formats
from data.clip import InputError
from data.rigs import joint_maps
from pipelines.config import load
from pipelines.evaluation import evaluate
from pipelines.evaluation.evaluate import EvaluationOptions
from pipelines.evaluation.film_set import find_films
from pipelines.evaluation.joint_comparison import LEGS
from tests.data.formats.test_c3d import leg_centres
from tests.data.formats.test_trc import RATE
from tests.data.formats.test_trc import write as write_markers
from tests.messages import check_remedy
from tests.pipelines.evaluation.films import squat, write_joints

TIME = np.arange(60) / 30


def place(
    folder: pathlib.Path, videos: Sequence[str] = ("film.mp4",), truth: bool = True, **settings: dict[str, Any]
) -> None:
    """Make the folder of a film, which is empty."""
    folder.mkdir()
    for video in videos:
        (folder / video).touch()
    if truth:
        write_joints(folder / "joints.npz", squat(TIME))
    if settings:
        (folder / "film.yaml").write_text(yaml.safe_dump(settings))


def test_each_folder_with_film_and_truth_is_a_film(tmp_path: pathlib.Path) -> None:
    place(tmp_path / "squat")
    place(tmp_path / "walk", videos=["phone.MOV"])
    (tmp_path / "notes").mkdir()
    (tmp_path / "readme.txt").touch()
    films = find_films(tmp_path)
    assert films.clips.clips == {
        "squat": str(tmp_path / "squat" / "film.mp4"),
        "walk": str(tmp_path / "walk" / "phone.MOV"),
    }
    assert films.truths.keys() == {"squat", "walk"}
    assert not films.clips.absent
    assert films.clips.truth_apart


def test_film_mp4_is_the_film_of_several_videos(tmp_path: pathlib.Path) -> None:
    place(tmp_path / "squat", videos=["film.mp4", "overlay.mp4"])
    assert find_films(tmp_path).clips.clips["squat"].endswith("film.mp4")


def test_markers_are_a_truth_too(tmp_path: pathlib.Path) -> None:
    """Joints follow from the markers, on the clock of their file."""
    place(tmp_path / "walk", truth=False)
    walk = formats.read("builtin:walk")
    write_markers(tmp_path / "walk" / "markers.trc", leg_centres(walk))
    joints = find_films(tmp_path).truths["walk"].joints
    assert joints.names == LEGS  # this file has no arms
    np.testing.assert_allclose(joints.time_s, np.arange(walk.num_frames) / RATE)
    ankle = walk.positions[:, walk.joint(joint_maps.detect(walk)["left_ankle"])]
    found = joints.positions[:, LEGS.index("left_ankle")]
    np.testing.assert_allclose(found - found[:1], ankle - ankle[:1], atol=1e-4)
    shutil.copy(tmp_path / "walk" / "markers.trc", tmp_path / "walk" / "other.trc")
    with pytest.raises(InputError, match=r"has markers.trc, other.trc as truths"):
        find_films(tmp_path)


def test_what_cannot_be_compared_fails_without_stopping_the_others(tmp_path: pathlib.Path) -> None:
    place(tmp_path / "good")
    place(tmp_path / "no_truth", truth=False)
    place(tmp_path / "no_film", videos=[])
    place(tmp_path / "two_films", videos=["a.mp4", "b.mp4"])
    place(tmp_path / "bad_truth")
    (tmp_path / "bad_truth" / "joints.npz").write_bytes(b"nothing")
    place(tmp_path / "bad_plates")
    (tmp_path / "bad_plates" / "grf.mot").write_text("nothing")
    films = find_films(tmp_path)
    assert films.truths.keys() == films.clips.clips.keys() == {"good"}
    assert films.clips.absent.keys() == {"no_truth", "no_film", "two_films", "bad_truth", "bad_plates"}
    for reason in films.clips.absent.values():
        check_remedy(reason)


def test_a_folder_without_films_is_refused(tmp_path: pathlib.Path) -> None:
    for root, said in ((tmp_path / "absent", "there is no folder"), (tmp_path, "none of its folders holds a video")):
        with pytest.raises(InputError, match=said) as refused:
            find_films(root)
        check_remedy(str(refused.value))
    place(tmp_path / "no_truth", truth=False)
    with pytest.raises(InputError, match=r"has no truth: put joints\.npz or one TRC file there"):
        find_films(tmp_path)


def test_a_film_has_settings_of_its_own(tmp_path: pathlib.Path) -> None:
    """They come before those of the configuration. Paths in them start from the folder of the film."""
    place(tmp_path / "squat", body={"height_m": 1.71}, camera={"file": "phone.toml"}, input={"start_s": 1.5})
    place(tmp_path / "walk")
    file = tmp_path / "config.yaml"
    file.write_text("body: {height_m: 1.5, mass_kg: 60}")
    options = EvaluationOptions(config_file=file, overrides={"optimizer.max_evals": 7, "optimizer.name": None})
    configs = evaluate._configure(find_films(tmp_path).clips, options)
    squatting, walking = configs["squat"], configs["walk"]
    assert (squatting.body.height_m, squatting.body.mass_kg, squatting.input.start_s) == (1.71, 60, 1.5)
    assert squatting.camera.file == (tmp_path / "squat" / "phone.toml").resolve()
    assert walking.body == load(file, {}).body
    assert {each.optimizer.max_evals for each in configs.values()} == {7}


@pytest.mark.parametrize(
    ("settings", "said"),
    [({"body": {"hight_m": 1.7}}, "hight_m"), ({"optimizer": {"max_evals": 3}}, "optimizer")],
)
def test_settings_that_are_not_of_the_film_stop_all(
    settings: dict[str, Any], said: str, tmp_path: pathlib.Path
) -> None:
    place(tmp_path / "squat", **settings)
    with pytest.raises(InputError, match=said) as refused:
        find_films(tmp_path)
    assert str(tmp_path / "squat" / "film.yaml") in str(refused.value)
