"""From a person's measurements to a `Humanoid`: masses, inertias, shapes and strength of every segment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from diffphy.body import anthropometry
from diffphy.body.anthropometry import Segment, Sex
from diffphy.body.body_shape import body_shapes, contact_spheres, sizes_of_solids, sizes_of_table
from diffphy.body.humanoid import BODY_NAMES, JOINT_NAMES, PARENTS, ROOT, Humanoid
from diffphy.body.solid import Solid
from diffphy.body.strength import pd_gains

# Our choice, no table says it: the shoulder girdle's share of the body's mass, taken from the upper trunk, and the
# toes' share of the foot.
GIRDLE_MASS = 0.015
TOES_OF_FOOT = 0.2


@dataclass(frozen=True)
class Measurements:
    """What is known of a person.

    `joint_offset`: every joint in its parent body's frame in the zero pose, m (20, 3), row 0 zero. `tips`: ends of
    segments without a child joint ("head", "left_hand", "right_hand", "left_toes", "right_toes"), in the body's
    frame, m. `height` (m) and `mass` (kg) are estimated from the legs if None. `sole`: height of the ankle joint
    over the sole, m, and `heel`: how far the foot reaches behind the ankle, m; both from the stature if None.
    """

    joint_offset: Float[np.ndarray, "20 3"]
    tips: Mapping[str, Float[np.ndarray, "3"]] = field(default_factory=dict)
    height: float | None = None
    mass: float | None = None
    sex: Sex = "average"
    sole: float | None = None
    heel: float | None = None

    @property
    def stature(self) -> float:
        """Height, m: the one given, or from the lengths of the legs."""
        if self.height is not None:
            return self.height
        lengths = [
            np.mean([np.linalg.norm(self.offset(f"{side}_{bone}")) for side in ("left", "right")])
            for bone in ("shank", "foot")
        ]
        return anthropometry.estimate_height(float(lengths[0]), float(lengths[1]))

    @property
    def body_mass(self) -> float:
        """Mass, kg: the one given, or that of a body mass index of 22."""
        return self.mass if self.mass is not None else anthropometry.estimate_mass(self.stature)

    @property
    def ankle_height(self) -> float:
        """Of the ankle joint over the sole, m."""
        return self.sole or anthropometry.ANKLE_HEIGHT * self.stature

    @property
    def heel_length(self) -> float:
        """How far the foot reaches behind the ankle, m."""
        return self.heel if self.heel is not None else 0.25 * anthropometry.FOOT_LENGTH * self.stature

    def offset(self, body: str) -> Float[np.ndarray, "3"]:
        """Joint of a body in its parent's frame, m."""
        return np.asarray(self.joint_offset, float)[BODY_NAMES.index(body)]

    def tip(self, body: str) -> Float[np.ndarray, "3"]:
        """The far end of a segment that carries no further joint, in its own frame, m."""
        if body in self.tips and np.linalg.norm(self.tips[body]) > 0.01 * self.stature:
            return np.asarray(self.tips[body], float)
        lateral = 1.0 if body.startswith("left") else -1.0
        lengths = {"head": (0.0, 0.0, 0.16), "hand": (0.0, 0.6 * lateral * anthropometry.HAND_LENGTH, 0.0)}
        direction = lengths.get(body.split("_")[-1], (0.045, 0.0, 0.0))
        return self.stature * np.array(direction)


def build_humanoid(person: Measurements, solids: Mapping[str, Solid] | None = None) -> Humanoid:
    """The humanoid of a person of these measurements, in float64 numpy.

    Masses, centres and inertias are those of `solids`, by body, or else after de Leva (see `anthropometry`), and so is
    how thick the shapes of `body_shape` are; strength is in `strength`.
    """
    ends = segment_ends(person)
    if solids is None:
        inertial = _inertial(person)
        sizes = sizes_of_table(person.stature, person.body_mass, person.sex, ends)
    else:
        inertial = {body: (solid.mass, solid.com, solid.inertia) for body, solid in solids.items()}
        sizes = sizes_of_solids(person.stature, solids, ends)
    geoms = body_shapes(person.stature, sizes, ends)
    contact_body, contact_offset, contact_radius = contact_spheres(geoms)
    gains = [pd_gains(joint, person.body_mass) for joint in JOINT_NAMES]
    return Humanoid(
        body_names=BODY_NAMES,
        joint_names=JOINT_NAMES,
        parents=PARENTS,
        contact_body=contact_body,
        joint_offset=np.asarray(person.joint_offset, float),
        mass=np.array([inertial[body][0] for body in BODY_NAMES]),
        com=np.array([inertial[body][1] for body in BODY_NAMES]),
        inertia=np.array([inertial[body][2] for body in BODY_NAMES]),
        kp=np.array([gain.kp for gain in gains]),
        kd=np.array([gain.kd for gain in gains]),
        torque_limit=np.array([gain.torque_limit for gain in gains]),
        contact_offset=contact_offset,
        contact_radius=contact_radius,
        geoms=geoms,
    )


def mass_shares(sex: Sex) -> dict[str, float]:
    """Each body's share of the body's mass after de Leva; they sum to 1."""
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


