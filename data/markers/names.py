"""The names of landmarks in the usual marker sets and models.

When names are compared, these do not count: letter case, a subject's prefix up to a colon, and dots, blanks, hyphens
and underscores within a name.

Sources: Plug-in Gait's markers and bones, whose origins are at their lower ends (Vicon, Plug-in Gait Reference Guide);
OpenSim's example models; Visual3D's joint centres; the landmarks in the ISB's recommendations.
"""

import re
from collections.abc import Collection, Iterable

_SIDES = (("left", "L", "LEFT"), ("right", "R", "RIGHT"))

# Landmark -> its names. {S} stands for L or R, {SIDE} for LEFT or RIGHT.
_CENTRES = {
    "hip_centre": ("{S}HJC", "V{S}HJC", "{S}HIPJC", "{S}FEP", "{S}HIPCENTER", "{S}HIPCENTRE"),
    "knee_centre": ("{S}KJC", "V{S}KJC", "{S}KNEEJC", "{S}FEO", "{S}TIP", "{S}KNEECENTER"),
    "ankle_centre": ("{S}AJC", "V{S}AJC", "{S}ANKLEJC", "{S}TIO", "{S}ANKLECENTER"),
    "shoulder_centre": ("{S}SJC", "V{S}SJC", "{S}SHOULDERJC", "{S}HUP", "{S}GHJC"),
    "elbow_centre": ("{S}EJC", "V{S}EJC", "{S}ELBOWJC", "{S}HUO", "{S}ELBOWCENTER"),
    "wrist_centre": ("{S}WJC", "V{S}WJC", "{S}WRISTJC", "{S}RAO", "{S}WRISTCENTER"),
}
_SIDED = _CENTRES | {
    "asis": ("{S}ASI", "{S}ASIS", "{S}IAS", "{S}FWT"),
    "psis": ("{S}PSI", "{S}PSIS", "{S}IPS", "{S}BWT"),
    "knee_lateral": (
        *("{S}KNE", "{S}LFC", "{S}FLE", "{S}LEK", "{S}KNEELAT", "{S}KNEL", "{S}LEPI", "{S}LKN", "{S}LKNE", "{S}LKNEE"),
        *("{S}KNEELATERAL", "{S}LATKNEE", "{S}LEP"),
    ),
    "knee_medial": (
        *("{S}KNM", "{S}MFC", "{S}FME", "{S}MEK", "{S}KNEEMED", "{S}MKNE", "{S}KNEM", "{S}MEPI", "{S}MKN", "{S}MKNEE"),
        *("{S}KNEEMEDIAL", "{S}MEDKNEE", "{S}MEP"),
    ),
    "ankle_lateral": (
        *("{S}ANK", "{S}LMAL", "{S}FAL", "{S}LM", "{S}ANKLELAT", "{S}ANKL", "{S}LAK", "{S}LANK", "{S}LANKLE"),
        *("{S}ANKLELATERAL", "{S}LATANKLE", "{S}LMALL"),
    ),
    "ankle_medial": (
        *("{S}MED", "{S}MMAL", "{S}TAM", "{S}MM", "{S}ANKLEMED", "{S}MANK", "{S}ANKM", "{S}MAK", "{S}MANKLE"),
        *("{S}ANKLEMEDIAL", "{S}MEDANKLE", "{S}MMALL"),
    ),
    "heel": ("{S}HEE", "{S}CAL", "{S}FCC", "{S}HEEL", "{S}HEL", "{S}CALC", "{S}CALCN"),
    "metatarsal_2": ("{S}TOE", "{S}MT2", "{S}FM2", "{S}FMT2", "{S}MTP2", "{S}2META"),
    "metatarsal_1": ("{S}MT1", "{S}FM1", "{S}FMT1", "{S}MTP1", "{S}1META", "{S}TOEMED"),
    "metatarsal_5": ("{S}MT5", "{S}FM5", "{S}FMT5", "{S}MTP5", "{S}5META", "{S}TOELAT"),
    "acromion": ("{S}SHO", "{S}ACROMIUM", "{S}ACROMION", "{S}ACR", "{S}SAE", "{S}AC", "{S}SAJ", "{S}SHLD"),
    "elbow_lateral": (
        *("{S}ELB", "{S}HLE", "{S}ELBOWLAT", "{S}LEL", "{S}LHE", "{S}LEE", "{S}LELB", "{S}LELBOW", "{S}ELBOWLATERAL"),
    ),
    "elbow_medial": (
        *("{S}ELBM", "{S}HME", "{S}ELBOWMED", "{S}MEL", "{S}MHE", "{S}MEE", "{S}MELB", "{S}MELBOW", "{S}ELBOWMEDIAL"),
    ),
    "wrist_thumb": ("{S}WRA", "{S}RSP", "{S}WRISTLAT", "{S}WRISTRADIUS", "{S}LWRIST", "{S}WRISTLATERAL"),
    "wrist_little": ("{S}WRB", "{S}USP", "{S}UHE", "{S}WRISTMED", "{S}WRISTULNA", "{S}MWRIST", "{S}WRISTMEDIAL"),
    "head_front": ("{S}FHD", "{S}HDF"),
    "head_back": ("{S}BHD", "{S}HDB"),
    "toes_end": ("{S}BIGTOE", "{S}TOETIP"),
}
_TRUNK = {
    "sacrum": ("SACR", "SACRUM", "VSACRAL", "SAC"),
    "c7": ("C7", "CV7", "VC7"),
    "jugular_notch": ("CLAV", "SJN", "SNJ", "IJ", "STRNSUP", "STER"),
    "t10": ("T10", "TV10", "T8", "TV8"),
    "sternum": ("STRN", "SXS", "PX", "XIPH", "XPRO", "XYPH"),
    "nose": ("NOSE",),
    "neck_centre": ("NECKCENTER", "NECKCENTRE", "NECKJC"),
    "head_top": ("HEADTOP", "TOPHEAD", "THEAD", "VERTEX"),
}

