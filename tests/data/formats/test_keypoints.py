"""Keypoint files in their true layouts, several people, and broken files refused."""

import contextlib
import json
import pathlib
import re
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data import formats
from data.clip import InputError
from data.finding import worst
from data.formats import keypoint_json, keypoints
from data.keypoints.sets import NAMES, OF_NUMBER
from data.rigs import joint_maps
from tests.messages import check_remedy

FRAMES = 12


def walker(number: int, start: float = 300.0, speed: float = 12.0, height: float = 400.0) -> np.ndarray:
    """A person of so many keypoints that crosses the image, column, row, confidence (T, K, 3)."""
    rng = np.random.default_rng(number)
    shape = np.concatenate([rng.uniform(-0.2, 0.2, (number, 1)), rng.uniform(0.0, 1.0, (number, 1))], axis=1) * height
    here = np.stack([start + speed * np.arange(FRAMES), np.full(FRAMES, 200.0)], axis=1)
    confidence = rng.uniform(0.5, 1.0, (FRAMES, number, 1))
    return np.concatenate([here[:, None] + shape[None], confidence], axis=2)


def write_openpose(folder: pathlib.Path, *people: np.ndarray, name: str = "walk_{:d}_keypoints.json") -> pathlib.Path:
    """A file for each frame, their numbers not padded."""
    folder.mkdir(exist_ok=True)
    for frame in range(FRAMES):
        each = [{"person_id": [-1], "pose_keypoints_2d": person[frame].ravel().tolist()} for person in people]
        (folder / name.format(frame)).write_text(json.dumps({"version": 1.3, "people": each}))
    return folder


def results(person: np.ndarray) -> list[dict]:
    """As detectors write them for COCO."""
    return [
        {"image_id": frame + 1, "category_id": 1, "score": 0.9, "keypoints": each.ravel().tolist()}
        for frame, each in enumerate(person)
    ]


def written(tmp_path: pathlib.Path, content: object) -> pathlib.Path:
    path = tmp_path / "keypoints.json"
    path.write_text(json.dumps(content))
    return path


def test_every_set_names_each_keypoint_once_and_both_sides() -> None:
    for names in NAMES.values():
        assert len(set(names)) == len(names)
        assert {name.replace("left", "right") for name in names} == {
            name.replace("right", "left").replace("left", "right") for name in names
        }
        assert {"left_hip", "right_ankle", "left_wrist", "nose"} <= set(names)
    assert list(OF_NUMBER) == [17, 18, 19, 25, 26, 33, 133, 136]
    assert [names[0] for names in OF_NUMBER.values() if len(names) > 1] == ["coco_17", "body_25"]


# From OpenPose's documentation, the COCO paper, Halpe's, VideoPose3D's and MediaPipe's; l and r for the sides.
ORDER = {
    "coco_17": "nose l_eye r_eye l_ear r_ear l_shoulder r_shoulder l_elbow r_elbow l_wrist r_wrist l_hip r_hip l_knee "
    "r_knee l_ankle r_ankle",
    "coco_18": "nose neck r_shoulder r_elbow r_wrist l_shoulder l_elbow l_wrist r_hip r_knee r_ankle l_hip l_knee "
    "l_ankle r_eye l_eye r_ear l_ear",
    "body_25": "nose neck r_shoulder r_elbow r_wrist l_shoulder l_elbow l_wrist pelvis r_hip r_knee r_ankle l_hip "
    "l_knee l_ankle r_eye l_eye r_ear l_ear l_big_toe l_small_toe l_heel r_big_toe r_small_toe r_heel",
    "halpe_26": "nose l_eye r_eye l_ear r_ear l_shoulder r_shoulder l_elbow r_elbow l_wrist r_wrist l_hip r_hip l_knee "
    "r_knee l_ankle r_ankle head neck pelvis l_big_toe r_big_toe l_small_toe r_small_toe l_heel r_heel",
    "h36m_17": "pelvis r_hip r_knee r_ankle l_hip l_knee l_ankle spine neck nose head l_shoulder l_elbow l_wrist "
    "r_shoulder r_elbow r_wrist",
    "body_25b": "nose l_eye r_eye l_ear r_ear l_shoulder r_shoulder l_elbow r_elbow l_wrist r_wrist l_hip r_hip l_knee "
    "r_knee l_ankle r_ankle neck head l_big_toe l_small_toe l_heel r_big_toe r_small_toe r_heel",
    "panoptic_19": "neck nose pelvis l_shoulder l_elbow l_wrist l_hip l_knee l_ankle r_shoulder r_elbow r_wrist r_hip "
    "r_knee r_ankle l_eye l_ear r_eye r_ear",
    "mediapipe_33": "nose l_eye_inner l_eye l_eye_outer r_eye_inner r_eye r_eye_outer l_ear r_ear mouth_left "
    "mouth_right l_shoulder r_shoulder l_elbow r_elbow l_wrist r_wrist l_pinky r_pinky l_index r_index l_thumb r_thumb "
    "l_hip r_hip l_knee r_knee l_ankle r_ankle l_heel r_heel l_big_toe r_big_toe",
}


