"""The devices and processes that share a training."""

from dataclasses import dataclass

import jax

from data.clip import InputError
from pipelines import jax_setup


@dataclass(frozen=True)
class Cluster:
    """The devices to train on. Without settings: those that JAX sees.

    Attributes:
        devices: Number of devices into which the CPU of each process is divided; one if None.
        coordinator: "host:port" of process 0, the same for all processes.
        processes: Number of processes.
        process: Number of this process, from 0.
    """

    devices: int | None = None
    coordinator: str | None = None
    processes: int | None = None
    process: int | None = None

    def join(self) -> None:
        """Set JAX up and connect it with the other processes. Call it before JAX computes anything.

        Raises:
            InputError: The settings are incomplete, or the coordinator cannot be reached.
        """
        jax_setup.configure(devices=self.devices)
        given = (self.coordinator, self.processes, self.process)
        if given == (None, None, None):
            return
        if self.coordinator is None or self.processes is None or self.process is None:
            raise InputError("several processes need --coordinator, --processes and --process, all three")
        if self.process >= self.processes:
            raise InputError(f"--process must be below {self.processes}, the number of --processes: it counts from 0")
        try:
            jax.distributed.initialize(self.coordinator, self.processes, self.process)
        except (RuntimeError, ValueError) as error:
            raise InputError(f"cannot join the processes at {self.coordinator}: {error}") from error