def segment_ends(person: Measurements) -> dict[str, np.ndarray]:
    """For every body the far end of its segment in its own frame, m; for the feet also sole and heel."""
    ends = {ROOT: (person.offset("left_thigh") + person.offset("right_thigh")) / 2}
    child = {"abdomen": "thorax", "thorax": "head"}
    for side in ("left", "right"):
        for chain in (("shoulder_girdle", "upper_arm", "forearm", "hand"), ("thigh", "shank", "foot", "toes")):
            child |= {f"{side}_{near}": f"{side}_{far}" for near, far in pairwise(chain)}
    for body in BODY_NAMES[1:]:
        ends[body] = person.offset(child[body]) if body in child else person.tip(body)
    ends["sole"] = np.array([0.0, 0.0, -person.ankle_height])
    ends["heel"] = np.array([-person.heel_length, 0.0, 0.0])
    return ends


def _inertial(person: Measurements) -> dict[str, tuple[float, np.ndarray, np.ndarray]]:
    """Mass, kg, centre of mass in the body's frame, m, and inertia about it, kg m^2, by body."""
    table = anthropometry.segments(person.sex)
    ends = segment_ends(person)
    mass = person.body_mass
    rows = _trunk(person, table)
    head_length = anthropometry.VERTEX_TO_GONION * person.stature
    vertex = ends["head"]
    rows["head"] = _row(table["head"], mass, vertex, vertex * (1 - head_length / np.linalg.norm(vertex)))
    hand_length = anthropometry.WRIST_TO_THIRD_KNUCKLE * person.stature
    for side in ("left", "right"):
        rows[f"{side}_shoulder_girdle"] = girdle_rod(person, side)[:3]
        for part in ("upper_arm", "forearm", "thigh", "shank"):
            body = f"{side}_{part}"
            rows[body] = _row(table[part], mass, np.zeros(3), ends[body])
        hand = ends[f"{side}_hand"]  # its direction; recordings end anywhere from the knuckles to the finger tips
        knuckle = hand * (hand_length / np.linalg.norm(hand))
        rows[f"{side}_hand"] = _row(table["hand"], mass, np.zeros(3), knuckle)
        rows |= _foot(side, table["foot"].mass * mass, ends, person.stature)
    # The girdles are cut out of the table's upper trunk, so the sum is the table's: within 0.1 % of one.
    total = sum(row[0] for row in rows.values())
    return {body: (m * mass / total, c, inertia * mass / total) for body, (m, c, inertia) in rows.items()}


def _row(segment: Segment, body_mass: float, start: np.ndarray, end: np.ndarray, length: float | None = None):
    """One row of de Leva's table, laid along the segment from `start` to `end`, in the body's frame."""
    axis = end - start
    length = length or float(np.linalg.norm(axis))
    mass = segment.mass * body_mass
    sagittal, transverse, longitudinal = mass * (np.array(segment.gyration) * length) ** 2
    along = int(np.argmax(np.abs(axis)))
    moments = np.full(3, transverse)
    moments[0] = sagittal
    moments[along] = longitudinal
    return mass, start + segment.center * axis, np.diag(moments)


def _trunk(person: Measurements, table: dict[str, Segment]):
    """Pelvis, abdomen and thorax: the table's lower, middle and upper trunk, on the line from the hips to the neck.

    The recording's spine joints sit anywhere on that line; the masses stay where anatomy puts them.
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
        mass, com, inertia = _row(table[name], person.body_mass, start, start - part * trunk, part * length)
        if body == "thorax":
            kept = 1 - 2 * GIRDLE_MASS * person.body_mass / mass
            mass, inertia = kept * mass, kept * inertia
        rows[body] = (mass, com, inertia)
    return rows


def _foot(side: str, mass: float, ends: dict[str, np.ndarray], stature: float):
    """Foot and toes as uniform boxes: the table has one rigid foot, we bend it at the toe joint."""
    toe_joint, toe_tip, sole = ends[f"{side}_foot"], ends[f"{side}_toes"], ends["sole"]
    width, foot_height = 0.05 * stature, 0.75 * abs(sole[2])
    back, front = ends["heel"][0], toe_joint[0]
    center = np.array([(back + front) / 2, toe_joint[1] / 2, sole[2] + foot_height / 2])
    toe_length = max(float(toe_tip[0]), 0.02 * stature)
    return {
        f"{side}_foot": (
            (1 - TOES_OF_FOOT) * mass,
            center,
            _box((1 - TOES_OF_FOOT) * mass, front - back, width, foot_height),
        ),
        f"{side}_toes": (
            TOES_OF_FOOT * mass,
            np.array([toe_length / 2, toe_tip[1] / 2, 0.0]),
            _box(TOES_OF_FOOT * mass, toe_length, width, 0.02 * stature),
        ),
    }


def _box(mass: float, x: float, y: float, z: float) -> Float[np.ndarray, "3 3"]:
    """Inertia of a uniform box of these edge lengths about its centre."""
    return mass / 12 * np.diag([y * y + z * z, x * x + z * z, x * x + y * y])


def girdle_rod(person: Measurements, side: str) -> Solid:
    """A shoulder girdle as a uniform cylinder from its joint to the shoulder, its long axis taken along the largest
    component."""
    mass, end, radius = GIRDLE_MASS * person.body_mass, person.offset(f"{side}_upper_arm"), 0.03 * person.stature
    length = float(np.linalg.norm(end))
    moments = np.full(3, mass * (length**2 / 12 + radius**2 / 4))
    moments[int(np.argmax(np.abs(end)))] = mass * radius**2 / 2
    return Solid(mass, end / 2, np.diag(moments), np.pi * radius**2 * length)
