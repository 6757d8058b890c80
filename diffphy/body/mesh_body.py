"""A person's masses, centres of mass and inertias from a mesh, in place of a table.

The mesh says how the mass is distributed. Its labels divide it into our bodies. The share of a body in the volume is
its share in the mass, and its shape gives the centre and the inertia.

The recording says how long the bones are. Each part of the mesh is fitted to the person:

- It is turned onto the recorded bone in the zero pose and stretched along the bone to its length. Across the bone it is
  scaled by the person's stature over the mesh's stature.
- The trunk is one piece from the middle of the hips to the neck, because recordings have their spine joints anywhere on
  that line. A shoulder girdle follows the trunk and is held at the shoulder.
- A hand turns with its forearm and is not stretched, because recordings end anywhere from knuckles to finger tips.
- Feet stay flat on the ground.

Missing labels are replaced:

- A trunk that is not in three parts is cut at the heights between hips and neck that `anthropometry` has.
- Toes without a label are cut off at the ball of the foot.
- A shoulder girdle without a label has the mass that the table gives it, taken from the thorax.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from diffphy.body import anthropometry
from diffphy.body.body_shape import DENSITY
from diffphy.body.foot import BALL
from diffphy.body.humanoid import BODY_NAMES, JOINT_NAMES, PARENTS, ROOT
from diffphy.body.labelled_mesh import LabelledMesh, closed_parts, cut
from diffphy.body.measurements import Measurements, segment_ends
from diffphy.body.segment_inertia import GIRDLE_MASS, girdle_rod
from diffphy.body.solid import Solid, solid_of

TRUNK = (ROOT, "abdomen", "thorax")
TORSO = "torso"  # a part that may stand for any of the trunk's
SIDES = ("left", "right")

_Place = Float[np.ndarray, "3"]
_Carry = tuple[Float[np.ndarray, "3 3"], _Place, _Place]  # x -> matrix (x - first) + second


def mesh_mass(mesh: LabelledMesh, stature: float) -> float:
    """Return the mass, kg, of a person who has the mesh's build and this stature, m."""
    volume = solid_of(mesh.vertices[mesh.faces], 1.0).volume
    return DENSITY * volume * (stature / mesh.stature) ** 3


def solids_of(mesh: LabelledMesh, person: Measurements) -> dict[str, Solid]:
    """Return the bodies of a person, by name, with the mesh's distribution of mass.

    Args:
        mesh: The labelled mesh.
        person: Has the bones, the stature and the mass.

    Raises:
        ValueError: The mesh lacks a part, or one of its parts is no solid. The message names the part.
    """
    mesh = with_our_parts(mesh)
    triangles = closed_parts(mesh)
    volumes = part_volumes(triangles)
    share = {body: person.body_mass * volume / sum(volumes.values()) for body, volume in volumes.items()}
    solids = {}
    for body, (matrix, origin, place) in _carries(mesh, person).items():
        if body in triangles:
            solids[body] = _named(body, (triangles[body] - origin) @ matrix.T + place, share[body])
    return solids if f"{SIDES[0]}_shoulder_girdle" in solids else _with_girdles(solids, person)


def part_volumes(triangles: dict[str, Float[np.ndarray, "_ 3 3"]]) -> dict[str, float]:
    """Return the volume of each closed part, m^3.

    Raises:
        ValueError: A part is no solid. The message names the part.
    """
    return {body: _named(body, each, 1.0).volume for body, each in triangles.items()}


def with_our_parts(mesh: LabelledMesh) -> LabelledMesh:
    """Return the same mesh with no other names than our bodies', and with the joints that `solids_of` needs.

    An unknown joint is the centroid of the line between two parts.

    Raises:
        ValueError: A part is missing, or a joint is unknown and its parts do not touch.
    """
    joints = dict(mesh.joints)
    needed = ("neck", *(f"{side}_{j}" for side in SIDES for j in _LIMB_JOINTS if j != "toe"))
    for joint in needed:
        if joint not in joints:
            joints[joint] = _border(mesh, BODY_NAMES[1 + JOINT_NAMES.index(joint)], joint)
    mesh = replace(mesh, joints=joints)
    present = set(mesh.face_part.tolist())
    if not set(TRUNK) <= present or TORSO in present:
        mesh = _cut_trunk(mesh)
    for side in SIDES:
        if f"{side}_toes" not in present:
            mesh = _cut_toes(mesh, side)
        if f"{side}_toe" not in mesh.joints:
            toe = _border(mesh, f"{side}_toes", f"{side}_toe")
            mesh = replace(mesh, joints=mesh.joints | {f"{side}_toe": toe})
    girdles = {f"{side}_shoulder_girdle" for side in SIDES}
    missing = [body for body in BODY_NAMES if body not in {*mesh.face_part.tolist(), *girdles}]
    if missing:
        raise ValueError(f"it has no {', '.join(missing)}: give these parts their faces")
    return mesh


_LIMB_JOINTS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "toe")
_LIMBS = {  # from a body to the joints at its ends
    "upper_arm": ("shoulder", "elbow"),
    "forearm": ("elbow", "wrist"),
    "thigh": ("hip", "knee"),
    "shank": ("knee", "ankle"),
}


def _border(mesh: LabelledMesh, body: str, joint: str) -> _Place:
    """Return the centre of the line that separates a body and its descendants from the other bodies."""
    below = {body}
    for index, name in enumerate(BODY_NAMES):
        if PARENTS[index] >= 0 and BODY_NAMES[PARENTS[index]] in below:
            below.add(name)
    center = mesh.border_center(below)
    if center is None:
        raise ValueError(f"its {body} touches no other part: give the place of the joint {joint}")
    return center


