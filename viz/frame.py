"""One picture of a shot: floor, shadow, body, ghost, forces and caption, drawn in this order."""

from contextlib import ExitStack

import numpy as np
from jaxtyping import Float, UInt8
from scipy.spatial.transform import Rotation

from viz.arrows import COLOR as FORCE
from viz.arrows import draw_forces, net_forces
from viz.camera import ViewCamera
from viz.camera_path import find_heading, follow
from viz.caption import draw_caption
from viz.geometry import bounding_radius, world_poses
from viz.ground import ground_depth, paint_ground
from viz.image_part import ImagePart
from viz.mesh_renderer import Layer, MeshRenderer
from viz.shadow import SOFTNESS, ShadowMap
from viz.shot import Shot
from viz.supersampling import SCALE, enlarge, shrink, shrink_depth

LEFT, RIGHT, MIDDLE = (0.24, 0.52, 0.86), (0.95, 0.56, 0.22), (0.66, 0.69, 0.74)
GHOST, SCENERY = (0.30, 0.72, 0.52), (0.80, 0.76, 0.70)
GHOST_OPACITY = 0.45
GHOST_LEAD = (
    0.25  # m in front of the body at which the ghost has its full opacity; less where the two coincide, or they flicker
)
SCENERY_REACH = 2.0  # m around the person within which scenery casts shadows
SHADE = 0.36  # share of the colour that a full shadow removes


