"""The ground's force that a recording asks for, before any simulation: its total, and the part of each foot.

`recorded_forces` computes both at the recording's own rate. `settle_soles` puts the soles on the floor before.
`place_seats` tells where somebody sits.
"""

from diffphy.recorded_forces.forces import RecordedForces, recorded_forces
from diffphy.recorded_forces.recorded_body import recorded_body
from diffphy.recorded_forces.seat_place import PlacedSeat, place_seats
from diffphy.recorded_forces.settled_soles import settle_soles

__all__ = ["PlacedSeat", "RecordedForces", "place_seats", "recorded_body", "recorded_forces", "settle_soles"]
