"""One picture of a shot: floor, shadow, body, ghost, forces, caption, in this order."""

from contextlib import ExitStack

import numpy as np
from jaxtyping import Float, UInt8
from scipy.spatial.transform import Rotation

from viz.arrows import COLOR as FORCE
from viz.arrows import draw_forces, net_forces
from viz.camera import Camera
from viz.camera_path import follow, heading
from viz.caption import draw_caption
from viz.geometry import bounding_radius, world_poses
from viz.ground import ground_depth, paint_ground
from viz.mesh_renderer import Layer, MeshRenderer
from viz.shadow import SOFTNESS, ShadowMap
from viz.shot import Shot

LEFT, RIGHT, MIDDLE = (0.24, 0.52, 0.86), (0.95, 0.56, 0.22), (0.66, 0.69, 0.74)
GHOST, SCENERY = (0.30, 0.72, 0.52), (0.80, 0.76, 0.70)
GHOST_OPACITY = 0.45
GHOST_LEAD = 0.25  # m in front of the body at which the ghost has its full opacity: no flicker where the two coincide
SCENERY_REACH = 2.0  # m around the person in which scenery throws shadows
SHADE = 0.36  # share of the colour that a full shadow takes away
SUPERSAMPLING = 2  # pixels a side rendered for one shown, against jagged edges


class FramePainter:
    """Paints any frame of a shot; the camera's path is planned over the whole of it. Use it in a `with` statement."""

    def __init__(self, shot: Shot, size: tuple[int, int]):
        """
        Raises:
            RenderError: PyBullet cannot be started or does not accept a shape.
        """
        self._shot = shot
        geoms, scenery = list(shot.geoms), list(shot.scenery)
        self._solid = world_poses(geoms + scenery, shot.position, shot.rotation)
        self._ghost = None
        if shot.reference_position is not None and shot.reference_rotation is not None:
            self._ghost = world_poses(geoms, shot.reference_position, shot.reference_rotation)
        people = [self._solid[0][:, : len(geoms)]] + ([] if self._ghost is None else [self._ghost[0]])
        centres = np.concatenate(people, axis=1)
        radius = np.array([bounding_radius(geom) for geom in geoms] * len(people))
        forward = Rotation.from_quat(shot.rotation[:, 0], scalar_first=True).apply([1.0, 0.0, 0.0])
        self.cameras = follow(centres, radius, heading(shot.position[:, 0], forward), shot.fps, size)
        self._bounds = centres, radius
        colors = [_color(shot.body_names[geom.body]) for geom in geoms] + [SCENERY] * len(scenery)
        with ExitStack() as stack:
            self._solid_renderer = stack.enter_context(MeshRenderer(geoms + scenery, np.array(colors)))
            self._ghost_renderer = stack.enter_context(MeshRenderer(geoms, np.array([GHOST] * len(geoms))))
            self._stack = stack.pop_all()

    def __enter__(self) -> "FramePainter":
        return self

    def __exit__(self, *_) -> None:
        self._stack.close()

    def paint(self, frame: int) -> UInt8[np.ndarray, "height width 3"]:
        """The picture of one frame, RGB."""
        camera = self.cameras[frame]
        light = _light(camera)
        self._solid_renderer.pose(self._solid[0][frame], self._solid[1][frame])
        centres, radius = self._bounds[0][frame], self._bounds[1]
        middle = (centres.min(axis=0) + centres.max(axis=0)) / 2
        reach = float((np.linalg.norm(centres - middle, axis=-1) + radius).max())
        reach = max(reach, SCENERY_REACH) if self._shot.scenery else reach
        shadow = ShadowMap(self._solid_renderer, light, middle, reach)

        floor = paint_ground(camera)
        image = floor.color
        everything = (0, 0, *camera.size)
        fallen = centres - centres[:, 2:] / light[2] * light  # along the light to the floor
        part = everything if self._shot.scenery else _rectangle(camera, fallen, radius / light[2] + SOFTNESS)
        dark = shadow.darkness(camera.crop(*part, 1), _window(floor.depth, part))
        _window(image, part)[:] *= 1 - SHADE * dark[..., None]
        part = everything if self._shot.scenery else _rectangle(camera, centres, radius)
        color, alpha = self._figures(frame, camera.crop(*part, SUPERSAMPLING), light, shadow)
        region = _window(image, part)
        region[:] = region * (1 - _shrink(alpha)[..., None]) + _shrink(color)
        return self._annotate((255 * image + 0.5).astype(np.uint8), frame)

    def _figures(
        self, frame: int, camera: Camera, light: Float[np.ndarray, "3"], shadow: ShadowMap
    ) -> tuple[Float[np.ndarray, "h w 3"], Float[np.ndarray, "h w"]]:
        """Colour (times opacity) and opacity of everything that stands on the floor."""
        floor_depth = ground_depth(camera)
        solid = _above(self._solid_renderer.render(camera, light), floor_depth)
        alpha = np.isfinite(solid.depth).astype(np.float32)
        color = solid.color * (alpha * (1 - SHADE * shadow.darkness(camera, solid.depth)))[..., None]
        if self._ghost is None:
            return color, alpha
        self._ghost_renderer.pose(self._ghost[0][frame], self._ghost[1][frame])
        ghost = _above(self._ghost_renderer.render(camera, light), floor_depth)
        seen = np.isfinite(ghost.depth)
        opacity = np.zeros_like(alpha)
        opacity[seen] = GHOST_OPACITY * np.clip((solid.depth[seen] - ghost.depth[seen]) / GHOST_LEAD, 0, 1)
        return color * (1 - opacity[..., None]) + ghost.color * opacity[..., None], alpha + opacity * (1 - alpha)

    def _annotate(self, image: UInt8[np.ndarray, "height width 3"], frame: int) -> UInt8[np.ndarray, "height width 3"]:
        shot = self._shot
        legend = [("left", _byte(LEFT)), ("right", _byte(RIGHT))]
        if self._ghost is not None:
            legend.append(("reference", _byte(GHOST)))
        if shot.contact_position is not None and shot.contact_force is not None:
            position, force = shot.contact_position[frame], shot.contact_force[frame]
            if shot.contact_group is not None:
                position, force = net_forces(position, force, shot.contact_group)
            image = draw_forces(image, self.cameras[frame], position, force, shot.body_weight)
            legend.append(("contact force", FORCE))
        text = f"{frame / shot.fps:.2f} s"
        if shot.error_mm is not None:
            text += f"   error {shot.error_mm[frame]:.0f} mm"
        return draw_caption(image, text, legend)


