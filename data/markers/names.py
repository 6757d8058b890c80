"""The names of landmarks in the usual marker sets and models.

When names are compared, these do not count: letter case, a subject's prefix up to a colon, and dots, blanks, hyphens
and underscores within a name.

Sources: Plug-in Gait's markers and bones, whose origins are at their lower ends (Vicon, Plug-in Gait Reference Guide);
OpenSim's example models; Visual3D's joint centres; the landmarks in the ISB's recommendations.
"""

import re
from collections.abc import Iterable

_SIDES = (("left", "L", "LEFT"), ("right", "R", "RIGHT"))

# Landmark -> its names. {S} stands for L or R, {SIDE} for LEFT or RIGHT.
_CENTRES = {
    "hip_centre": ("{S}HJC", "V{S}HJC", "{S}HIPJC", "{S}FEP", "{SIDE}HIP", "{S}HIPCENTER", "{S}HIPCENTRE"),
    "knee_centre": ("{S}KJC", "V{S}KJC", "{S}KNEEJC", "{S}FEO", "{S}TIP", "{SIDE}KNEE", "{S}KNEECENTER"),
    "ankle_centre": ("{S}AJC", "V{S}AJC", "{S}ANKLEJC", "{S}TIO", "{SIDE}ANKLE", "{S}ANKLECENTER"),
    "shoulder_centre": ("{S}SJC", "V{S}SJC", "{S}SHOULDERJC", "{S}HUP", "{S}GHJC", "{SIDE}SHOULDER"),
    "elbow_centre": ("{S}EJC", "V{S}EJC", "{S}ELBOWJC", "{S}HUO", "{SIDE}ELBOW", "{S}ELBOWCENTER"),
    "wrist_centre": ("{S}WJC", "V{S}WJC", "{S}WRISTJC", "{S}RAO", "{SIDE}WRIST", "{S}WRISTCENTER"),
}
_SIDED = _CENTRES | {
    "asis": ("{S}ASI", "{S}ASIS", "{S}IAS", "{S}FWT"),
    "psis": ("{S}PSI", "{S}PSIS", "{S}IPS", "{S}BWT"),
    "knee_lateral": ("{S}KNE", "{S}LFC", "{S}FLE", "{S}LEK", "{S}KNEELAT", "{S}KNEL"),
    "knee_medial": ("{S}KNM", "{S}MFC", "{S}FME", "{S}MEK", "{S}KNEEMED", "{S}MKNE", "{S}KNEM"),
    "ankle_lateral": ("{S}ANK", "{S}LMAL", "{S}FAL", "{S}LM", "{S}ANKLELAT", "{S}ANKL"),
    "ankle_medial": ("{S}MED", "{S}MMAL", "{S}TAM", "{S}MM", "{S}ANKLEMED", "{S}MANK", "{S}ANKM"),
    "heel": ("{S}HEE", "{S}CAL", "{S}FCC", "{S}HEEL"),
    "metatarsal_2": ("{S}TOE", "{S}MT2", "{S}FM2"),
    "metatarsal_1": ("{S}MT1", "{S}FM1"),
    "metatarsal_5": ("{S}MT5", "{S}FM5"),
    "acromion": ("{S}SHO", "{S}ACROMIUM", "{S}ACROMION", "{S}ACR", "{S}SAE", "{S}AC"),
    "elbow_lateral": ("{S}ELB", "{S}HLE", "{S}ELBOWLAT", "{S}LEL", "{S}LHE"),
    "elbow_medial": ("{S}ELBM", "{S}HME", "{S}ELBOWMED", "{S}MEL", "{S}MHE", "{S}MELB"),
    "wrist_thumb": ("{S}WRA", "{S}RSP", "{S}WRISTLAT", "{S}WRISTRADIUS"),
    "wrist_little": ("{S}WRB", "{S}USP", "{S}WRISTMED", "{S}WRISTULNA"),
    "head_front": ("{S}FHD",),
    "head_back": ("{S}BHD",),
}
_TRUNK = {
    "sacrum": ("SACR", "SACRUM", "VSACRAL", "SAC"),
    "c7": ("C7", "CV7", "VC7"),
    "jugular_notch": ("CLAV", "SJN", "IJ", "STRNSUP"),
    "t10": ("T10", "TV10", "T8", "TV8"),
    "sternum": ("STRN", "SXS", "PX", "XIPH"),
}

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
    return {
        landmark: next(actual[each] for each in usual if each in actual)
        for landmark, usual in LANDMARKS.items()
        if any(each in actual for each in usual)
    }


def subject_of_label(name: str) -> str:
    """Return the prefix of a point's name: "Bob" for "Bob:LASI", empty where there is none."""
    return name.rpartition(":")[0]


def plain(name: str) -> str:
    """Return a point's name without what does not count in comparisons."""
    return re.sub(r"[._\s-]", "", name.rpartition(":")[2]).upper()
