"""What the simulated person can touch."""

from diffphy.physics.scene import Scene, ground
from pipelines.config import Surroundings


def build_scene(surroundings: Surroundings) -> Scene:
    """Return the floor z = 0 with the boxes of a configuration."""
    scene = ground()
    for box in surroundings.boxes:
        scene = scene.with_box(box.position, box.half_extents, box.quat_wxyz)
    return scene
