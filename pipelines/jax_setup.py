"""How the commands run JAX."""

import os
from pathlib import Path

import jax


def cache_folder() -> Path:
    """Return where compiled programs are kept between runs: `diffphy` in the user's cache folder (XDG_CACHE_HOME)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "diffphy" / "compiled"


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def set_compiler_flags() -> None:
    """Set XLA's options for small problems. Call this before JAX computes anything.

    Options that the user has set stay as they are.
    """
    # One thread: it runs the hundreds of small operations of a step a fifth faster than several threads that hand the
    # operations to each other.
    os.environ.setdefault("PJRT_NPROC", os.environ.get("NPROC", "1"))
    wanted = {
        # An operation takes a few microseconds. To hand it to another thread takes longer.
        "--xla_cpu_multi_thread_eigen": "false",
        # The older emitters compile a step in half the time of the newer ones, and the code is as fast.
        "--xla_cpu_use_fusion_emitters": "false",
        # Small matrix products are faster inlined than in XLA's library for large ones: a quarter of a step's time.
        "--xla_cpu_experimental_ynn_fusion_type": "",
        # A device waits ten minutes for the others, not forty seconds: on a loaded machine some are that late.
        "--xla_cpu_collective_call_terminate_timeout_seconds": "600",
    }
    flags = os.environ.get("XLA_FLAGS", "")
    added = [f"{flag}={value}" for flag, value in wanted.items() if flag not in flags]
    os.environ["XLA_FLAGS"] = " ".join([flags, *added]).strip()


def configure(cache: str | Path | None = None, devices: int | None = None) -> None:
    """Set JAX up for a command. Call this before JAX computes anything.

    Args:
        cache: Folder for compiled programs, so that the next run with the same shapes starts at once. None for the
            user's (`cache_folder`).
        devices: Number of devices into which the CPU is divided. None for one device.
    """
    if devices is not None:
        # Two threads for each: with one, a device that hands a part of an operation to a thread waits for ever, because
        # all threads are devices. It happened with windows of motion.
        os.environ["PJRT_NPROC"] = str(2 * devices)
        jax.config.update("jax_num_cpu_devices", devices)
    set_compiler_flags()
    jax.config.update("jax_compilation_cache_dir", str(cache or cache_folder()))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
