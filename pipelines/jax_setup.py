"""How the commands run JAX."""

import os
from pathlib import Path

import jax


def cache_folder() -> Path:
    """Where compiled programs are kept between runs: `diffphy` in the user's cache folder (XDG_CACHE_HOME)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "diffphy" / "compiled"


def configure(cache: str | Path | None = None) -> None:
    """Sets JAX up for small problems; to be called before JAX computes anything.

    Compiled programs are kept in `cache`, by default the user's, so that the next run of the same shapes starts at
    once. Operations of a few microseconds are not handed to other threads, which takes longer than they do.
    """
    flag = "--xla_cpu_multi_thread_eigen=false"
    flags = os.environ.get("XLA_FLAGS", "")
    if "xla_cpu_multi_thread_eigen" not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {flag}".strip()
    jax.config.update("jax_compilation_cache_dir", str(cache or cache_folder()))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.5)
