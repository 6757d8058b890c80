"""How the commands run JAX."""

import os
from pathlib import Path

import jax


def cache_folder() -> Path:
    """Where compiled programs are kept between runs: `diffphy` in the user's cache folder (XDG_CACHE_HOME)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "diffphy" / "compiled"


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def set_compiler_flags() -> None:
    """Compiler options for small problems; to be called before JAX computes anything.

    Operations of a few microseconds are not handed to other threads, which takes longer than they do. XLA's older
    emitters compile a step in half the time of the newer ones, to code as fast. Small matrix products are faster
    inlined than by XLA's library for large ones: a quarter of the time of a step. One thread runs the hundreds of small
    operations of a step a fifth faster than several that hand them to each other. A device waits for the others for
    ten minutes, not forty seconds, before it gives up: on a loaded machine some are that late.
    """
    os.environ.setdefault("PJRT_NPROC", os.environ.get("NPROC", "1"))
    wanted = {
        "--xla_cpu_multi_thread_eigen": "false",
        "--xla_cpu_use_fusion_emitters": "false",
        "--xla_cpu_experimental_ynn_fusion_type": "",
        "--xla_cpu_collective_call_terminate_timeout_seconds": "600",
    }
    flags = os.environ.get("XLA_FLAGS", "")
    added = [f"{flag}={value}" for flag, value in wanted.items() if flag not in flags]
    os.environ["XLA_FLAGS"] = " ".join([flags, *added]).strip()


def configure(cache: str | Path | None = None, devices: int | None = None) -> None:
    """Sets JAX up for the commands; to be called before JAX computes anything.

    Compiled programs are kept in `cache`, by default the user's, so that the next run of the same shapes starts at
    once. `devices`: into how many the CPU is divided, each with a thread; one if not given.
    """
    if devices is not None:
        os.environ["PJRT_NPROC"] = str(devices)
        jax.config.update("jax_num_cpu_devices", devices)
    set_compiler_flags()
    jax.config.update("jax_compilation_cache_dir", str(cache or cache_folder()))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.5)
