"""PyBullet, imported without the line that it prints to stderr about its build time."""

import os

_stderr = os.dup(2)
_nowhere = os.open(os.devnull, os.O_WRONLY)
os.dup2(_nowhere, 2)
try:
    import pybullet
finally:
    os.dup2(_stderr, 2)
    os.close(_stderr)
    os.close(_nowhere)

__all__ = ["pybullet"]
