"""The subject: the person who is simulated, and the motion to follow."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from data.clip import MotionClip
from data.finding import Finding, assume
from data.force_plates import mean_over_intervals
from data.rigs.leg_lengths import lengthen_legs
from data.rigs.retarget import RetargetedMotion, Rig, retarget
from data.video import Video
from diffphy.body.build import build_humanoid
from diffphy.body.humanoid import BODY_NAMES, JOINT_NAMES, PARENTS, Humanoid
from diffphy.body.measurements import Measurements
from diffphy.reconstruction.observation import Detections, Keyframes, ObservedForces
from diffphy.recorded_forces import PlacedSeat, RecordedForces
from pipelines.config import Body
from pipelines.inputs.mesh import measure_on_mesh

TABLE = "table of de Leva (1996)"
WHOLE = 0.999  # share of a frame in which forces are known, from which on they count
MORE_EVALUATIONS = "give --quality best (to another optimizer, a larger --max-evals), or cut the recording"
RIG = Rig(BODY_NAMES, JOINT_NAMES, PARENTS)


@dataclass(frozen=True)
class Film:
    """The pictures of a person.

    Attributes:
        video: The video.
        first: The frame of the video with which the motion begins.
        camera: Which of the subject's cameras took it.
    """

    video: Video
    first: int
    camera: int = 0


@dataclass(frozen=True)
class Subject:
    """A person and the motion to follow.

    Attributes:
        clip: The motion at the control rate, the floor at z = 0.
        retargeted: The same motion on our joints.
        person: The measurements that the humanoid was built from.
        humanoid: The person's body.
        detections: The keypoints that each camera saw in every frame. Empty without a camera.
        standing: How much each contact point was seen to stand, 0 to 1. None where it is not known.
        recorded: The ground's forces that follow from the recording, at its own rate. None where they are unknown.
        seats: Seats that the recording asks for, where the configuration has no box.
        truth: The true motion with the joints of the clip, if the clip was made from a rough motion and it is known.
        rough: The rough motion with the joints of the clip, if the clip was made from one.
        evaluations: Evaluations of loss and gradient that it took to make the clip.
        seconds: Time that it took to make the clip, s.
        film: The video, if the clip was made from one.
        masses_from: Where the masses of the bodies are from: the table or the mesh.
        remedy: What to do if a simulation cannot follow the motion. It depends on what the user told of a film.
    """

    clip: MotionClip
    retargeted: RetargetedMotion
    person: Measurements
    humanoid: Humanoid
    detections: tuple[Detections, ...] = ()
    standing: Float[np.ndarray, "F C"] | None = None
    recorded: RecordedForces | None = None
    seats: tuple[PlacedSeat, ...] = ()
    truth: MotionClip | None = None
    rough: MotionClip | None = None
    evaluations: int = 0
    seconds: float = 0.0
    film: Film | None = None
    masses_from: str = TABLE
    remedy: str = MORE_EVALUATIONS

    @property
    def tracked(self) -> dict[int, int]:
        """Our body -> the clip's joint at its origin, where that joint was recorded. Errors are measured at these."""
        sources = enumerate(self.retargeted.source_joint)
        return {
            body: self.clip.joint(name) for body, name in sources if name is not None and name not in self.clip.assumed
        }


def build_subject(clip: MotionClip, joint_map: dict[str, str], body: Body, *, symmetric: bool = False) -> Subject:
    """Return the person whose bones a clip has.

    Args:
        clip: The motion, with the floor at z = 0.
        joint_map: The clip's joint names by our names.
        body: What the user knows of the person.
        symmetric: Give both sides the same bones, the mean of the clip's. For clips that know the bones only roughly.

    Raises:
        InputError: The clip cannot be retargeted, or the person's mesh cannot be used.
    """
    retargeted = retarget(clip, RIG, joint_map)
    if symmetric:
        retargeted = replace(retargeted, joint_offset=_make_symmetric(retargeted.joint_offset))
    else:
        retargeted, factors = lengthen_legs(retargeted, clip)
        clip = clip.with_notes(*_describe_legs(factors))
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
        if body.mass_kg is None:
            clip = replace(clip, findings=(*clip.findings, _assumed_mass(person.body_mass)))
        return Subject(clip, retargeted, person, build_humanoid(person))
    person, solids, note = measure_on_mesh(body.mesh, person)
    humanoid = build_humanoid(person, solids)
    return Subject(clip.with_notes(note), retargeted, person, humanoid, masses_from=f"mesh {body.mesh.name}")