ORDER["halpe_136"] = ORDER["halpe_26"]
ORDER["wholebody_133"] = f"{ORDER['coco_17']} l_big_toe l_small_toe l_heel r_big_toe r_small_toe r_heel"


@pytest.mark.parametrize("name", NAMES)
def test_keypoints_are_in_the_order_of_their_files(name: str) -> None:
    full = [re.sub("^l_", "left_", re.sub("^r_", "right_", short)) for short in ORDER[name].split()]
    if name in ("wholebody_133", "halpe_136"):  # a smaller set, face and hands
        assert NAMES[name][: len(full)] == tuple(full)
        assert all(each.startswith(("face_", "left_hand_", "right_hand_")) for each in NAMES[name][len(full) :])
        assert len(NAMES[name]) == int(name[-3:])
    else:
        assert list(NAMES[name]) == full


@pytest.mark.parametrize("number", [17, 18, 25, 26])
def test_openpose_folders_are_read_in_the_order_of_their_numbers(tmp_path: pathlib.Path, number: int) -> None:
    person = walker(number)
    clip = keypoints.read(write_openpose(tmp_path / "walk", person), fps=25.0)
    assert (clip.name, clip.fps, clip.names) == ("walk", 25.0, NAMES[OF_NUMBER[number][0]])
    np.testing.assert_allclose(clip.pixel, person[..., :2])
    np.testing.assert_allclose(clip.confidence, person[..., 2])


def test_coco_results_leave_out_the_images_in_which_nobody_was_found(tmp_path: pathlib.Path) -> None:
    person = walker(17)
    without = [each for each in results(person) if each["image_id"] != 4]
    clip = keypoints.read(written(tmp_path, without))
    assert clip.num_frames == FRAMES
    np.testing.assert_array_equal(clip.confidence[3], 0.0)
    np.testing.assert_allclose(clip.pixel[4], person[4, :, :2])


def test_images_that_are_named_are_in_the_order_of_their_numbers(tmp_path: pathlib.Path) -> None:
    """As AlphaPose writes them."""
    person = walker(26)
    named = [{**each, "image_id": f"{each['image_id']}.jpg"} for each in results(person) if each["image_id"] != 5]
    clip = keypoints.read(written(tmp_path, named[::-1]))
    assert clip.num_frames == FRAMES
    np.testing.assert_array_equal(clip.confidence[4], 0.0)
    np.testing.assert_allclose(np.delete(clip.pixel, 4, axis=0), np.delete(person[..., :2], 4, axis=0))


def test_missing_files_of_openpose_leave_a_gap_and_two_recordings_are_refused(tmp_path: pathlib.Path) -> None:
    folder = write_openpose(tmp_path / "walk", walker(25))
    (folder / "walk_5_keypoints.json").unlink()
    clip = keypoints.read(folder)
    assert clip.num_frames == FRAMES
    np.testing.assert_array_equal(clip.confidence[5], 0.0)
    write_openpose(folder, walker(25), name="run_{:d}_keypoints.json")
    with pytest.raises(InputError, match="two files of frame 0: give a folder of one recording"):
        keypoints.read(folder)


