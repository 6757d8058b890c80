"""The ground's force that a recording asks for, before any simulation: its total, and the part of each foot.

`recorded_forces` computes both at the recording's own rate.
"""

from diffphy.recorded_forces.forces import RecordedForces, recorded_forces

__all__ = ["RecordedForces", "recorded_forces"]
