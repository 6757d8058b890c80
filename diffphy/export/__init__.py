"""The humanoid as a model file of other simulators: MuJoCo's MJCF, and URDF for PyBullet and TinyDiffSim."""

from diffphy.export.mjcf import to_mjcf
from diffphy.export.urdf import to_urdf

__all__ = ["to_mjcf", "to_urdf"]
