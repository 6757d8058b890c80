"""Our body in made-up recordings whose forces are known."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from diffphy.body.humanoid import Humanoid
from diffphy.physics import kinematics
from diffphy.recorded_forces import RecordedForces, recorded_forces
from diffphy.recorded_forces.forces import END_S
from diffphy.recorded_forces.low_pass import low_pass
from diffphy.recorded_forces.recorded_body import recorded_body
from tests.diffphy.motions import identity_rotations, on_the_ground

RATE, FRAMES = 60.0, 120
TIME = np.arange(FRAMES) / RATE


def forces(
    humanoid: Humanoid, shift: np.ndarray | float = 0.0, root: Rotation | None = None, height: float | None = None
) -> RecordedForces:
    """Of the zero pose, which is moved and turned as a whole."""
    rotation = np.tile([1.0, 0.0, 0.0, 0.0], (FRAMES, humanoid.bodies, 1))
    if root is not None:
        rotation[:, 0] = root.as_quat(scalar_first=True)
    depth = float(on_the_ground(humanoid, identity_rotations(humanoid)).position[2])
    position = np.zeros((FRAMES, 3))
    position[:, 2] = depth if height is None else height
    return recorded_forces(humanoid, position + shift, rotation, RATE)


def test_who_stands_still_has_half_the_weight_on_each_foot(humanoid: Humanoid, float64: None) -> None:
    found = forces(humanoid)
    assert not found.elsewhere.any()
    end_s = (FRAMES - 1) / RATE
    inside = (found.time_s > END_S - 1e-9) & (found.time_s < end_s - END_S + 1e-9)
    np.testing.assert_array_equal(found.known, inside)
    assert found.double_support.all()
    np.testing.assert_allclose(found.total, np.tile([0.0, 0.0, 1.0], (len(found.total), 1)), atol=1e-9)
    np.testing.assert_allclose(found.foot, 0.5, atol=1e-6)


def test_the_total_is_weight_plus_mass_times_acceleration(humanoid: Humanoid, float64: None) -> None:
    wave = 2 * np.pi * 1.0
    shift = np.stack([np.zeros(FRAMES), 0.01 * np.sin(wave * TIME), 0.02 * np.cos(wave * TIME)], axis=1)
    found = forces(humanoid, shift)
    at = np.searchsorted(found.time_s, TIME - 1e-9)
    middle = slice(20, -20)
    expected = 1.0 - 0.02 * wave**2 / 9.81 * np.cos(wave * TIME)
    np.testing.assert_allclose(found.total[at, 2][middle], expected[middle], atol=0.004)
    np.testing.assert_allclose(
        found.total[at, 1][middle], (-0.01 * wave**2 / 9.81 * np.sin(wave * TIME))[middle], atol=0.003
    )
    np.testing.assert_allclose(found.foot.sum(axis=1), found.total[:, 2])


@pytest.mark.parametrize("rate", [30.0, 120.0])
def test_a_bounce_of_four_a_second_keeps_its_force(humanoid: Humanoid, float64: None, rate: float) -> None:
    """A centre of mass on a sinusoid has a known force. The low-pass takes 6 %, 30 frames a second take 6 % more."""
    time, wave = np.arange(round(3 * rate)) / rate, 2 * np.pi * 4.0
    rotation = np.tile([1.0, 0.0, 0.0, 0.0], (len(time), humanoid.bodies, 1))
    position = np.zeros((len(time), 3))
    depth = float(on_the_ground(humanoid, identity_rotations(humanoid)).position[2])
    position[:, 2] = depth + 0.005 * np.cos(wave * time)
    found = recorded_forces(humanoid, position, rotation, rate)
    middle = (found.time_s > 1.0) & (found.time_s < 2.0)
    swing = np.ptp(found.total[middle, 2]) * 9.81 / (2 * 0.005 * wave**2)
    assert 0.86 < swing < 1.0


def test_what_feet_cannot_explain_is_let_go(humanoid: Humanoid, float64: None) -> None:
    """Somebody who hangs in the air, who lies, and who sits: leans back until the feet are far from below the body."""
    assert not forces(humanoid, height=3.0).known.any()
    assert not forces(humanoid, root=Rotation.from_euler("y", -90, degrees=True), height=0.12).known.any()
    leaning = Rotation.from_euler("y", -25, degrees=True)
    assert not forces(humanoid, root=leaning, height=0.86).known.any()


def test_a_fall_in_the_air_is_explained(humanoid: Humanoid, float64: None) -> None:
    fall = np.stack([np.zeros(FRAMES), np.zeros(FRAMES), -0.5 * 9.81 * (TIME - 1.0) ** 2], axis=1)
    found = forces(humanoid, fall, height=10.0)
    middle = (found.time_s > 0.3) & (found.time_s < 1.7)
    assert found.known[middle].all()
    np.testing.assert_allclose(found.total[middle], 0.0, atol=0.01)


def test_two_frames_tell_no_force(humanoid: Humanoid, float64: None) -> None:
    rotation = np.tile([1.0, 0.0, 0.0, 0.0], (2, humanoid.bodies, 1))
    found = recorded_forces(humanoid, np.zeros((2, 3)), rotation, RATE)
    assert not found.known.any()
    assert np.isfinite(found.total).all()


def test_a_part_begins_at_zero(humanoid: Humanoid, float64: None) -> None:
    whole = forces(humanoid, np.stack([0.1 * TIME**2, 0 * TIME, 0 * TIME], axis=1))
    part = whole.between(0.5, 1.0)
    assert part.time_s[[0, -1]].tolist() == [0.0, pytest.approx(1.0)]
    np.testing.assert_array_equal(part.total[0], whole.total[np.searchsorted(whole.time_s, 0.5 - 1e-9)])


def test_slow_motion_passes_and_noise_does_not() -> None:
    slow, fast = np.sin(2 * np.pi * 1.0 * TIME), np.sin(2 * np.pi * 20.0 * TIME)
    passed = low_pass(np.stack([slow, fast], axis=1), RATE, 8.0)[20:-20]
    np.testing.assert_allclose(passed[:, 0], slow[20:-20], atol=0.005)
    assert np.abs(passed[:, 1]).max() < 0.05
    np.testing.assert_array_equal(low_pass(slow, 15.0, 8.0), slow)


def test_hops_carry_the_weight_over_time_half_on_each_foot(humanoid: Humanoid, float64: None) -> None:
    phase = TIME % 0.6
    rise = np.where(phase < 0.4, 0.5 * 9.81 * phase * (0.4 - phase), 0.0)
    found = forces(humanoid, rise[:, None] * [0.0, 0.0, 1.0])
    whole = found.time_s < 1.8  # The filter has no good end.
    assert found.total[whole, 2].mean() == pytest.approx(1.0, abs=0.06)
    assert not found.elsewhere.any()
    np.testing.assert_allclose(found.share[whole], 0.5, atol=1e-6)


def test_soles_above_the_floor_do_not_reach_it(humanoid: Humanoid, float64: None) -> None:
    standing = float(on_the_ground(humanoid, identity_rotations(humanoid)).position[2])
    found = [forces(humanoid, height=standing + above).reach for above in (-0.01, 0.0, 0.0125, 0.03)]
    np.testing.assert_allclose([each.mean() for each in found], [1.0, 1.0, 0.5, 0.0], atol=1e-9)


def test_soles_and_masses_are_where_the_joints_were_recorded(humanoid: Humanoid, float64: None) -> None:
    """The bones say that the left leg is 3 cm off the floor. Its recorded joints say that it stands."""
    rotation = np.tile([1.0, 0.0, 0.0, 0.0], (FRAMES, humanoid.bodies, 1))
    position = np.zeros((FRAMES, 3))
    position[:, 2] = float(on_the_ground(humanoid, identity_rotations(humanoid)).position[2])
    bones = recorded_body(humanoid, position, rotation, RATE)
    joints = np.full((FRAMES, humanoid.bodies, 3), np.nan)
    names = [f"left_{part}" for part in ("shank", "foot", "toes")]
    moved = [humanoid.body(name) for name in names]
    pose = kinematics.forward_kinematics(humanoid, jnp.asarray(position[0]), jnp.asarray(rotation[0]))
    joints[:, moved[:2]] = np.asarray(pose.position)[moved[:2]] + [0.0, 0.0, 0.03]  # the toes follow the foot
    found = recorded_body(humanoid, position, rotation, RATE, joints)
    np.testing.assert_allclose((found.lowest - bones.lowest)[:, found.of_foot[0], 2], 0.03, atol=1e-9)
    np.testing.assert_array_equal(found.lowest[:, found.of_foot[1]], bones.lowest[:, found.of_foot[1]])
    shares = np.asarray(humanoid.mass) / humanoid.mass.sum()
    risen = shares[moved].sum() + shares[humanoid.body("left_thigh")] / 2  # half a thigh lies at the knee
    np.testing.assert_allclose((found.center - bones.center)[:, 2], 0.03 * risen, atol=1e-9)
    np.testing.assert_array_equal(found.ankle, bones.ankle)
