"""Pushes that reconstructed motions withstand, with their feedback gains and without.

Run `python -m benchmarks.push_recovery`.

A push is a horizontal force on the pelvis for 0.1 s. All of its impulse acts at once: it changes the generalized
velocity by M^-1 J' F 0.1 s. The body has come back if, from 1.2 to 1.5 s later, its root stays within 0.3 m of the plan
and the pelvis leans less than 45 degrees from the plan. The largest push is bisected. Walk and run are one gait cycle,
and repeated.
"""

import argparse
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from pipelines.jax_setup import configure

configure()

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from benchmarks import push_picture  # noqa: E402
from data import builtin_clips  # noqa: E402
from data.clip import InputError  # noqa: E402
from diffphy import rotations  # noqa: E402
from diffphy.physics import dynamics, scene  # noqa: E402
from diffphy.physics.feedback import rollout_with_feedback  # noqa: E402
from diffphy.physics.simulate import Physics, State  # noqa: E402
from pipelines import reconstruct  # noqa: E402
from pipelines.reconstruction.results import Reconstruction  # noqa: E402

CYCLES = {"walk": 3, "run": 4, "jump": 1, "spin": 1}
PUSH_S, AFTER_S, STAY_S = 0.1, 1.5, 0.3
NEAR_M, LEAN_DEG = 0.3, 45.0
TIMES, DIRECTIONS = 4, {"ahead": 0.0, "to the left": 90.0, "back": 180.0, "to the right": 270.0}
LARGEST_N, HALVINGS = 1000.0, 8

SETTINGS = {"output.video": False, "output.feedback": True}


class Outcome(NamedTuple):
    """What is left of a push after each frame.

    Attributes:
        rate: Frames a second, Hz.
        distance_m: Distance of the root from the plan.
        lean_deg: Angle of the pelvis' vertical from that of the plan.
    """

    rate: float
    distance_m: np.ndarray
    lean_deg: np.ndarray

    @property
    def is_back(self) -> bool:
        """Whether the body has come back, and stays: one that falls may pass by its place in a single frame."""
        last = slice(-round(STAY_S * self.rate), None)
        return bool(np.all(self.distance_m[last] < NEAR_M) and np.all(self.lean_deg[last] < LEAN_DEG))


@dataclass(frozen=True)
class Motion:
    """A reconstructed motion that is pushed.

    Attributes:
        result: The reconstruction, with its gains.
    """

    result: Reconstruction

    @property
    def times_s(self) -> np.ndarray:
        """When it is pushed: evenly spread, and early enough to come back.

        Raises:
            InputError: The motion is too short.
        """
        length = float(self.result.motion.time_s[-1])
        if length < AFTER_S:
            raise InputError(f"the motion takes {length:.2f} s: take one of at least {AFTER_S:g} s, or more cycles")
        return np.linspace(0.0, length - AFTER_S, TIMES)

    def follow(self, time_s: float, direction_deg: float, push_N: float, *, with_gains: bool) -> Outcome:
        """Return what is left of a push.

        Args:
            time_s: When.
            direction_deg: Where to, from where the pelvis faces, counterclockwise from above.
            push_N: The force.
            with_gains: Whether the control answers.
        """
        motion, gain = self.result.motion, self.result.gain
        assert gain is not None
        rate = float(motion.fps_hz)
        frames = round(AFTER_S * rate)
        first = min(round(time_s * rate), len(motion.time_s) - 1 - frames)  # both are rounded
        planned = jax.tree.map(lambda a: a[first : first + frames + 1], motion.states)
        control = motion.control_quat_parent_wxyz[first : first + frames + 1]
        used = gain[first : first + frames] * np.float32(with_gains)
        force = push_N * _direction(planned, direction_deg)
        physics = Physics(rate, self.result.config.simulation.substeps)
        humanoid = self.result.subject.humanoid.astype(np.float32)
        found = _follow(humanoid, scene.ground().astype(np.float32), physics, planned, control, used, force)
        return Outcome(rate, *(np.asarray(array) for array in found))

    def largest_push(self, time_s: float, direction_deg: float, *, with_gains: bool) -> float:
        """Return the largest push from which it comes back, N. 0 if it does not even stay without one."""

        def comes_back(push_N: float) -> bool:
            return self.follow(time_s, direction_deg, push_N, with_gains=with_gains).is_back

        return _bisect(comes_back)


