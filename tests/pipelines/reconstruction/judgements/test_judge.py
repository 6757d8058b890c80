"""Each judgement on a person who stands still, and on what a simulation can make of them."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import jax.numpy as jnp
import numpy as np
import pytest

from diffphy.body.humanoid import BODY_NAMES
from diffphy.physics.scene import Scene, ground
from diffphy.physics.simulate import Effort, State, Trajectory
from diffphy.reconstruction.observation import ObservedForces
from pipelines.config import load
from pipelines.inputs.prepare import prepare
from pipelines.inputs.subject import Subject
from pipelines.reconstruction.judgements.asked_force import judge_asked_force
from pipelines.reconstruction.judgements.judge import JUDGEMENTS, judge
from pipelines.reconstruction.judgements.result import SIDES, Result
from pipelines.reconstruction.judgements.total_force import largest_force
from pipelines.reconstruction.motion_file import build_motion
from pipelines.reconstruction.reconstructed_motion import ReconstructedMotion
from tests.messages import check_remedy
from tests.pipelines.conftest import QUICK

FRAMES = 60


@pytest.fixture(scope="module")
def subject() -> Subject:
    """A person who stands on both feet for two seconds: one frame of a motion that begins so."""
    moving = prepare(load(None, {**QUICK, "clip": "builtin:jump"}))
    clip, followed, first = moving.clip, moving.retargeted, [0] * FRAMES
    assert clip.rotations is not None
    clip = replace(clip, positions=clip.positions[first], rotations=clip.rotations[first])
    followed = replace(followed, position=followed.position[first], rotation=followed.rotation[first])
    return replace(moving, clip=clip, retargeted=followed)


def simulate(subject: Subject, scene: Scene | None = None) -> ReconstructedMotion:
    """Return a simulation that is equal to the motion that it follows, and has no forces."""
    followed, humanoid = subject.retargeted, subject.humanoid
    bodies, points = humanoid.bodies, len(humanoid.contact_body)
    position, rotation = (jnp.asarray(array, jnp.float32) for array in (followed.position, followed.rotation))
    state = State(position, rotation, jnp.zeros((FRAMES, 3)), jnp.zeros((FRAMES, bodies, 3)))
    effort = Effort(jnp.zeros((FRAMES, bodies - 1, 3)), jnp.zeros((FRAMES, points, 3)), jnp.zeros(FRAMES))
    trajectory = Trajectory(state, effort, rotation[:, 1:])
    return build_motion(subject, trajectory, ground() if scene is None else scene, 4)


def load_feet(motion: ReconstructedMotion, left: float, right: float) -> ReconstructedMotion:
    """Return the motion with vertical forces on the feet, body weights."""
    force = np.zeros_like(motion.contact_force_world_N)
    for side, weights in zip(SIDES, (left, right), strict=True):
        foot = motion.contact_bodies == BODY_NAMES.index(f"{side}_foot")
        force[1:, foot, 2] = weights * motion.body_weight / foot.sum()
    return replace(motion, contact_force_world_N=force)


def lift_foot(motion: ReconstructedMotion, side: str) -> ReconstructedMotion:
    """Return the motion that follows one whose foot is lifted by 20 cm."""
    places = motion.reference_contact_position_world_m.copy()
    places[:, motion.contact_bodies == BODY_NAMES.index(f"{side}_foot"), 2] += 0.2
    return replace(motion, reference_contact_position_world_m=places)


def move(motion: ReconstructedMotion, metres: np.ndarray) -> ReconstructedMotion:
    """Return the simulation moved ahead by a distance in each frame."""
    shift = metres[:, None, None] * np.array([1.0, 0.0, 0.0])
    return replace(
        motion,
        body_position_world_m=motion.body_position_world_m + shift,
        contact_position_world_m=motion.contact_position_world_m + shift,
    )


def change(
    motion: ReconstructedMotion, frames: slice, residual: float = 0.0, force: float = 1.0
) -> ReconstructedMotion:
    """Return the motion with a residual force, body weights, and contact forces so many times as large."""
    left, scale = motion.residual_force_N.copy(), np.ones((len(motion.time_s), 1, 1))
    left[frames], scale[frames] = residual * motion.body_weight, force
    return replace(motion, residual_force_N=left, contact_force_world_N=motion.contact_force_world_N * scale)


TIME = np.arange(FRAMES) / 30.0
BUMP = np.where((TIME > 1.0) & (TIME < 1.4), 0.4, 0.0)
NOWHERE = np.where(TIME > 1.0, np.nan, 0.0)

ASKED = {"force that is asked for": "doubtful"}  # it is wrong wherever the force is

# What is wrong -> what makes it so, and what is found.
SPOILT: dict[str, tuple[Callable[[ReconstructedMotion], ReconstructedMotion], dict[str, str]]] = {
    "nothing": (lambda motion: motion, {}),
    "a force from nowhere": (partial(change, frames=slice(3, 5), residual=0.1), {"forces from nowhere": "doubtful"}),
    "a large force from nowhere": (partial(change, frames=slice(3, 5), residual=0.6), {"forces from nowhere": "bad"}),
    "a residual that is no number": (
        lambda motion: change(motion, slice(3, 5), residual=np.nan),
        {"forces from nowhere": "bad"},
    ),
    "a bounce": (partial(change, frames=slice(20, 26), force=1.4), ASKED),
    "three times the weight": (
        partial(change, frames=slice(9, 10), force=3.1),
        {"force of the ground": "doubtful", **ASKED},
    ),
    "six times the weight": (partial(change, frames=slice(9, 10), force=6.0), {"force of the ground": "bad", **ASKED}),
    "one foot bears nearly all": (partial(load_feet, left=0.9, right=0.1), {"load of the feet": "doubtful"}),
    "one foot bears too much": (partial(load_feet, left=0.62, right=0.38), {"load of the feet": "doubtful"}),
    "each foot bears all by turns": (
        lambda motion: replace(
            load_feet(motion, 1.0, 0.0),
            contact_force_world_N=np.concatenate([
                load_feet(motion, left, 1.0 - left).contact_force_world_N[part]
                for left, part in ((1.0, slice(0, FRAMES // 2)), (0.0, slice(FRAMES // 2, FRAMES)))
            ]),
        ),
        {"load of the feet": "doubtful"},
    ),
    "a foot bears a little more": (partial(load_feet, left=0.45, right=0.55), {}),
    "a lifted foot bears half": (partial(lift_foot, side="left"), {"support by lifted feet": "bad"}),
    "a lifted foot bears some": (
        lambda motion: lift_foot(load_feet(motion, 0.2, 0.8), "left"),
        {"support by lifted feet": "doubtful"},
    ),
    "one leg bears all": (lambda motion: lift_foot(load_feet(motion, 0.0, 1.0), "left"), {}),
    "nothing bears for 0.3 s": (partial(change, frames=slice(20, 29), force=0.0), {"flight": "doubtful", **ASKED}),
    "nothing bears": (partial(change, frames=slice(0, FRAMES), force=0.0), {"flight": "bad", **ASKED}),
    "feet slip at times": (partial(move, metres=0.07 * np.sin(12 * TIME)), {"standing feet": "bad"}),
    "feet slip once": (partial(move, metres=np.where(TIME > 1.0, 0.05, 0.0)), {}),
    "far away all the time": (partial(move, metres=np.full(FRAMES, 0.15)), {"distance": "doubtful"}),
    "nearly elsewhere": (
        lambda motion: move(motion, np.full(FRAMES, 0.7)),
        {"distance": "bad", "largest distance": "bad"},
    ),
    "far away for a moment": (partial(move, metres=BUMP), {"largest distance": "doubtful"}),
    "no numbers": (
        lambda motion: move(motion, NOWHERE),
        {"distance": "bad", "largest distance": "bad"},
    ),
}  # fmt: skip


def standing_forces(known: float = 1.0) -> ObservedForces:
    """What a recording of somebody who stands asks for, body weights, where it is known."""
    total, foot = np.tile([0.0, 0.0, 1.0], (FRAMES, 1)), np.full((FRAMES, 2), 0.5)
    return ObservedForces(total, foot, np.full(FRAMES, known), np.full(FRAMES, known))


def judge_seen(subject: Subject, motion: ReconstructedMotion, *, by_camera: bool = True) -> dict[str, str]:
    """Return what is not good. Its sentences name the recording and say what to do."""
    findings = judge(Result("the walk", motion, subject.person.stature, by_camera, asked=standing_forces()))
    for finding in findings:
        assert (finding.sentence == "") == (finding.level == "good")
        if finding.sentence:
            assert "the walk" in finding.sentence
            check_remedy(finding.sentence)
    return {finding.name: finding.level for finding in findings if finding.level != "good"}


@pytest.mark.parametrize("spoilt", SPOILT)
def test_what_is_wrong_is_named_and_nothing_else(subject: Subject, spoilt: str) -> None:
    spoil, expected = SPOILT[spoilt]
    assert judge_seen(subject, spoil(load_feet(simulate(subject), 0.5, 0.5))) == expected


def test_every_judgement_has_a_wrong_result_and_tells_of_a_standing_person(subject: Subject) -> None:
    standing = load_feet(simulate(subject), 0.5, 0.5)
    found = judge(Result("the walk", standing, 1.7, by_camera=True, asked=standing_forces()))
    assert len(found) == len(JUDGEMENTS)
    assert {finding.name for finding in found} == {name for _, expected in SPOILT.values() for name in expected}


def test_a_force_counts_only_where_the_recording_asks_for_one(subject: Subject) -> None:
    bouncing = change(load_feet(simulate(subject), 0.5, 0.5), slice(20, 26), force=1.4)
    asked = standing_forces()
    elsewhere = replace(asked, known=np.where((np.arange(FRAMES) < 18) | (np.arange(FRAMES) > 28), 1.0, 0.0))
    found = [judge_asked_force(Result("the walk", bouncing, 1.7, asked=each)) for each in (asked, elsewhere)]
    assert [each.level for each in found if each is not None] == ["doubtful", "good"]
    for unknown in (None, standing_forces(known=0.0)):
        assert judge_asked_force(Result("the walk", bouncing, 1.7, asked=unknown)) is None


@pytest.mark.parametrize("seed", range(8))
def test_a_force_that_ends_leaves_nothing_behind(subject: Subject, seed: int) -> None:
    """A running sum is below zero after large values, by rounding."""
    standing = load_feet(simulate(subject), 0.5, 0.5)
    force = np.random.default_rng(seed).uniform(1e2, 1e4, FRAMES)
    force[FRAMES // 2 :] = 1.0
    ended = replace(standing, contact_force_world_N=standing.contact_force_world_N * force[:, None, None])
    finding = judge_asked_force(Result("the walk", ended, 1.7, asked=standing_forces()))
    assert finding is not None
    assert finding.level == "doubtful"


def test_a_motion_shorter_than_the_mean_of_its_force_is_judged(subject: Subject) -> None:
    """Sixty frames are a tenth of a second here, and the mean is over a fifth."""
    fast = replace(load_feet(simulate(subject), 0.6, 0.6), fps_hz=np.array(600.0, np.float32))
    found = judge_asked_force(Result("the walk", fast, 1.7, asked=standing_forces()))
    assert found is not None
    assert found.level == "good"


def test_what_a_body_exerts_grows_with_its_speed(subject: Subject) -> None:
    """Who comes down at 2 m/s may be stopped by nearly five body weights."""
    falling = simulate(subject)
    drop = 2.0 * np.clip(1.0 - TIME, 0.0, 0.5)[:, None, None] * np.array([0.0, 0.0, 1.0])
    landing = replace(falling, reference_body_position_world_m=falling.reference_body_position_world_m + drop)
    pushed = change(load_feet(landing, 0.5, 0.5), slice(29, 30), force=4.7)
    found = {each.name: each for each in judge(Result("the walk", pushed, 1.7))}
    assert found["force of the ground"].level == "good"
    assert found["force of the ground"].limit == "at most 4.8 body weights"


def test_published_peaks_are_below_the_limit_and_not_far() -> None:
    """A fast walk and a run (Nilsson and Thorstensson, 1989), two landings (McNitt-Gray, 1993)."""
    speed, peak = np.array([[0.3, 1.5], [1.0, 2.9], [2.5, 4.2], [5.0, 9.1]]).T
    assert (largest_force(speed) > 1.02 * peak).all()
    assert (largest_force(speed) < 1.5 * peak + 0.01).all()


def test_the_recorded_centre_of_mass_says_which_foot_bears_more(subject: Subject) -> None:
    """Markers show who leans to the right. A film does not: there, half is expected of each foot."""
    motion = load_feet(simulate(subject), 0.3, 0.7)
    result = Result("the walk", motion, 1.7)
    to_right = result.soles[0, 1] - result.soles[0].mean(axis=0)
    shift = result.soles[0].mean(axis=0) + 0.4 * to_right - result.center_of_mass[0]
    leaning = replace(
        motion,
        reference_body_position_world_m=motion.reference_body_position_world_m + shift * [1.0, 1.0, 0.0],
        body_position_world_m=motion.body_position_world_m + shift * [1.0, 1.0, 0.0],
    )
    assert judge_seen(subject, leaning, by_camera=False) == {}
    assert judge_seen(subject, leaning) == {"load of the feet": "doubtful"}
    assert judge_seen(subject, load_feet(leaning, 0.5, 0.5), by_camera=False) == {"load of the feet": "doubtful"}


def test_feet_on_a_box_are_not_lifted(subject: Subject) -> None:
    up = np.array([0.0, 0.0, 0.3])
    raised = replace(subject, retargeted=replace(subject.retargeted, position=subject.retargeted.position + up))
    center = raised.retargeted.position[0] * [1.0, 1.0, 0.0] + up / 2
    box = ground().with_box(center, (1.0, 1.0, 0.15))
    assert judge_seen(subject, load_feet(simulate(raised, box), 0.5, 0.5)) == {}
    assert judge_seen(subject, load_feet(simulate(raised), 0.5, 0.5)) == {"support by lifted feet": "bad"}
