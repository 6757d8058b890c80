"""Forward dynamics and integration of the exported humanoid in Tiny Differentiable Simulator, without contact."""
# pyright: reportAttributeAccessIssue=false
# The names of the compiled module have no stubs.

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytinydiffsim as tds

from benchmarks.rollouts import DT, RATE, SUBSTEPS
from diffphy.body.humanoid import Humanoid
from diffphy.export.urdf import to_urdf


def tinydiffsim_step(humanoid: Humanoid) -> tuple[Callable[[], object], int]:
    """Return a task that simulates one second, and the number of its steps.

    There is no task for gradients: the Python module has none for a multibody.
    """
    world, body = tds.TinyWorld(), tds.TinyMultiBody(True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "humanoid.urdf"
        path.write_text(to_urdf(humanoid))
        tds.UrdfToMultiBody2().convert2(tds.TinyUrdfParser().load_urdf(str(path), True), world, body)
    body.initialize()
    gravity, steps = tds.Vector3(0.0, 0.0, -9.81), RATE * SUBSTEPS

    def task() -> None:
        for _ in range(steps):
            tds.forward_dynamics(body, gravity)
            tds.integrate_euler_qdd(body, DT)

    return task, steps
