import pytest

from data.markers.names import LANDMARKS, find_landmarks, plain, subject_of_label


def test_no_name_means_two_landmarks() -> None:
    names = [name for usual in LANDMARKS.values() for name in usual]
    assert len(set(names)) == len(names)
    assert all(plain(name) == name for name in names)  # Otherwise no point of a recording could have it.


@pytest.mark.parametrize("label", ["LASI", "lasi", "Bob:LASI", "Lab:Bob:L.ASI", "L_asi", "l-a s.i"])
def test_what_does_not_count_in_a_name(label: str) -> None:
    assert find_landmarks(["RASI", label]) == {"right_asis": "RASI", "left_asis": label}


def test_the_likeliest_name_is_taken() -> None:
    """A real ankle centre before a bone's origin, whatever their order in the file."""
    assert find_landmarks(["LTIO", "LAJC"]) == find_landmarks(["LAJC", "LTIO"]) == {"left_ankle_centre": "LAJC"}


def test_the_first_of_several_subjects_is_taken() -> None:
    assert find_landmarks(["Ann:C7", "Bob:C7"]) == {"c7": "Ann:C7"}
    assert [subject_of_label(label) for label in ("Ann:C7", "C7", "Lab:Ann:C7")] == ["Ann", "", "Lab:Ann"]


def test_what_is_no_landmark_is_left_out() -> None:
    assert find_landmarks(["M1", "LASIX", "", "Bob:"]) == {}


def test_the_forefoot_of_opensims_gait_models_is_known() -> None:
    names = [f"{side}.{name}" for side in "LR" for name in ("Toe.Lat", "Toe.Med", "Toe.Tip")]
    found = find_landmarks(names)
    assert found["left_metatarsal_5"] == "L.Toe.Lat"
    assert found["right_metatarsal_1"] == "R.Toe.Med"
    assert found["right_toes_end"] == "R.Toe.Tip"
