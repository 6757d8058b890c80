"""Time to linearise one step beside Pinocchio, MuJoCo and MJX in the same run: `make bench`.

Everybody gets the body of the built-in walk, in its poses and with its velocities, one after another, on one thread:

- ours: the derivatives of the implicit step with drive and contact, by the state at its start and by the targets.
  Given is the velocity at the end, which simulating the step has found.
- Pinocchio: the derivatives of forward dynamics by positions, velocities and torques, float64. No contact, no drive,
  no integration. Its calls go through Python, which adds a few microseconds.
- MuJoCo: finite differences of its step in C (`mjd_transitionFD`), with its contact.
- MJX: forward mode of its step, by the velocities and by the forces only, as it has no tangents of the quaternions.
"""
# pyright: reportAttributeAccessIssue=false, reportMissingImports=false
# MuJoCo's and Pinocchio's names come from compiled modules without stubs. Pinocchio is installed by `make bench`.

from collections.abc import Callable

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
import pinocchio as pin
from mujoco import mjx

from benchmarks import rollouts
from benchmarks.rollouts import RATE, SUBSTEPS
from diffphy import rotations
from diffphy.body.humanoid import Humanoid
from diffphy.physics import scene, simulate
from diffphy.physics.implicit_derivative import solve_velocity
from diffphy.physics.linearised_step import step_derivatives
from pipelines.inputs.subject import Subject

STATES = 24

Task = Callable[[], object]


def linearisations(subject: Subject) -> dict[str, tuple[Task, int]]:
    """Return the tasks `..._linearise_step_us` of all, and how many steps each of their calls linearises."""
    states = _states(subject)
    return {
        "linearise_step_us": (_ours(subject, states), STATES),
        "linearise_forward_mode_step_us": (_by_forward_mode(subject, states), STATES),
        "pinocchio_linearise_step_us": (_pinocchio(subject.humanoid, states), STATES),
        "mujoco_linearise_step_us": (_mujoco(subject, states), STATES),
        "mjx_linearise_step_us": (_mjx(subject, states), STATES),
    }


def _states(subject: Subject) -> simulate.State:
    """Return states of the walk, with the velocities between its frames."""
    pose = subject.retargeted
    position, rotation = (jnp.asarray(a[: STATES + 1], jnp.float32) for a in (pose.position, pose.rotation))
    velocity = RATE * jnp.diff(position, axis=0)
    angular = RATE * rotations.difference(rotation[:-1], rotation[1:])
    return simulate.State(position[:-1], rotation[:-1], velocity, angular)


def _ours(subject: Subject, states: simulate.State) -> Task:
    humanoid, ground = subject.humanoid.astype(jnp.float32), scene.ground().astype(jnp.float32)
    physics = simulate.Physics(float(RATE), SUBSTEPS)

    @jax.jit
    def solve(states: simulate.State) -> jax.Array:
        def step(state: simulate.State) -> jax.Array:
            return solve_velocity(simulate.see_step(humanoid, ground, physics, state, state.rotation[1:]))[0]

        return jax.lax.map(step, states)

    @jax.jit
    def linearise(states: simulate.State, new: jax.Array):
        def step(each: tuple[simulate.State, jax.Array]):
            state, new = each
            start = simulate.see_step(humanoid, ground, physics, state, state.rotation[1:])
            return step_derivatives(start, ground, state, state.rotation[1:], new)

        return jax.lax.map(step, (states, new))

    new = solve(states)
    return lambda: jax.block_until_ready(linearise(states, new))


