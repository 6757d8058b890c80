"""The same loss for every simulator: a person stands for a while.

The loss is the sum of all squared joint positions over the control frames. Its gradient is by the controls of each
frame: our control rotations, MJX's joint torques.
"""
# pyright: reportAttributeAccessIssue=false
# MuJoCo's names come from compiled modules without stubs.

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
from mujoco import mjx

from diffphy import rotations
from diffphy.body.humanoid import Humanoid
from diffphy.export.mjcf import to_mjcf
from diffphy.physics import kinematics, scene, simulate
from diffphy.reconstruction.problem import Parameters, ReconstructionProblem
from pipelines.config import LOSS_WEIGHTS, load
from pipelines.inputs.prepare import prepare
from pipelines.inputs.subject import Subject, build_keyframes

SUBSTEPS, RATE = 4, 30
DT = 1.0 / (SUBSTEPS * RATE)

Loss = Callable[[Any], Any]


def walker() -> Subject:
    """Return the person of the built-in walk."""
    return prepare(load(None, {"clip": "builtin:walk"}))


def start(subject: Subject) -> simulate.State:
    """Return the walk's first pose, at rest, float32."""
    pose = subject.retargeted
    zeros = np.zeros((subject.humanoid.bodies, 3))
    arrays = (pose.position[0], pose.rotation[0], zeros[0], zeros)
    return simulate.State(*(jnp.asarray(array, jnp.float32) for array in arrays))


def our_loss(subject: Subject, frames: int) -> tuple[Loss, jax.Array]:
    """Return our loss as a function of offsets of the control (frames, J, 3), and the offsets to evaluate it at.

    Offsets are rotation vectors from the first pose, rad.
    """
    humanoid, ground = subject.humanoid.astype(jnp.float32), scene.ground().astype(jnp.float32)
    state, physics = start(subject), simulate.Physics(RATE, SUBSTEPS)

    def loss(offset: jax.Array) -> jax.Array:
        control = rotations.multiply(state.rotation[None, 1:], rotations.exp(offset))
        control = jnp.concatenate([state.rotation[None, 1:], control])
        states, _ = simulate.rollout(humanoid, ground, physics, state, control)
        poses = jax.vmap(lambda p, r: kinematics.forward_kinematics(humanoid, p, r))(states.position, states.rotation)
        return jnp.sum(poses.position**2)

    return loss, jnp.zeros((frames, humanoid.bodies - 1, 3), jnp.float32)


def mujoco_model(humanoid: Humanoid) -> mujoco.MjModel:
    """Return the exported model on the ground, with the damping of the PD control and MuJoCo's own solver settings.

    The model has no stiffness: MuJoCo integrates stiffness explicitly, which is unstable at this step.
    """
    root = ElementTree.fromstring(to_mjcf(humanoid, scene.ground()))
    option = root.find("option")
    assert option is not None
    option.attrib |= {"timestep": str(DT), "integrator": "implicitfast"}
    ElementTree.SubElement(option, "flag", eulerdamp="disable")
    damping = dict(zip(humanoid.joint_names, humanoid.kd, strict=True))
    for joint in root.iter("joint"):
        joint.attrib["damping"] = str(damping[joint.attrib["name"]])
    return mujoco.MjModel.from_xml_string(ElementTree.tostring(root, encoding="unicode"))


def mujoco_data(model: mujoco.MjModel, subject: Subject) -> mujoco.MjData:
    """Return the walk's first pose, at rest."""
    data, state = mujoco.MjData(model), start(subject)
    data.qpos[:] = np.concatenate([np.asarray(state.position), np.asarray(state.rotation).ravel()])
    mujoco.mj_forward(model, data)
    return data


def mjx_loss(subject: Subject, frames: int) -> tuple[Loss, jax.Array]:
    """Return MJX's loss as a function of generalized forces (frames, N), and the forces to evaluate it at.

    The solver and its line search make one iteration: with more, MJX has no reverse-mode derivative. One is too few for
    the contact, which throws the body off the ground within half a second. The time of a step is the same there.
    """
    model = mujoco_model(subject.humanoid)
    model.opt.iterations = model.opt.ls_iterations = 1
    device_model, data = mjx.put_model(model), mjx.put_data(model, mujoco_data(model, subject))

    def loss(force: jax.Array) -> jax.Array:
        def frame(data: Any, force: jax.Array) -> tuple[Any, jax.Array]:
            @jax.checkpoint  # as in our rollout
            def step(data: Any, _: None) -> tuple[Any, None]:
                return mjx.step(device_model, data.replace(qfrc_applied=force)), None

            data, _ = jax.lax.scan(step, data, None, length=SUBSTEPS)
            return data, jnp.sum(data.xpos[1:] ** 2)

        return jnp.sum(jax.lax.scan(frame, data, force)[1])

    return loss, jnp.zeros((frames, model.nv), jnp.float32)


def window_problem(subject: Subject, frames: int) -> tuple[ReconstructionProblem, Parameters]:
    """Return a window of a reconstruction with the default loss, to measure the time of compilation."""
    observed = build_keyframes(subject).window(1, frames)
    problem = ReconstructionProblem(
        subject.humanoid.astype(np.float32),
        scene.ground().astype(np.float32),
        simulate.Physics(RATE, SUBSTEPS),
        start(subject),
        observed.rotation[0, 1:],
        observed,
        LOSS_WEIGHTS,
    )
    bodies = subject.humanoid.bodies
    offset = np.zeros((frames, bodies - 1, 3), np.float32)
    return problem, Parameters(offset, np.zeros((bodies + 1, 3), np.float32))