def _assumed_mass(mass_kg: float) -> Finding:
    return assume(
        "mass",
        f"{mass_kg:.0f} kg",
        f"a mass of {mass_kg:.0f} kg, by the height; all forces grow with it: give --mass where it is known",
    )


def _describe_legs(factors: Mapping[str, float]) -> tuple[str, ...]:
    """Say by how much the legs were lengthened, if so."""
    if max(factors.values()) == 1.0:
        return ()
    longer = " and ".join(f"the {side} one by {100 * (factor - 1):.1f} %" for side, factor in factors.items())
    return (f"legs: longer than the mean of the recording, {longer}, so that they reach as far when they are straight",)


def _make_symmetric(joint_offset: Float[np.ndarray, "B 3"]) -> Float[np.ndarray, "B 3"]:
    """Return the mean of each joint's offset from its parent and the mirror image of its partner's, m."""
    other = {"left": "right", "right": "left"}
    parts = [name.partition("_") for name in RIG.keys]
    mirror = [RIG.keys.index(f"{other.get(side, side)}{separator}{rest}") for side, separator, rest in parts]
    return (joint_offset + joint_offset[mirror] * [1.0, -1.0, 1.0]) / 2


def with_forces(subject: Subject, recorded: RecordedForces) -> Subject:
    """Return the subject with the ground's forces that its recording asks for, and a note where it tells none."""
    length = float(recorded.time_s[-1])
    causes = (
        ("unknown", recorded.elsewhere, "in which something else than the feet seems to carry the person"),
        ("known by the balance between seat and feet", recorded.seated, "in which the person sits"),
        (
            "each foot's part is unknown",
            recorded.unclear & recorded.known,
            "in which the steps have no clear direction",
        ),
    )
    said = [
        f"ground forces: {what} for {length * float(when.mean()):.1f} of {length:.1f} s, {why}"
        for what, when, why in causes
        if when.any()
    ]
    return replace(subject, clip=subject.clip.with_notes(*said), recorded=recorded)


def build_keyframes(subject: Subject) -> Keyframes:
    """Return the motion to follow as the loss takes it, float32."""
    retargeted = subject.retargeted
    positions = retargeted.joint_positions()
    weight = np.zeros(positions.shape[1])
    for body, joint in subject.tracked.items():
        positions[:, body] = subject.clip.positions[:, joint]
        weight[body] = 1.0
    arrays = (retargeted.position, retargeted.rotation, positions, weight, np.ones(len(positions)))
    forces = None if subject.recorded is None else _mean_forces(subject.recorded, len(positions), subject.clip.fps)
    return Keyframes(
        *(np.asarray(array, np.float32) for array in arrays),
        standing=subject.standing,
        detections=subject.detections,
        forces=forces,
    )


def _mean_forces(recorded: RecordedForces, frames: int, fps: float) -> ObservedForces:
    """Return the mean forces over the time before each frame, float32. Frame 0 has those of frame 1.

    At the ends of the recording the force is that of the next frame: a simulation that is told none begins with a jolt.
    """
    ends = np.minimum(np.arange(1, frames) / fps, recorded.time_s[-1])

    def means(values: Float[np.ndarray, "N *dims"]) -> Float[np.ndarray, "F D"]:
        columns = values.reshape(len(values), -1).T
        kept = np.stack([mean_over_intervals(recorded.time_s, each, ends, 1 / fps) for each in columns], axis=1)
        return np.concatenate([kept[:1], kept])

    unknown = recorded.elsewhere
    unshared = unknown | recorded.unclear
    known, foot_known = (means((~each).astype(float))[:, 0] > WHOLE for each in (unknown, unshared))
    reach = means(recorded.reach)[:, 0]
    total, foot = (np.nan_to_num(means(each)).astype(np.float32) for each in (recorded.total, recorded.foot))
    return ObservedForces(total, foot, known.astype(np.float32), np.where(foot_known, reach, 0.0).astype(np.float32))