def _by_forward_mode(subject: Subject, states: simulate.State) -> Task:
    """The same derivatives by automatic differentiation."""
    humanoid, ground = subject.humanoid.astype(jnp.float32), scene.ground().astype(jnp.float32)
    physics, size = simulate.Physics(float(RATE), SUBSTEPS), 3 * humanoid.bodies + 3

    @jax.jit
    def linearise(states: simulate.State):
        def step(state: simulate.State):
            def end(change: jax.Array) -> simulate.State:
                place, speed, target = jnp.split(change, [size, 2 * size])
                moved = simulate.State(
                    state.position + place[:3],
                    rotations.multiply(state.rotation, rotations.exp(place[3:].reshape(-1, 3))),
                    state.velocity + speed[:3],
                    state.angular_velocity + speed[3:].reshape(-1, 3),
                )
                turned = rotations.multiply(state.rotation[1:], rotations.exp(target.reshape(-1, 3)))
                return simulate.step(humanoid, ground, physics, moved, turned)[0]

            return jax.jacfwd(end)(jnp.zeros(3 * size - 6, jnp.float32))

        return jax.lax.map(step, states)

    return lambda: jax.block_until_ready(linearise(states))


def _pinocchio(humanoid: Humanoid, states: simulate.State) -> Task:
    model, places = pin.Model(), []
    for body, parent in enumerate(humanoid.parents):
        joint = pin.JointModelSpherical() if body else pin.JointModelFreeFlyer()
        at = pin.SE3(np.eye(3), np.asarray(humanoid.joint_offset[body], float))
        places.append(model.addJoint(places[parent] if body else 0, joint, at, str(body)))
        mass, center = float(humanoid.mass[body]), np.asarray(humanoid.com[body], float)
        inertia = pin.Inertia(mass, center, np.asarray(humanoid.inertia[body], float))
        model.appendBodyToJoint(places[body], inertia, pin.SE3.Identity())
    data, torque = model.createData(), np.zeros(model.nv)
    position, rotation, velocity, angular = (np.asarray(a, float) for a in states)
    xyzw = np.roll(rotation, -1, axis=-1).reshape(STATES, -1)
    at_root = np.asarray(rotations.rotate(rotations.inverse(rotation[:, 0]), velocity), float)
    configurations = [pin.normalize(model, q) for q in np.concatenate([position, xyzw], axis=1)]
    velocities = np.concatenate([at_root, angular.reshape(STATES, -1)], axis=1)

    def task() -> None:
        for configuration, speed in zip(configurations, velocities, strict=True):
            pin.computeABADerivatives(model, data, configuration, speed, torque)

    return task


def _mujoco_states(states: simulate.State) -> tuple[np.ndarray, np.ndarray]:
    """Return positions and velocities as MuJoCo has them: the root's velocity in the world, turns in own axes."""
    position, rotation, velocity, angular = (np.asarray(a, float) for a in states)
    return (
        np.concatenate([position, rotation.reshape(STATES, -1)], axis=1),
        np.concatenate([velocity, angular.reshape(STATES, -1)], axis=1),
    )


def _mujoco(subject: Subject, states: simulate.State) -> Task:
    model = rollouts.mujoco_model(subject.humanoid)
    data, size = mujoco.MjData(model), 2 * model.nv
    transition, positions, velocities = np.zeros((size, size)), *_mujoco_states(states)

    def task() -> None:
        for at, speed in zip(positions, velocities, strict=True):
            data.qpos[:], data.qvel[:] = at, speed
            mujoco.mjd_transitionFD(model, data, 1e-6, False, transition, None, None, None)

    return task


def _mjx(subject: Subject, states: simulate.State) -> Task:
    model = rollouts.mujoco_model(subject.humanoid)
    model.opt.iterations = model.opt.ls_iterations = 1
    device_model, data = mjx.put_model(model), mjx.put_data(model, mujoco.MjData(model))
    positions, velocities = (jnp.asarray(each, jnp.float32) for each in _mujoco_states(states))

    @jax.jit
    def linearise(positions: jax.Array, velocities: jax.Array):
        def step(each: tuple[jax.Array, jax.Array]):
            position, velocity = each

            def end(velocity: jax.Array, force: jax.Array) -> tuple[jax.Array, jax.Array]:
                after = mjx.step(device_model, data.replace(qpos=position, qvel=velocity, qfrc_applied=force))
                return after.qpos, after.qvel

            return jax.jacfwd(end, (0, 1))(velocity, jnp.zeros_like(velocity))

        return jax.lax.map(step, (positions, velocities))

    return lambda: jax.block_until_ready(linearise(positions, velocities))
