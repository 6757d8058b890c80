"""The sets of keypoints that detectors find, in the order of their files, by names that all sets share."""

NAMES: dict[str, tuple[str, ...]] = {}
"""Set -> names of its keypoints. Left means the person's own left."""

_SIDES = ("left", "right")


def _both(*parts: str) -> tuple[str, ...]:
    return tuple(f"{side}_{part}" for part in parts for side in _SIDES)


def _one(side: str, *parts: str) -> tuple[str, ...]:
    return tuple(f"{side}_{part}" for part in parts)


NAMES["coco_17"] = (
    "nose",
    *_both("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle"),
)
NAMES["body_25"] = (  # OpenPose
    "nose",
    "neck",
    *_one("right", "shoulder", "elbow", "wrist"),
    *_one("left", "shoulder", "elbow", "wrist"),
    "pelvis",
    *_one("right", "hip", "knee", "ankle"),
    *_one("left", "hip", "knee", "ankle"),
    *("right_eye", "left_eye", "right_ear", "left_ear"),
    *_one("left", "big_toe", "small_toe", "heel"),
    *_one("right", "big_toe", "small_toe", "heel"),
)
NAMES["coco_18"] = (  # OpenPose's older model
    "nose",
    "neck",
    *_one("right", "shoulder", "elbow", "wrist"),
    *_one("left", "shoulder", "elbow", "wrist"),
    *_one("right", "hip", "knee", "ankle"),
    *_one("left", "hip", "knee", "ankle"),
    *("right_eye", "left_eye", "right_ear", "left_ear"),
)
NAMES["halpe_26"] = (
    *NAMES["coco_17"],
    *("head", "neck", "pelvis"),
    *_both("big_toe", "small_toe", "heel"),
)
NAMES["h36m_17"] = (
    "pelvis",
    *_one("right", "hip", "knee", "ankle"),
    *_one("left", "hip", "knee", "ankle"),
    *("spine", "neck", "nose", "head"),
    *_one("left", "shoulder", "elbow", "wrist"),
    *_one("right", "shoulder", "elbow", "wrist"),
)
NAMES["mediapipe_33"] = (
    "nose",
    *(f"{side}_eye{part}" for side in _SIDES for part in ("_inner", "", "_outer")),
    *_both("ear"),
    *("mouth_left", "mouth_right"),
    *_both("shoulder", "elbow", "wrist", "pinky", "index", "thumb", "hip", "knee", "ankle", "heel", "big_toe"),
)

_FEET = (*_one("left", "big_toe", "small_toe", "heel"), *_one("right", "big_toe", "small_toe", "heel"))
NAMES["body_25b"] = (*NAMES["coco_17"], "neck", "head", *_FEET)  # OpenPose's experimental model
NAMES["panoptic_19"] = (  # CMU Panoptic
    *("neck", "nose", "pelvis"),
    *_one("left", "shoulder", "elbow", "wrist", "hip", "knee", "ankle"),
    *_one("right", "shoulder", "elbow", "wrist", "hip", "knee", "ankle"),
    *("left_eye", "left_ear", "right_eye", "right_ear"),
)
_FACE_AND_HANDS = (
    *(f"face_{index}" for index in range(68)),
    *(f"{side}_hand_{index}" for side in _SIDES for index in range(21)),
)
NAMES["wholebody_133"] = (*NAMES["coco_17"], *_FEET, *_FACE_AND_HANDS)  # COCO-WholeBody
NAMES["halpe_136"] = (*NAMES["halpe_26"], *_FACE_AND_HANDS)

OF_NUMBER: dict[int, tuple[str, ...]] = {
    number: tuple(name for name, names in NAMES.items() if len(names) == number)
    for number in sorted({len(names) for names in NAMES.values()})
}
"""Number of keypoints -> the sets with so many, the most usual first."""