def test_scores_above_one_are_told_of_and_taken_as_one(tmp_path: pathlib.Path) -> None:
    person = walker(26)
    person[3, 5, 2] = 1.11
    clip = keypoints.read(written(tmp_path, results(person)), fps=25.0)
    assert clip.confidence.max() == 1.0
    assert clip.notes == ("confidences above 1 in 1 of 12 frames, taken as 1",)


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "cannot be read"),
        ({"keypoints": walker(17), "names": np.array(["nose"] * 17)}, "unknown or repeated names of keypoints, nose"),
        ({"keypoints": walker(17), "fps": np.array([25, 25])}, "fps that is not one number"),
        ({"keypoints": walker(17), "fps": np.array("fast")}, "fps that is not one number"),
        ({"keypoints": walker(17)[0]}, "holds no keypoints"),
        ({"points": walker(17)}, "holds no keypoints"),
        ({"keypoints": walker(17), "set": np.array("smpl")}, "unknown set of keypoints 'smpl'"),
    ],
)
def test_broken_arrays_are_refused_in_a_sentence(tmp_path: pathlib.Path, content: object, match: str) -> None:
    path = tmp_path / "clip.npz"
    path.write_bytes(content) if isinstance(content, bytes) else np.savez(path, **content)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=match) as refused:
        keypoints.read(path)
    check_remedy(str(refused.value))


def test_coco_annotations_say_whether_a_keypoint_is_seen(tmp_path: pathlib.Path) -> None:
    person = walker(17)
    person[..., 2] = 2.0
    person[:, 3, 2], person[:, 4, 2] = 1.0, 0.0
    content = {"images": [{"id": frame + 1} for frame in range(FRAMES)], "annotations": results(person)}
    clip = keypoints.read(written(tmp_path, content))
    np.testing.assert_array_equal(clip.confidence[:, [2, 3, 4]], [[1.0, 0.5, 0.0]] * FRAMES)


def test_landmarks_of_mediapipe_are_shares_of_the_image(tmp_path: pathlib.Path) -> None:
    person = walker(33)
    shares = (person[..., :2] + 0.5) / [640, 480]
    content = [
        [{"x": x, "y": y, "z": 0.0, "visibility": c} for (x, y), c in zip(frame, seen, strict=True)]
        for frame, seen in zip(shares, person[..., 2], strict=True)
    ]
    content[5] = []
    clip = keypoints.read(written(tmp_path, content), size=(640, 480))
    np.testing.assert_allclose(np.delete(clip.pixel, 5, axis=0), np.delete(person[..., :2], 5, axis=0))
    np.testing.assert_array_equal(clip.confidence[5], 0.0)
    with pytest.raises(InputError, match="shares of the image: give its size"):
        keypoints.read(written(tmp_path, content))


@pytest.mark.parametrize("named", [{"set": "h36m_17"}, {"names": np.array(NAMES["h36m_17"])}])
def test_arrays_name_their_keypoints(tmp_path: pathlib.Path, named: dict) -> None:
    path = tmp_path / "clip.npz"
    np.savez(path, keypoints=walker(17).astype(np.float32), fps=50.0, **named)
    clip = keypoints.read(path)
    assert (clip.fps, clip.names) == (50.0, NAMES["h36m_17"])
    assert keypoints.read(path, fps=25.0).fps == 25.0


def test_people_who_cross_stay_themselves(tmp_path: pathlib.Path) -> None:
    """In every frame the detector lists them in another order; the taller is the main one."""
    tall, small = walker(17, 200.0, 40.0, 500.0), walker(17, 640.0, -40.0, 320.0)
    folder = write_openpose(tmp_path / "walk", tall, small)
    for frame in range(1, FRAMES, 2):
        file = folder / f"walk_{frame}_keypoints.json"
        content = json.loads(file.read_text())
        file.write_text(json.dumps(content | {"people": content["people"][::-1]}))
    first, second = (keypoints.read(folder, person=number) for number in (None, 2))
    np.testing.assert_allclose(first.pixel, tall[..., :2])
    np.testing.assert_allclose(second.pixel, small[..., :2])
    assert first.notes[-2].startswith("person 1 of 2, the most prominent, in 12 of 12 frames; person 1 inside ")
    apart = np.linalg.norm(np.median(tall[..., :2], axis=1) - np.median(small[..., :2], axis=1), axis=1)
    near = np.flatnonzero(apart < 0.5 * np.linalg.norm(np.ptp(tall[..., :2], axis=1), axis=1))
    assert 2 < len(near) < FRAMES
    said = f"somebody else is close by in frames {near[0]}-{near[-1]}: see that nobody was exchanged there"
    assert first.notes[-1] == said


def test_a_crop_leaves_the_people_outside_alone(tmp_path: pathlib.Path) -> None:
    tall, small = walker(17, 200.0, 5.0, 500.0), walker(17, 900.0, 5.0, 320.0)
    folder = write_openpose(tmp_path / "walk", tall, small)
    np.testing.assert_allclose(keypoints.read(folder, crop=(700.0, 0.0, 1200.0, 900.0)).pixel, small[..., :2])
    with pytest.raises(InputError, match="nobody was found in .* inside the crop"):
        keypoints.read(folder, crop=(0.0, 0.0, 50.0, 50.0))


