"""Mass, centre of mass and inertia of every segment of a person, by the tables of `anthropometry`."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from diffphy.body import anthropometry, foot
from diffphy.body.anthropometry import Segment, Sex
from diffphy.body.body_shape import GIRDLE_RADIUS
from diffphy.body.humanoid import BODY_NAMES, ROOT
from diffphy.body.measurements import Measurements, segment_ends
from diffphy.body.solid import Solid

# Our choice, no table has them: the shoulder girdle's share of the body's mass, taken from the upper trunk, and the
# toes' share of the foot.
GIRDLE_MASS = 0.015
TOES_OF_FOOT = 0.2

Inertial = tuple[float, Float[np.ndarray, "3"], Float[np.ndarray, "3 3"]]
"""Mass, kg, centre of mass in the body's frame, m, and inertia about it in body axes, kg m^2."""


def mass_shares(sex: Sex) -> dict[str, float]:
    """Return each segment's share of the body's mass after de Leva. The shares sum to 1."""
    table = anthropometry.segments(sex)
    names = {ROOT: "lower_trunk", "abdomen": "middle_trunk", "thorax": "upper_trunk", "head": "head"}
    shares = {body: table[name].mass for body, name in names.items()}
    shares["thorax"] -= 2 * GIRDLE_MASS
    for side in ("left", "right"):
        shares[f"{side}_shoulder_girdle"] = GIRDLE_MASS
        shares |= {f"{side}_{part}": table[part].mass for part in ("upper_arm", "forearm", "hand", "thigh", "shank")}
        shares[f"{side}_foot"] = (1 - TOES_OF_FOOT) * table["foot"].mass
        shares[f"{side}_toes"] = TOES_OF_FOOT * table["foot"].mass
    total = sum(shares.values())
    return {body: shares[body] / total for body in BODY_NAMES}


def segment_inertia(person: Measurements) -> dict[str, Inertial]:
    """Return mass, centre and inertia of each body of a person, by name."""
    table = anthropometry.segments(person.sex)
    ends = segment_ends(person)
    mass = person.body_mass
    behind = anthropometry.behind_line(person.sex)
    rows = _trunk(person, table, behind["trunk"])
    head_length = anthropometry.VERTEX_TO_GONION * person.stature
    vertex = ends["head"]
    rows["head"] = _lay_out(table["head"], mass, vertex, vertex * (1 - head_length / np.linalg.norm(vertex)))
    hand_length = anthropometry.WRIST_TO_THIRD_KNUCKLE * person.stature
    for side in ("left", "right"):
        rows[f"{side}_shoulder_girdle"] = girdle_rod(person, side)[:3]
        for part in ("upper_arm", "forearm", "thigh", "shank"):
            body = f"{side}_{part}"
            rows[body] = _lay_out(table[part], mass, np.zeros(3), ends[body], behind=behind.get(part, 0.0))
        hand = ends[f"{side}_hand"]  # only its direction: recordings end anywhere from the knuckles to the finger tips
        knuckle = hand * (hand_length / np.linalg.norm(hand))
        rows[f"{side}_hand"] = _lay_out(table["hand"], mass, np.zeros(3), knuckle)
        rows |= _foot(side, table["foot"].mass * mass, ends, person.stature)
    # The girdles are cut out of the table's upper trunk, so the sum is the table's: within 0.1 % of one.
    total = sum(row[0] for row in rows.values())
    return {body: (m * mass / total, c, inertia * mass / total) for body, (m, c, inertia) in rows.items()}


def girdle_rod(person: Measurements, side: str) -> Solid:
    """Return a shoulder girdle as a uniform cylinder from its joint to the shoulder.

    Its long axis is taken to be the frame's axis that is nearest to it.
    """
    mass, end, radius = (
        GIRDLE_MASS * person.body_mass,
        person.offset(f"{side}_upper_arm"),
        GIRDLE_RADIUS * person.stature,
    )
    length = float(np.linalg.norm(end))
    moments = np.full(3, mass * (length**2 / 12 + radius**2 / 4))
    moments[int(np.argmax(np.abs(end)))] = mass * radius**2 / 2
    return Solid(mass, end / 2, np.diag(moments), np.pi * radius**2 * length)


