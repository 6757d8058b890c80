"""The person who is simulated, and the motion to follow."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from data.clip import MotionClip
from data.rigs.retarget import RetargetedMotion, Rig, retarget
from data.video import Video
from diffphy.body.humanoid import BODY_NAMES, JOINT_NAMES, PARENTS, Humanoid
from diffphy.body.measurements import Measurements, build_humanoid
from diffphy.reconstruction.observation import Detections, Keyframes
from pipelines.config import Body
from pipelines.inputs.mesh import measured_on_mesh

TABLE = "table of de Leva (1996)"
RIG = Rig(BODY_NAMES, JOINT_NAMES, PARENTS)


@dataclass(frozen=True)
class Film:
    """Where a person was seen: the video, and which of its frames the motion begins with."""

    video: Video
    first: int


@dataclass(frozen=True)
class Subject:
    """A person and the motion that is followed.

    clip: at the control rate, the floor at z = 0. retargeted: the same motion on our joints. person: what the humanoid
    was built from. detections: what a camera saw of the person in every frame, and standing: by how much each contact
    point was seen to stand. truth, rough: where the clip was made from a rough motion, the true one, if it is known,
    and this one, with the joints of the clip; evaluations, seconds: which that took. film: where the clip was made from
    a video. masses_from: the table or the mesh that says how heavy each body is.
    """

    clip: MotionClip
    retargeted: RetargetedMotion
    person: Measurements
    humanoid: Humanoid
    detections: Detections | None = None
    standing: Float[np.ndarray, "F C"] | None = None
    truth: MotionClip | None = None
    rough: MotionClip | None = None
    evaluations: int = 0
    seconds: float = 0.0
    film: Film | None = None
    masses_from: str = TABLE

    @property
    def tracked(self) -> dict[int, int]:
        """Our body -> the clip's joint at its origin, for recorded joints that both have; where errors are taken."""
        sources = enumerate(self.retargeted.source_joint)
        return {
            body: self.clip.joint(name) for body, name in sources if name is not None and name not in self.clip.assumed
        }


def subject_of(clip: MotionClip, joint_map: dict[str, str], body: Body, *, symmetric: bool = False) -> Subject:
    """The person whose bones a clip has, the floor at z = 0.

    Args:
        clip: the motion.
        joint_map: the clip's joints by our names.
        body: what is known of the person.
        symmetric: whether the two sides have the same bones, the mean of the clip's; where these are known roughly.

    Raises:
        InputError: it cannot be retargeted, or the mesh of the person cannot be used.
    """
    retargeted = retarget(clip, RIG, joint_map)
    if symmetric:
        retargeted = replace(retargeted, joint_offset=_symmetric(retargeted.joint_offset))
    person = Measurements(
        joint_offset=retargeted.joint_offset,
        tips=retargeted.tips,
        height=body.height_m,
        mass=body.mass_kg,
        sex=body.sex,
        sole=retargeted.sole_depth,
        heel=retargeted.heel_length,
    )
    person = replace(person, height=person.stature)
    if body.mesh is None:
        person = replace(person, mass=person.body_mass)
        return Subject(clip, retargeted, person, build_humanoid(person))
    person, solids, note = measured_on_mesh(body.mesh, person)
    humanoid = build_humanoid(person, solids)
    return Subject(clip.with_notes(note), retargeted, person, humanoid, masses_from=f"mesh {body.mesh.name}")


def _symmetric(joint_offset: Float[np.ndarray, "B 3"]) -> Float[np.ndarray, "B 3"]:
    """Offsets of joints from their parents', m, each the mean of itself and of its mirror image."""
    swapped = {"left": "right", "right": "left"}
    sides = [name.partition("_") for name in RIG.keys]
    mirror = [RIG.keys.index(f"{swapped.get(side, side)}{between}{rest}") for side, between, rest in sides]
    return (joint_offset + joint_offset[mirror] * [1.0, -1.0, 1.0]) / 2


def observation(subject: Subject) -> Keyframes:
    """The motion to follow as the loss sees it, float32."""
    retargeted = subject.retargeted
    positions = retargeted.joint_positions()
    weight = np.zeros(positions.shape[1])
    for body, joint in subject.tracked.items():
        positions[:, body] = subject.clip.positions[:, joint]
        weight[body] = 1.0
    arrays = (retargeted.position, retargeted.rotation, positions, weight, np.ones(len(positions)))
    return Keyframes(
        *(np.asarray(array, np.float32) for array in arrays), standing=subject.standing, detections=subject.detections
    )