def test_somebody_who_is_lost_for_a_while_is_the_same_person(tmp_path: pathlib.Path) -> None:
    person = walker(17)
    person[4:8, :, 2] = 0.0
    person[4:8, :, :2] = np.nan
    clip = keypoints.read(write_openpose(tmp_path / "walk", np.nan_to_num(person)))
    np.testing.assert_array_equal(clip.confidence[4:8], 0.0)
    np.testing.assert_allclose(clip.pixel[8:], person[8:, :, :2])
    assert len(clip.notes) == 1  # the frame rate; nobody else was found


def _changed(change: Callable[[np.ndarray], None]) -> np.ndarray:
    person = walker(17)
    change(person)
    return person


def _set(index: tuple, value: float) -> np.ndarray:
    return _changed(lambda person: person.__setitem__(index, value))


BROKEN: dict[str, tuple[object, str]] = {
    "no keypoints": ([{"image_id": 1}], "holds no keypoints"),
    "a number": (3, "holds no keypoints"),
    "nothing": ([], "nobody was found"),
    "no list": ([{"image_id": 1, "keypoints": "many"}], "not a list of x, y, confidence"),
    "cut": ([{"image_id": 1, "keypoints": [1.0, 2.0]}], "not a list of x, y, confidence"),
    "unknown number": ([{"image_id": 1, "keypoints": [1.0] * 30}], "has 10 keypoints a person"),
    "two sets": (results(walker(17)) + results(walker(25)), "with 17 and with 25 keypoints"),
    "confidence": (results(_set((3, 5, 2), -0.5)), "confidence below 0, or none, in frame 3"),
    "no confidence": (results(_set((3, 5, 2), np.nan)), "confidence below 0, or none, in frame 3"),
    "images": ({"images": 3, "annotations": results(walker(17))}, "images without an id"),
    "an image": ({"images": ["a"], "annotations": results(walker(17))}, "images without an id"),
    "no frame": ([{**each, "image_id": None} for each in results(walker(17))], "a frame that has no number"),
    "a large number": ([{"image_id": 1, "keypoints": [10**400] * 51}], "not a list of x, y, confidence"),
    "NaN": (results(_set((3, 5, 0), np.nan)), "outside any picture in frame 3"),
    "one frame": (results(walker(17))[:1], "only one frame"),
    "identifiers": ([*results(walker(17)), {**results(walker(17))[0], "image_id": 10**9}], "not frame numbers"),
    "two landmarks": ([[{"x": 0.1, "y": 0.2}] * 2] * 3, "holds no keypoints"),
    "some landmarks": ([[{"x": 0.1, "y": 0.2}] * 20] * 3, "has 20 keypoints a person"),
    "landmarks without x": ([[{"y": 0.2}] * 33] * 3, "holds no keypoints"),
    "nobody": (results(np.zeros((FRAMES, 17, 3))), "nobody was found"),
}


@pytest.mark.parametrize("bad", BROKEN)
def test_broken_files_are_refused_in_a_sentence(tmp_path: pathlib.Path, bad: str) -> None:
    content, match = BROKEN[bad]
    with pytest.raises(InputError, match=match) as refused:
        keypoints.read(written(tmp_path, content), size=(640, 480))
    check_remedy(str(refused.value))


def test_a_pickle_in_an_array_file_is_not_executed(tmp_path: pathlib.Path) -> None:
    class Malicious:
        def __reduce__(self):
            return (pathlib.Path.touch, (tmp_path / "executed",))

    path = tmp_path / "clip.npz"
    np.savez(path, keypoints=np.array([Malicious()], dtype=object))
    with pytest.raises(InputError, match="without pickled objects") as refused:
        keypoints.read(path)
    check_remedy(str(refused.value))
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("person", [0, 2])
def test_persons_that_there_are_not(tmp_path: pathlib.Path, person: int) -> None:
    with pytest.raises(InputError, match=rf"has one person \(.*\), but no number {person}: give --person") as refused:
        keypoints.read(write_openpose(tmp_path / "walk", walker(17)), person=person)
    check_remedy(str(refused.value))