def _lay_out(
    segment: Segment,
    body_mass: float,
    start: np.ndarray,
    end: np.ndarray,
    length: float | None = None,
    behind: float = 0.0,
) -> Inertial:
    """Lay a row of de Leva's table along the segment from `start` to `end`, in the body's frame.

    Its centre of mass is behind this line by a share of the segment's length.
    """
    axis = end - start
    length = length or float(np.linalg.norm(axis))
    mass = segment.mass * body_mass
    sagittal, transverse, longitudinal = mass * (np.array(segment.gyration) * length) ** 2
    along = int(np.argmax(np.abs(axis)))
    moments = np.full(3, transverse)
    moments[0] = sagittal
    moments[along] = longitudinal
    center = start + segment.center * axis - np.array([behind * np.linalg.norm(axis), 0.0, 0.0])
    return mass, center, np.diag(moments)


def _trunk(person: Measurements, table: Mapping[str, Segment], behind: float) -> dict[str, Inertial]:
    """Lay the table's lower, middle and upper trunk out on the line from the hips to the neck.

    They are pelvis, abdomen and thorax. A recording's spine joints are anywhere on that line; the masses stay where
    anatomy puts them: behind it by a share of its length.
    """
    offset = person.offset
    mid_hip = (offset("left_thigh") + offset("right_thigh")) / 2
    joint = {ROOT: np.zeros(3), "abdomen": offset("abdomen")}
    joint["thorax"] = joint["abdomen"] + offset("thorax")
    trunk = joint["thorax"] + offset("head") - mid_hip
    length = float(np.linalg.norm(trunk))
    lengths = anthropometry.trunk_lengths(person.sex)
    tops = np.cumsum(lengths)
    rows = {}
    for body, name, top, part in zip(joint, ("lower_trunk", "middle_trunk", "upper_trunk"), tops, lengths, strict=True):
        start = mid_hip + top * trunk - joint[body]
        mass, com, inertia = _lay_out(
            table[name], person.body_mass, start, start - part * trunk, part * length, behind / part
        )
        if body == "thorax":
            kept = 1 - 2 * GIRDLE_MASS * person.body_mass / mass
            mass, inertia = kept * mass, kept * inertia
        rows[body] = (mass, com, inertia)
    return rows


def _foot(side: str, mass: float, ends: Mapping[str, np.ndarray], stature: float) -> dict[str, Inertial]:
    """Make foot and toes uniform boxes: the table has one rigid foot, ours bends at the toe joint."""
    toe_joint, toe_tip, sole = ends[f"{side}_foot"], ends[f"{side}_toes"], ends["sole"]
    width, foot_height = foot.INERTIA_WIDTH * stature, foot.INERTIA_HEIGHT_OVER_ANKLE * abs(sole[2])
    back, front = ends["heel"][0], toe_joint[0]
    center = np.array([(back + front) / 2, toe_joint[1] / 2, sole[2] + foot_height / 2])
    toe_length = max(float(toe_tip[0]), foot.LEAST_TOES_LENGTH * stature)
    toe_center = np.array([toe_length / 2, toe_tip[1] / 2, 0.0])
    foot_mass, toe_mass = (1 - TOES_OF_FOOT) * mass, TOES_OF_FOOT * mass
    return {
        f"{side}_foot": (foot_mass, center, _box(foot_mass, front - back, width, foot_height)),
        f"{side}_toes": (toe_mass, toe_center, _box(toe_mass, toe_length, width, foot.TOES_INERTIA_HEIGHT * stature)),
    }


def _box(mass: float, x: float, y: float, z: float) -> Float[np.ndarray, "3 3"]:
    """Return the inertia of a uniform box of these edge lengths, m, about its centre, kg m^2."""
    return mass / 12 * np.diag([y * y + z * z, x * x + z * z, x * x + y * y])
