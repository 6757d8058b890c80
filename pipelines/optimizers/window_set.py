"""Windows of reconstructions, as they occur in use, kept in a file: what optimizers of motion are trained on."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from data.clip import InputError
from diffphy.body.average_person import average_person
from diffphy.physics import scene
from diffphy.physics.simulate import Physics, State
from diffphy.reconstruction.observation import Keyframes, ObservedForces
from diffphy.reconstruction.parameters import Parameters, lead, units
from diffphy.reconstruction.problem import ReconstructionProblem, loss_and_gradient
from optimus import storage
from pipelines.config import RunConfig
from pipelines.inputs.prepare import prepare
from pipelines.inputs.subject import build_keyframes
from pipelines.reconstruction.method import build_method
from pipelines.reconstruction.solve import build_solver, window_sizes

Window = tuple[str, ReconstructionProblem, np.ndarray, np.ndarray]
"""Name, problem, guess and lead of a window; see `WindowSet`."""

_PROBE = 0.005  # length of the differences that measure curvature, units of a parameter


@dataclass(frozen=True, eq=False)
class WindowSet:
    """W windows of one length, rate and loss. They begin at states of reconstructions.

    Attributes:
        form: Any window: the structure of all of them.
        leaves: The leaves of the windows, each with a leading axis W.
        guess: Offsets of the control from which a reconstruction starts, rad.
        lead: Offsets that a reconstruction would start from if nothing had been solved before, rad.
        time_curvature: Hessian of the loss between frames: mean over joints and axes, median over windows.
        names: Clip and frame of each window.
    """

    form: ReconstructionProblem
    leaves: tuple[np.ndarray, ...]
    guess: Float[np.ndarray, "W F J 3"]
    lead: Float[np.ndarray, "W F J 3"]
    time_curvature: Float[np.ndarray, "F F"]
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.guess)

    @property
    def unit(self) -> Float[np.ndarray, "1 J 1"]:
        """Radians of control for one unit of parameter."""
        return units(self.form.humanoid).astype(np.float32)[None]

    def window(self, index: int | Int[Array, ""]) -> ReconstructionProblem:
        """Return one window. The index may be traced."""
        return jax.tree.unflatten(jax.tree.structure(self.form), [jnp.asarray(leaf)[index] for leaf in self.leaves])


def window_loss(problem: ReconstructionProblem, offset: Float[Array, "F J 3"]) -> Float[Array, ""]:
    """Return the DiffPhy loss of a window whose start is given."""
    return problem.loss(Parameters(offset, jnp.zeros((problem.humanoid.bodies + 1, 3), offset.dtype)))[0]


def collect(config: RunConfig) -> Iterator[Window]:
    """Reconstruct a clip, and yield each whole window before it is solved: name, problem, guess and lead.

    Raises:
        InputError: The clip cannot be reconstructed, or it is seen through a camera.
    """
    subject = prepare(config)
    if subject.detections:
        raise InputError(f"{config.clip} is seen through a camera: windows are collected of mocap only")
    method = build_method(config.optimizer, window_sizes(config).length, config.simulation.control_fps, config.seed)
    observed, solver = build_keyframes(subject), build_solver(subject, config, method)
    for solved in solver.reconstruct(observed):
        at, length = solved.resume_point, solver.sizes.length
        if at.frame + 1 + length > len(observed):
            return
        problem = solver.build_problem(observed, at)
        cold = lead(solver.humanoid, observed.window(at.frame + 1, length), solver.physics.control_rate)
        yield f"{subject.clip.name} {at.frame}", problem, np.asarray(at.guess), cold.astype(np.float32)


def join(windows: Sequence[Window], seed: int) -> WindowSet:
    """Return the set of these windows. The seed decides the directions in which curvature is measured."""
    names, problems, guess, cold = zip(*windows, strict=True)
    every = zip(*map(jax.tree.leaves, problems), strict=True)
    leaves = tuple(np.stack([np.asarray(leaf, np.float32) for leaf in each]) for each in every)
    unknown = np.zeros(2 * guess[0].shape[:1], np.float32)
    whole = WindowSet(problems[0], leaves, np.stack(guess), np.stack(cold), unknown, names)
    return replace(whole, time_curvature=_measure_time_curvature(whole, np.random.default_rng(seed)))


def save(path: Path, windows: WindowSet, config: RunConfig) -> None:
    """Write the windows into a safetensors file, with the rates and weights of the loss."""
    description = {
        "windows": len(windows),
        "length": windows.guess.shape[1],
        "control_fps": config.simulation.control_fps,
        "substeps": config.simulation.substeps,
        "terms": list(windows.form.weights),
        "names": windows.names,
    }
    arrays = _by_name(windows.form, windows.leaves, windows.guess, windows.lead, windows.time_curvature)
    storage.save(path, arrays, {"windows": json.dumps(description)})


def load(path: Path) -> WindowSet:
    """Return the windows in a file that `save` wrote.

    Raises:
        OptimusError: There is no such file, it is damaged, or it holds no windows.
        InputError: It holds something else.
    """
    text = storage.metadata(path).get("windows")
    if text is None:
        raise InputError(f"{path} holds no windows: make one with optimus windows")
    try:
        description = json.loads(text)
        form, count, names = _form(description), int(description["windows"]), tuple(description["names"])
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} has a damaged description of its windows ({error}): make it again") from None
    offsets = np.shape(form.observed.rotation[:, 1:, 1:])
    shapes = [(count, *np.shape(leaf)) for leaf in jax.tree.leaves(form)]
    like = _by_name(form, shapes, (count, *offsets), (count, *offsets), 2 * offsets[:1])
    like = {name: jax.ShapeDtypeStruct(shape, np.float32) for name, shape in like.items()}
    arrays = storage.load(path, like)
    leaves = tuple(arrays[name] for name in list(like)[: len(shapes)])
    rest = (arrays[name] for name in list(like)[len(shapes) :])
    return WindowSet(form, leaves, *rest, names=names)


def _by_name(form: ReconstructionProblem, leaves: Sequence[Any], *rest: Any) -> dict[str, Any]:
    """Return the arrays of a file by their names."""
    paths = [path for path, _ in jax.tree.flatten_with_path(form)[0]]
    names = [f"problems/{jax.tree_util.keystr(path, simple=True, separator='/')}" for path in paths]
    return dict(zip([*names, "guess", "lead", "time_curvature"], [*leaves, *rest], strict=True))


def _form(description: dict[str, Any]) -> ReconstructionProblem:
    """Return a window of this description. Its numbers mean nothing."""
    frames, humanoid = description["length"], average_person()
    bodies, joints = humanoid.bodies, len(humanoid.joint_names)

    def zeros(*shape: int) -> Any:
        return np.zeros(shape, np.float32)

    return ReconstructionProblem(
        humanoid,
        scene.ground(),
        Physics(description["control_fps"], description["substeps"]),
        State(zeros(3), zeros(bodies, 4), zeros(3), zeros(bodies, 3)),
        zeros(joints, 4),
        Keyframes(
            zeros(frames, 3),
            zeros(frames, bodies, 4),
            zeros(frames, bodies, 3),
            zeros(bodies),
            zeros(frames),
            forces=ObservedForces(zeros(frames, 3), zeros(frames, 2), zeros(frames), zeros(frames)),
        ),
        dict.fromkeys(description["terms"], 0.0),
    )


def _measure_time_curvature(windows: WindowSet, rng: np.random.Generator) -> Float[np.ndarray, "F F"]:
    """Return the Hessian between frames, measured by differences of gradients at the guesses.

    The median over windows, because contact makes the Hessian of a few windows a hundred times larger. With random
    signs z of joints and axes, the mean of (e_t z)' H (e_s z) is the sum of H over equal joints and axes (Hutchinson, A
    stochastic estimator of the trace of the influence matrix, 1990).
    """
    frames = windows.guess.shape[1]
    measured = np.zeros((len(windows), frames, frames))
    for index in range(len(windows)):
        problem, start = windows.window(index), windows.guess[index] / windows.unit
        push = np.zeros((problem.humanoid.bodies + 1, 3), np.float32)
        signs = rng.choice([-1.0, 1.0], size=start.shape[1:]).astype(np.float32)
        for frame in range(frames):
            probe = np.zeros_like(start)
            probe[frame] = _PROBE * signs
            ahead, behind = (
                loss_and_gradient(problem, Parameters(windows.unit * (start + each), push))[1].offset
                for each in (probe, -probe)
            )
            change = windows.unit * (np.asarray(ahead) - np.asarray(behind))
            measured[index, frame] = np.sum(change * signs[None], axis=(1, 2)) / (2 * _PROBE * signs.size)
    middle = np.nanmedian(0.5 * (measured + np.swapaxes(measured, 1, 2)), axis=0)
    return middle.astype(np.float32)