def _bisect(holds: Callable[[float], bool]) -> float:
    """Return the largest number for which something holds."""
    if not holds(0.0):
        return 0.0
    least, most = 0.0, LARGEST_N
    for _ in range(HALVINGS):
        middle = (least + most) / 2.0
        least, most = (middle, most) if holds(middle) else (least, middle)
    return least


def _direction(planned: State, direction_deg: float) -> np.ndarray:
    """Return the horizontal direction in the world at this angle from where the pelvis faces."""
    ahead = np.asarray(rotations.rotate(planned.rotation[0, 0], np.array([1.0, 0.0, 0.0], np.float32)))
    angle = np.arctan2(ahead[1], ahead[0]) + np.radians(direction_deg)
    return np.array([np.cos(angle), np.sin(angle), 0.0], np.float32)


@jax.jit
def _follow(humanoid, scenery, physics, planned, control, gain, force):
    start = jax.tree.map(lambda a: a[0], planned)
    frame = dynamics.frames(humanoid, start.rotation)

    def momentum_of(velocity):
        motion = dynamics.body_motion(frame, *dynamics.split(velocity))
        return dynamics.generalized_force(frame, dynamics.momentum(humanoid, frame, motion))

    size = 3 + start.angular_velocity.size
    mass = jax.vmap(momentum_of)(jnp.eye(size))
    impulse = jnp.zeros(size).at[:3].set(PUSH_S * force)
    velocity, angular = dynamics.split(jnp.linalg.solve(mass, impulse))
    pushed = start._replace(velocity=start.velocity + velocity, angular_velocity=start.angular_velocity + angular)
    states, _, _ = rollout_with_feedback(humanoid, scenery, physics, pushed, planned, control, gain)
    up, wanted = (rotations.rotate(each, jnp.array([[0.0, 0.0, 1.0]])) for each in _pelvis(states, planned))
    lean = jnp.degrees(jnp.arccos(jnp.clip(jnp.sum(up * wanted, axis=-1), -1.0, 1.0)))
    return jnp.linalg.norm(states.position - planned.position[1:], axis=-1), lean


def _pelvis(states, planned):
    return states.rotation[:, 0], planned.rotation[1:, 0]


def reconstruct_clip(name: str) -> Motion:
    """Return the reconstruction of a built-in clip, with as many cycles as are wanted."""
    clip = json.loads(builtin_clips.clip_path(name).read_text())
    frames = np.array(clip["Frames"], float)
    stride = np.zeros(frames.shape[1])
    stride[1:4:2] = frames[-1, 1:4:2] - frames[0, 1:4:2]  # x and z are horizontal in the file
    cycles = [frames[:-1] + cycle * stride for cycle in range(CYCLES[name])]
    last = frames[-1:] + (CYCLES[name] - 1) * stride
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.txt"
        path.write_text(json.dumps({**clip, "Frames": np.concatenate([*cycles, last]).tolist()}))
        return Motion(reconstruct(path, settings=SETTINGS))


def measure(name: str, motion: Motion) -> dict[str, list[dict[str, float | str]]]:
    """Return the largest push with gains and without, for all times and directions."""
    rows = []
    for time_s in motion.times_s:
        for direction, angle in DIRECTIONS.items():
            with_gains, without = (motion.largest_push(time_s, angle, with_gains=each) for each in (True, False))
            rows.append({"time_s": float(time_s), "direction": direction, "gains_N": with_gains, "without_N": without})
    return {name: rows}


def main() -> None:
    """Measure, print, write push_recovery.json, and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("push_recovery.json"))
    parser.add_argument("--clips", nargs="*", default=list(CYCLES), choices=list(CYCLES))
    parser.add_argument("--picture", type=Path, help="file of the picture")
    arguments = parser.parse_args()
    motions = {name: reconstruct_clip(name) for name in arguments.clips}
    found = {key: rows for name, motion in motions.items() for key, rows in measure(name, motion).items()}
    arguments.out.write_text(json.dumps(found, indent=2) + "\n")
    table = Table("clip", "MPJPE-G mm", "gains: median N", "least", "without: median N", "least", title="Largest push")
    for name, rows in found.items():
        pushes = [np.array([row[key] for row in rows], float) for key in ("gains_N", "without_N")]
        figures = [f"{value:.0f}" for each in pushes for value in (np.median(each), each.min())]
        table.add_row(name, f"{motions[name].result.metrics['result']['mpjpe_g_mm']:.1f}", *figures)
    Console().print(table)
    if arguments.picture is not None:
        push_picture.draw(arguments.picture, found)


if __name__ == "__main__":
    main()
