"""How the commands run JAX."""

import os
from pathlib import Path

import jax


def cache_folder() -> Path:
    """Where compiled programs are kept between runs: `diffphy` in the user's cache folder (XDG_CACHE_HOME)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "diffphy" / "compiled"


def enable_compilation_cache() -> None:
    """Keeps what takes long to compile, so that the next run of the same length starts at once."""
    jax.config.update("jax_compilation_cache_dir", str(cache_folder()))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.5)