def _cut_trunk(mesh: LabelledMesh) -> LabelledMesh:
    """Divide the trunk into pelvis, abdomen and thorax."""
    hips, neck = _trunk_ends(mesh)
    heights = np.cumsum(anthropometry.trunk_lengths("average"))[:2]
    axis = (neck - hips) / np.linalg.norm(neck - hips)
    low, high = (hips + height * (neck - hips) for height in heights)
    mesh = cut(mesh, (*TRUNK, TORSO), low, axis, below=ROOT, above=TORSO)
    return cut(mesh, (TORSO,), high, axis, below="abdomen", above="thorax")


def _cut_toes(mesh: LabelledMesh, side: str) -> LabelledMesh:
    """Cut the toes off at the toe joint or, where that is unknown, at the ball, at right angles to the foot."""
    foot, ankle = mesh.points_of(f"{side}_foot"), mesh.joints[f"{side}_ankle"]
    toe = mesh.joints.get(f"{side}_toe")
    ahead = _horizontal((mesh.center_of(f"{side}_foot") if toe is None else toe) - ankle)
    along = (foot - ankle) @ ahead
    ball = ankle + (along.min() + BALL * np.ptp(along)) * ahead if toe is None else toe
    return cut(mesh, (f"{side}_foot",), ball, ahead, below=f"{side}_foot", above=f"{side}_toes")


def _carries(mesh: LabelledMesh, person: Measurements) -> dict[str, _Carry]:
    """Return the map of each body from the mesh to the body's frame of the person."""
    across = person.stature / mesh.stature
    joint, ends, origin = mesh.joints, segment_ends(person), np.zeros(3)
    hips, neck = _trunk_ends(mesh)
    at_hips = ends[ROOT]
    places = np.cumsum([origin, person.offset("abdomen"), person.offset("thorax"), person.offset("head")], axis=0)
    trunk = _stretch(neck - hips, places[3] - at_hips, across)
    carries: dict[str, _Carry] = {
        body: (trunk, hips, at_hips - place) for body, place in zip(TRUNK, places, strict=False)
    }
    upward = float(np.linalg.norm(ends["head"])) / (mesh.stature - joint["neck"][2])
    carries["head"] = (np.diag([across, across, upward]), joint["neck"], origin)
    for side in SIDES:
        shoulder = ends[f"{side}_shoulder_girdle"]
        carries[f"{side}_shoulder_girdle"] = (trunk, joint[f"{side}_shoulder"], shoulder)
        for limb, (near, far) in _LIMBS.items():
            start = joint[f"{side}_{near}"]
            bone, body = joint[f"{side}_{far}"] - start, f"{side}_{limb}"
            carries[body] = (_stretch(bone, ends[body], across), start, origin)
        forearm = joint[f"{side}_wrist"] - joint[f"{side}_elbow"]
        hand = across * _turn(forearm, ends[f"{side}_forearm"])
        carries[f"{side}_hand"] = (hand, joint[f"{side}_wrist"], origin)
        ankle, toe = joint[f"{side}_ankle"], joint[f"{side}_toe"]
        foot = _stretch(_flat(toe - ankle), _flat(ends[f"{side}_foot"]), across)
        carries[f"{side}_foot"] = (foot, ankle, origin)
        carries[f"{side}_toes"] = (foot, toe, origin)
    return carries


def _trunk_ends(mesh: LabelledMesh) -> tuple[_Place, _Place]:
    """Return the middle of the hips and the neck, m."""
    return (mesh.joints["left_hip"] + mesh.joints["right_hip"]) / 2, mesh.joints["neck"]


def _flat(vector: _Place) -> _Place:
    """Return the vector's part in the ground plane."""
    return vector * [1.0, 1.0, 0.0]


def _horizontal(vector: _Place) -> _Place:
    """Return the vector's direction in the ground plane."""
    return _flat(vector) / np.linalg.norm(_flat(vector))


def _turn(bone: _Place, target: _Place) -> Float[np.ndarray, "3 3"]:
    """Return the rotation by the smallest angle from one bone's direction to another's."""
    return Rotation.align_vectors([target], [bone])[0].as_matrix()


def _stretch(bone: _Place, target: _Place, across: float) -> Float[np.ndarray, "3 3"]:
    """Return the matrix that turns a bone onto another and stretches it to its length. It scales by `across` across."""
    length = float(np.linalg.norm(bone))
    along = np.outer(bone, bone) / length**2
    stretch = float(np.linalg.norm(target)) / length
    return _turn(bone, target) @ (across * np.eye(3) + (stretch - across) * along)


def _named(body: str, triangles: Float[np.ndarray, "T 3 3"], mass: float) -> Solid:
    """Return the solid of a part. An error names the part."""
    try:
        return solid_of(triangles, mass)
    except ValueError as error:
        raise ValueError(f"its part {body} {error}: correct its faces or labels") from None


def _with_girdles(solids: dict[str, Solid], person: Measurements) -> dict[str, Solid]:
    """Return the bodies with the table's shoulder girdles. Their mass is taken from the thorax."""
    thorax = solids["thorax"]
    kept = 1 - 2 * GIRDLE_MASS * person.body_mass / thorax.mass
    if kept <= 0:
        raise ValueError("its thorax is smaller than two shoulder girdles: correct its labels")
    girdles = {f"{side}_shoulder_girdle": girdle_rod(person, side) for side in SIDES}
    return solids | girdles | {"thorax": thorax._replace(mass=kept * thorax.mass, inertia=kept * thorax.inertia)}