class FramePainter:
    """Paints any frame of a shot. Use it in a `with` statement.

    Attributes:
        cameras: The camera of each frame. Its path is planned over the whole shot.
    """

    def __init__(self, shot: Shot, size: tuple[int, int]):
        """Prepare the shapes and the camera's path.

        Args:
            shot: What to show.
            size: Width and height of the picture, pixels.

        Raises:
            RenderError: PyBullet cannot be started or does not accept a shape.
        """
        self._shot = shot
        geoms, scenery = list(shot.geoms), list(shot.scenery)
        self._solid_pose = world_poses(geoms + scenery, shot.position, shot.rotation)
        people = [self._solid_pose[0][:, : len(geoms)]]
        self._ghost_pose = None
        if shot.reference_position is not None and shot.reference_rotation is not None:
            self._ghost_pose = world_poses(geoms, shot.reference_position, shot.reference_rotation)
            people.append(self._ghost_pose[0])
        self._centre = np.concatenate(people, axis=1)
        self._radius = np.array([bounding_radius(geom) for geom in geoms] * len(people))
        forward = Rotation.from_quat(shot.rotation[:, 0], scalar_first=True).apply([1.0, 0.0, 0.0])
        self.cameras = follow(self._centre, self._radius, find_heading(shot.position[:, 0], forward), shot.fps, size)
        colors = [*body_colors(shot), *[SCENERY] * len(scenery)]
        with ExitStack() as stack:
            self._solid = stack.enter_context(MeshRenderer(geoms + scenery, np.array(colors)))
            self._ghost = stack.enter_context(MeshRenderer(geoms, np.array([GHOST] * len(geoms))))
            self._stack = stack.pop_all()

    def __enter__(self) -> "FramePainter":
        return self

    def __exit__(self, *_) -> None:
        self._stack.close()

    def paint(self, frame: int) -> UInt8[np.ndarray, "height width 3"]:
        """Return the picture of one frame, RGB."""
        camera, centre = self.cameras[frame], self._centre[frame]
        light = _light_direction(camera)
        self._solid.pose(self._solid_pose[0][frame], self._solid_pose[1][frame])
        shadow = self._cast_shadow(frame, light)
        image, floor_depth = paint_ground(camera)

        fallen = centre - centre[:, 2:] / light[2] * light  # along the light to the floor
        shaded = self._image_part(camera, fallen, self._radius / light[2] + SOFTNESS)
        darkness = shadow.darkness(shaded.crop_camera(camera), shaded.of(floor_depth))
        shaded.of(image)[:] *= 1 - SHADE * darkness[..., None]

        occupied = self._image_part(camera, centre, self._radius)
        color, opacity = self._render_figures(frame, camera, occupied, light, shadow)
        region = occupied.of(image)
        region[:] = region * (1 - opacity[..., None]) + color
        return self._annotate((255 * image + 0.5).astype(np.uint8), frame)

    def _image_part(
        self, camera: ViewCamera, centre: Float[np.ndarray, "N 3"], radius: Float[np.ndarray, "N"]
    ) -> ImagePart:
        return ImagePart.full_image(camera) if self._shot.scenery else ImagePart.around_spheres(camera, centre, radius)

    def _cast_shadow(self, frame: int, light: Float[np.ndarray, "3"]) -> ShadowMap:
        centre = self._centre[frame]
        middle = (centre.min(axis=0) + centre.max(axis=0)) / 2
        reach = float((np.linalg.norm(centre - middle, axis=-1) + self._radius).max())
        return ShadowMap(self._solid, light, middle, max(reach, SCENERY_REACH) if self._shot.scenery else reach)

    def _render_figures(
        self, frame: int, camera: ViewCamera, part: ImagePart, light: Float[np.ndarray, "3"], shadow: ShadowMap
    ) -> tuple[Float[np.ndarray, "h w 3"], Float[np.ndarray, "h w"]]:
        """Return colour (times opacity) and opacity of everything above the floor, in a part of the image."""
        fine = part.crop_camera(camera, SCALE)
        floor_depth = ground_depth(fine)
        solid = _hide_below_floor(self._solid.render(fine, light), floor_depth)
        opacity = np.isfinite(solid.depth).astype(np.float32)
        darkness = enlarge(shadow.darkness(part.crop_camera(camera), shrink_depth(solid.depth)))
        color = solid.color * (opacity * (1 - SHADE * darkness))[..., None]
        if self._ghost_pose is not None:
            self._ghost.pose(self._ghost_pose[0][frame], self._ghost_pose[1][frame])
            ghost = _hide_below_floor(self._ghost.render(fine, light), floor_depth)
            seen = np.isfinite(ghost.depth)
            veil = np.zeros_like(opacity)
            veil[seen] = GHOST_OPACITY * np.clip((solid.depth[seen] - ghost.depth[seen]) / GHOST_LEAD, 0, 1)
            color += veil[..., None] * (ghost.color - color)
            opacity += veil * (1 - opacity)
        return shrink(color), shrink(opacity)

    def _annotate(self, image: UInt8[np.ndarray, "height width 3"], frame: int) -> UInt8[np.ndarray, "height width 3"]:
        shot = self._shot
        legend = [("left", _to_byte(LEFT)), ("right", _to_byte(RIGHT))]
        if self._ghost_pose is not None:
            legend.append(("reference", _to_byte(GHOST)))
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


def body_colors(shot: Shot) -> Float[np.ndarray, "G 3"]:
    """Return the colour of each shape of the body, RGB in 0-1. The left and right sides differ."""
    return np.array([_color(shot.body_names[geom.body]) for geom in shot.geoms])


def _color(body_name: str) -> tuple[float, float, float]:
    sides = {"left": LEFT, "right": RIGHT}
    return sides.get(body_name.split("_")[0], MIDDLE)


def _to_byte(color: tuple[float, float, float]) -> tuple[int, int, int]:
    red, green, blue = (round(255 * channel) for channel in color)
    return red, green, blue


def _light_direction(camera: ViewCamera) -> Float[np.ndarray, "3"]:
    """Return the direction to the light: above and behind the camera, on its left."""
    right, _, forward = camera.axes
    direction = np.array([0.0, 0.0, 1.5]) - 0.8 * right - 0.55 * forward
    return direction / np.linalg.norm(direction)


def _hide_below_floor(layer: Layer, floor_depth: Float[np.ndarray, "h w"]) -> Layer:
    """Return the layer without the parts that the floor hides."""
    return Layer(layer.color, np.where(layer.depth < floor_depth, layer.depth, np.float32(np.inf)))
