"""motion.npz tells the whole body and scene: a simulation of them repeats the run."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array, Float
from numpy.testing import assert_allclose

from diffphy.physics import dynamics
from diffphy.physics.simulate import Physics, State, locate_bodies, rollout
from pipelines.config import RunConfig, load
from pipelines.inputs.prepare import prepare
from pipelines.reconstruction import motion_file
from pipelines.reconstruction.body_of_motion import center_of_mass, humanoid_of, scene_of, scenery_shapes
from pipelines.reconstruction.run_folder import RunFolder
from pipelines.scene import build_scene
from tests.pipelines.conftest import QUICK


def test_a_simulation_of_the_stored_body_repeats_the_run(quick_run: RunFolder) -> None:
    motion = motion_file.load(quick_run)
    humanoid, scene = humanoid_of(motion).astype(np.float32), scene_of(motion).astype(np.float32)
    physics = Physics(float(motion.fps_hz), round(1.0 / float(motion.fps_hz * motion.step_s)))
    start = jax.tree.map(lambda array: array[0], motion.states)
    states, effort = jax.jit(rollout)(humanoid, scene, physics, start, jnp.asarray(motion.control_quat_parent_wxyz))
    assert_allclose(states.position, motion.root_position_world_m[1:], atol=1e-3)
    assert_allclose(effort.contact_force.sum(axis=1), motion.contact_force_world_N[1:].sum(axis=1), atol=5.0)


def test_the_stored_body_is_that_of_the_subject(quick_run: RunFolder, quick_config: RunConfig) -> None:
    stored, built = humanoid_of(motion_file.load(quick_run)), prepare(quick_config).humanoid
    for ours, theirs in zip(jax.tree.leaves(stored), jax.tree.leaves(built), strict=True):
        assert_allclose(ours, theirs, rtol=1e-6, atol=2e-7)


def test_the_centre_of_mass_moves_as_weight_and_ground_tell(quick_run: RunFolder) -> None:
    """Newton's second law over the whole run. The centre of mass itself is on the path of its velocity."""
    motion = motion_file.load(quick_run)
    humanoid = humanoid_of(motion).astype(np.float32)

    def momentum(state: State) -> Float[Array, "3"]:
        frame, moving = locate_bodies(humanoid, state)
        return dynamics.momentum(humanoid, frame, moving).linear.sum(axis=0)

    mass, fps = float(motion.body_mass_kg.sum()), float(motion.fps_hz)
    total = np.asarray(jax.jit(jax.vmap(momentum))(motion.states), float)
    time = (len(total) - 1) / fps
    impulse = motion.contact_force_world_N[1:].astype(float).sum(axis=(0, 1)) / fps - [0.0, 0.0, 9.81 * mass * time]
    assert_allclose(impulse, total[-1] - total[0], atol=0.01 * 9.81 * mass * time)
    path = center_of_mass(motion)
    assert_allclose(np.diff(path, axis=0) * fps, 0.5 * (total[1:] + total[:-1]) / mass, atol=0.05)


def test_boxes_and_friction_are_in_the_scene(quick_run: RunFolder) -> None:
    chair = load(None, QUICK | {"scene.boxes": [{"position": [0.1, 0.2, 0.2], "half_extents": [0.25, 0.3, 0.2]}]})
    wanted = build_scene(chair.scene)
    arrays = motion_file.to_arrays(motion_file.load(quick_run)) | motion_file.scenery_arrays(wanted)
    motion = motion_file.ReconstructedMotion(**arrays)
    assert [geom.kind for geom in scenery_shapes(motion)] == ["box"]
    for ours, theirs in zip(jax.tree.leaves(scene_of(motion)), jax.tree.leaves(wanted), strict=True):
        assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize("name", ["friction", "step_s"])
def test_constants_are_those_of_the_run(name: str, quick_run: RunFolder) -> None:
    assert float(getattr(motion_file.load(quick_run), name)) == pytest.approx(
        {"friction": 1.0, "step_s": 1 / 120}[name]
    )
