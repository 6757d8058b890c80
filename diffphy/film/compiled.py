"""How the functions of the fit are compiled: quickly, since each runs a few dozen times."""

from functools import partial

from diffphy.compiled import compiled

compiled_quickly = partial(
    compiled,
    compiler_options={"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True},
)
"""`compiled` without optimizations: these programs run as fast, and compile in a sixth of the time."""
