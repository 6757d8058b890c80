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

BY_NUMBER = {len(names): name for name, names in NAMES.items() if name != "h36m_17"}
"""Number of keypoints -> the set that a file with so many means, where it does not name the set."""
