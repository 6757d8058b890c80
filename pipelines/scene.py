"""What the person can touch."""

from diffphy.physics.scene import Scene, ground
from pipelines.config import RunConfig


def scene_of(config: RunConfig) -> Scene:
    """The floor z = 0, and the boxes of a configuration."""
    scene = ground()
    for box in config.scene.boxes:
        scene = scene.with_box(box.position, box.half_extents, box.quat_wxyz)
    return scene