@pytest.fixture(scope="module")
def seen_walk() -> dict[str, np.ndarray]:
    """Joints of a real walk as a camera sees them from the side, by the names of `sets` (T, 2), pixels."""
    clip = formats.read("builtin:walk")
    at = {ours: clip.positions[:FRAMES, clip.joint(name)] for ours, name in joint_maps.detect(clip).items()}
    middle = {"nose": at["head_tip"] - [0, 0, 0.1], "spine": (at["pelvis"] + at["neck"]) / 2, "head": at["head_tip"]}
    every = at | middle | {f"{side}_{toe}": at[f"{side}_toes_tip"] for side in ("left", "right") for toe in TOES}
    every |= {f"{side}_{part}": middle["nose"] for side in ("left", "right") for part in ("eye", "ear")}
    every |= {f"{side}_heel": at[f"{side}_ankle"] for side in ("left", "right")}
    return {name: 700 + 300 * track @ [[0.8, 0], [0.6, 0], [0, -1]] for name, track in every.items()}


TOES = ("big_toe", "small_toe")


def seen(walk: dict[str, np.ndarray], name: str) -> np.ndarray:
    """The walk in a set's order, column, row, confidence (T, K, 3). Face and hands are at the nose."""
    places = np.stack([walk.get(each, walk["nose"]) for each in NAMES[name]], axis=1)
    return np.concatenate([places, np.full((*places.shape[:2], 1), 0.9)], axis=-1)


def as_dicts(person: np.ndarray) -> list[list[dict]]:
    return [[{"x": x, "y": y, "visibility": c} for x, y, c in frame] for frame in person.tolist()]