def _shrink(image: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*half"]:
    """Half the height and width, every pixel the mean of four."""
    rows = image[::2] + image[1::2]
    return (rows[:, ::2] + rows[:, 1::2]) / 4


def _window(image: Float[np.ndarray, "*shape"], part: tuple[int, int, int, int]) -> Float[np.ndarray, "*part"]:
    left, top, right, bottom = part
    return image[top:bottom, left:right]


def _color(body_name: str) -> tuple[float, float, float]:
    sides = {"left": LEFT, "right": RIGHT}
    return sides.get(body_name.split("_")[0], MIDDLE)


def _byte(color: tuple[float, float, float]) -> tuple[int, int, int]:
    red, green, blue = (round(255 * channel) for channel in color)
    return red, green, blue


def _light(camera: Camera) -> Float[np.ndarray, "3"]:
    """Direction towards the light: above, over the camera's left shoulder."""
    right, _, forward = camera.axes
    direction = np.array([0.0, 0.0, 1.5]) - 0.8 * right - 0.55 * forward
    return direction / np.linalg.norm(direction)


def _above(layer: Layer, floor_depth: Float[np.ndarray, "h w"]) -> Layer:
    """The layer without what the floor hides."""
    return Layer(layer.color, np.where(layer.depth < floor_depth, layer.depth, np.inf))


def _rectangle(
    camera: Camera, centres: Float[np.ndarray, "N 3"], radius: Float[np.ndarray, "N"]
) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the part of the image in which these spheres appear, pixels."""
    pixels, depth = camera.project(centres)
    spread = (camera.focal * radius / np.maximum(depth - radius, 0.1) + 2)[:, None]
    low = np.floor((pixels - spread).min(axis=0)).clip(0, np.array(camera.size) - 2)
    high = np.ceil((pixels + spread).max(axis=0)).clip(low + 2, camera.size)
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])
