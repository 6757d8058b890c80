"""What the simulated person can touch."""

from collections.abc import Sequence

from diffphy.physics.scene import Scene, ground
from diffphy.recorded_forces import PlacedSeat
from pipelines.config import Surroundings


def build_scene(surroundings: Surroundings, seats: Sequence[PlacedSeat] = ()) -> Scene:
    """Return the floor z = 0 with the boxes of a configuration, and with seats that a recording asks for."""
    scene = ground()
    for box in (*surroundings.boxes, *seats):
        scene = scene.with_box(box.position, box.half_extents, box.quat_wxyz)
    return scene