# Names that mean the centre of a joint in a set of joints, which has hips, and a marker on the skin in other sets.
_OF_SETS = {
    "HIP": ("hip_centre", None),
    "KNEE": ("knee_centre", "knee_lateral"),
    "ANKLE": ("ankle_centre", "ankle_lateral"),
    "SHOULDER": ("shoulder_centre", "acromion"),
    "ELBOW": ("elbow_centre", "elbow_lateral"),
    "WRIST": ("wrist_centre", None),
}
_OF_JOINT_SETS = {"NECK": "neck_centre", "HEAD": "head_top"}

LANDMARKS: dict[str, tuple[str, ...]] = _TRUNK | {
    f"{side}_{landmark}": tuple(name.format(S=short, SIDE=long) for name in names)
    for side, short, long in _SIDES
    for landmark, names in _SIDED.items()
}
"""Landmark -> its names, the likeliest first."""


def find_landmarks(names: Iterable[str]) -> dict[str, str]:
    """Return the landmarks among the points of a recording, each with the point's name there.

    Where points of several subjects have the same name, the first one is used.
    """
    actual: dict[str, str] = {}
    for name in names:
        actual.setdefault(plain(name), name)
    found = {
        landmark: next(actual[each] for each in usual if each in actual)
        for landmark, usual in LANDMARKS.items()
        if any(each in actual for each in usual)
    }
    return {landmark: actual[name] for name, landmark in _names_of_set(actual.keys()).items() if name in actual} | found


def _names_of_set(names: Collection[str]) -> dict[str, str]:
    """Return the landmarks that names such as LKNEE mean beside these others."""
    joints = any({left, right} <= set(names) for left, right in (("LHIP", "RHIP"), ("LEFTHIP", "RIGHTHIP")))
    meant = {
        f"{prefix}{name}": f"{side}_{landmark}"
        for side, *prefixes in _SIDES
        for prefix in prefixes
        for name, (centre, marker) in _OF_SETS.items()
        if (landmark := centre if joints else marker) is not None
    }
    return meant | (_OF_JOINT_SETS if joints else {})


def subject_of_label(name: str) -> str:
    """Return the prefix of a point's name: "Bob" for "Bob:LASI", empty where there is none."""
    return name.rpartition(":")[0]


def plain(name: str) -> str:
    """Return a point's name without what does not count in comparisons."""
    return re.sub(r"_study$|[._\s-]", "", name.rpartition(":")[2], flags=re.IGNORECASE).upper()