LAYOUTS: dict[str, tuple[str, Callable[[np.ndarray], object]]] = {
    "nested triples": ("coco_17", lambda p: [{"image_id": k + 1, "keypoints": e.tolist()} for k, e in enumerate(p)]),
    "MMPose": (
        "coco_17",
        lambda p: {
            "meta_info": {"dataset_name": "coco"},
            "instance_info": [
                {
                    "frame_id": k + 1,
                    "instances": [
                        {"keypoints": e[:, :2].tolist(), "keypoint_scores": e[:, 2].tolist(), "bbox": [[1] * 4]}
                    ],
                }
                for k, e in enumerate(p)
            ],
        },
    ),
    "ultralytics": (
        "coco_17",
        lambda p: [
            [{"name": "person", "keypoints": dict(zip(("x", "y", "visible"), e.T.tolist(), strict=True))}] for e in p
        ],
    ),
    "AlphaPose, one table an image": (
        "coco_18",
        lambda p: {f"{k}.jpg": {"version": "1", "bodies": [{"joints": e.ravel().tolist()}]} for k, e in enumerate(p)},
    ),
    "Kinetics": (
        "coco_18",
        lambda p: {
            "label": "walk",
            "data": [
                {"frame_index": k + 1, "skeleton": [{"pose": e[:, :2].ravel().tolist(), "score": e[:, 2].tolist()}]}
                for k, e in enumerate(p)
            ],
        },
    ),
    "MediaPipe, frames as tables": (
        "mediapipe_33",
        lambda p: [{"frame": k, "timestamp": 0.0, "pose_landmarks": e} for k, e in enumerate(as_dicts(p))],
    ),
    "MediaPipe's tasks": ("mediapipe_33", lambda p: [[frame] for frame in as_dicts(p)]),
    "COCO-WholeBody": ("wholebody_133", results),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_programs_layout_is_read(tmp_path: pathlib.Path, seen_walk: dict[str, np.ndarray], layout: str) -> None:
    name, write = LAYOUTS[layout]
    path = written(tmp_path, write(seen(seen_walk, name)))
    assert keypoints.holds_keypoints(path)
    clip = keypoints.read(path)
    assert (clip.names, clip.num_frames) == (NAMES[name], FRAMES)
    np.testing.assert_allclose(clip.pixel, seen(seen_walk, name)[..., :2], atol=1e-9)
    np.testing.assert_allclose(clip.confidence, 0.9)


@pytest.mark.parametrize("name", ["coco_17", "h36m_17", "body_25", "body_25b"])
def test_sets_with_the_same_number_are_told_apart_by_their_limbs(
    tmp_path: pathlib.Path, seen_walk: dict[str, np.ndarray], name: str
) -> None:
    clip = keypoints.read(write_openpose(tmp_path / "walk", seen(seen_walk, name)))
    assert clip.names == NAMES[name]
    unusual = name in ("h36m_17", "body_25b")
    assert any(note.startswith(f"keypoints: {len(clip.names)}, those of {name}") for note in clip.notes) == unusual


def test_shares_of_the_picture_are_multiplied(tmp_path: pathlib.Path, seen_walk: dict[str, np.ndarray]) -> None:
    """Any program may write them; OpenPose also from -1 to 1."""
    person = seen(seen_walk, "coco_17")
    for number, scale in enumerate((lambda share: share, lambda share: 2 * share - 1)):
        shares = np.concatenate([scale((person[..., :2] + 0.5) / [1920, 1080]), person[..., 2:]], axis=-1)
        path = write_openpose(tmp_path / str(number), shares)
        clip = keypoints.read(path, size=(1920, 1080))
        np.testing.assert_allclose(clip.pixel, person[..., :2], atol=1e-6)
        assert "keypoints: shares of the picture, times 1920 x 1080 pixels" in clip.notes
        with pytest.raises(InputError, match="shares of the image: give its size in pixels with --image-size"):
            keypoints.read(path)


def test_rows_counted_upwards_are_turned_and_said(tmp_path: pathlib.Path, seen_walk: dict[str, np.ndarray]) -> None:
    person = seen(seen_walk, "coco_17")
    upwards = person * [1, -1, 1] + [0, 1079, 0]
    clip = keypoints.read(written(tmp_path, results(upwards)), size=(1920, 1080))
    np.testing.assert_allclose(clip.pixel, person[..., :2])
    doubts = [finding for finding in clip.findings if finding.level != "good"]
    ((level, sentence),) = ((finding.level, finding.sentence) for finding in doubts)
    assert level == "doubtful"
    assert sentence in clip.notes
    check_remedy(sentence)
    assert worst(keypoints.read(written(tmp_path, results(person)), size=(1920, 1080)).findings) == "good"


@pytest.mark.parametrize(
    "content", ["[" * 900 + "1" + "]" * 900, '{"frames":' * 300 + "[]" + "}" * 300, "[[[[]]]]", "{}"]
)
def test_what_is_nested_deeply_holds_nobody(tmp_path: pathlib.Path, content: str) -> None:
    path = tmp_path / "deep.json"
    path.write_text(content)
    assert not keypoints.holds_keypoints(path)


def test_world_landmarks_are_refused(tmp_path: pathlib.Path, seen_walk: dict[str, np.ndarray]) -> None:
    person = seen(seen_walk, "mediapipe_33")
    hips = [NAMES["mediapipe_33"].index(f"{side}_hip") for side in ("left", "right")]
    person[..., :2] = (person[..., :2] - person[:, hips, :2].mean(axis=1, keepdims=True)) / 300
    with pytest.raises(InputError, match="holds MediaPipe's world landmarks, in metres from the hips") as refused:
        keypoints.read(written(tmp_path, as_dicts(person)), size=(640, 480))
    check_remedy(str(refused.value))


def test_places_in_space_are_no_keypoints(tmp_path: pathlib.Path, seen_walk: dict[str, np.ndarray]) -> None:
    """In metres or in mm, whatever the key says."""
    for scale in (0.003, 3.0):
        path = tmp_path / "space.npz"
        np.savez(path, keypoints=scale * (seen(seen_walk, "coco_17")[..., [0, 1, 0]] - [700, 700, 0]))
        assert not keypoints.holds_keypoints(path)
        with pytest.raises(InputError, match="x, y and z in space, not columns, rows and confidences") as refused:
            keypoints.read(path)
        check_remedy(str(refused.value))


_VALUES = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=3)
_KEYS = st.sampled_from([*keypoint_json.FRAME_LISTS, *keypoint_json.PEOPLE_LISTS, *keypoint_json.POINTS, "x", "y", "1"])
_JSON = st.recursive(_VALUES, lambda inner: st.lists(inner, max_size=20) | st.dictionaries(_KEYS, inner, max_size=4))


@settings(deadline=None, max_examples=150)
@given(_JSON)
def test_any_json_raises_nothing_but_input_errors(tmp_path_factory: pytest.TempPathFactory, content: object) -> None:
    path = tmp_path_factory.mktemp("any") / "clip.json"
    path.write_text(json.dumps(content))
    keypoints.holds_keypoints(path)
    with contextlib.suppress(InputError):
        keypoints.read(path, size=(640, 480))
