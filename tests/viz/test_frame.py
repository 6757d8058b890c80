from dataclasses import replace

import numpy as np
import pytest

from diffphy.body.humanoid import Geom
from tests.viz.stick_figure import NAMES, WEIGHT, walk
from viz import RenderError, Shot, render_frame
from viz.arrows import LENGTH, net_forces
from viz.frame import FramePainter
from viz.geometry import world_poses
from viz.ground import DARK_TILE, LIGHT_TILE, ground_depth, paint_ground

SIZE = (400, 300)


def look(shot: Shot, points, frame: int = 0) -> np.ndarray:
    """Colours, 0-255, of the pixels in which a frame shows these world points."""
    with FramePainter(shot, SIZE) as painter:
        pixels, _ = painter.cameras[frame].project(np.asarray(points, float))
        columns, rows = np.floor(pixels).astype(int).T
        return painter.paint(frame)[rows, columns].astype(int)


def centres(shot: Shot, *names: str) -> np.ndarray:
    position, _ = world_poses(shot.geoms, shot.position, shot.rotation)
    return position[0, [NAMES.index(name) for name in names]]


def test_body_stands_where_the_camera_projects_it_in_the_colours_of_its_sides(shot):
    left = look(shot, centres(shot, "left_thigh", "left_shank", "left_forearm", "left_foot"))
    assert (left[:, 2] - left[:, 0] > 40).all()  # blue
    right = look(shot, centres(shot, "right_shank", "right_foot"))
    assert (right[:, 0] - right[:, 2] > 40).all()  # orange
    trunk = look(shot, centres(shot, "head", "thorax"))
    assert (np.ptp(trunk, axis=1) < 40).all()  # grey
    assert (trunk.max(axis=1) < 200).all()  # not the bright background


def test_ghost_is_green_beside_the_body_and_lets_the_floor_through(shot):
    aside = shot.position + np.array([0.0, 1.5, 0.0])
    both = replace(shot, reference_position=aside, reference_rotation=shot.rotation)
    at_ghost = centres(both, "thorax", "left_thigh") + np.array([0.0, 1.5, 0.0])
    ghost = look(both, at_ghost)
    assert (ghost[:, 1] - ghost[:, 0] > 20).all()
    assert (ghost.min(axis=1) > 100).all()  # translucent: brighter than its own solid colour
    body = look(both, centres(both, "left_thigh"))[0]
    assert body[2] - body[0] > 40


def test_ghost_inside_the_body_changes_nothing(shot):
    alone = render_frame(shot, size=SIZE)
    both = replace(shot, reference_position=shot.position, reference_rotation=shot.rotation)
    together = render_frame(both, size=SIZE)
    above_legend = slice(0, 270)
    np.testing.assert_allclose(alone[above_legend].astype(int), together[above_legend], atol=2)


def test_force_arrow_has_its_length_and_place_and_no_force_has_no_arrow(shot):
    start = np.array([0.1, 0.4, 0.15])
    position = np.tile(start, (10, 1, 1))
    force = np.tile([0.0, 0.0, 1.5 * WEIGHT], (10, 1, 1))
    pushed = replace(shot, contact_position=position, contact_force=force)
    idle = replace(pushed, contact_force=0 * force)
    share = np.array([0.1, 0.5, 0.95, -0.1, 1.1])
    points = start + share[:, None] * [0, 0, 1.5 * LENGTH]
    with_force, without = look(pushed, points), look(idle, points)
    assert (with_force[:3, 0] - with_force[:3, 1] > 120).all()  # red
    np.testing.assert_array_equal(with_force[3:], without[3:])
    np.testing.assert_array_equal(render_frame(idle, size=SIZE)[:270], render_frame(shot, size=SIZE)[:270])


def test_net_force_of_a_group_acts_at_its_centre_of_pressure():
    position = np.array([[0.0, 0, 0], [1.0, 0, 0], [5.0, 5, 0]])
    force = np.array([[0.0, 0, 100], [0.0, 0, 300], [0.0, 0, 0]])
    centre, total = net_forces(position, force, [7, 7, 2])
    np.testing.assert_allclose(total, [[0, 0, 0], [0, 0, 400]])
    np.testing.assert_allclose(centre, [[5, 5, 0], [0.75, 0, 0]], atol=1e-9)


def test_body_throws_a_shadow_on_the_floor(shot):
    with FramePainter(shot, SIZE) as painter:
        camera, picture = painter.cameras[0], painter.paint(0)
    empty = paint_ground(camera).color
    darker = picture[:270] < 200 * empty[:270]
    bare = np.isfinite(ground_depth(camera))[:270] & (np.ptp(picture[:270].astype(int), axis=-1) < 15)
    assert (darker.all(axis=-1) & bare).sum() > 200


def test_scenery_is_drawn(shot):
    place = np.array([0.3, 0.8, 0.3])
    box = Geom(-1, "box", np.array([0.2, 0.2, 0.3]), place, np.array([1.0, 0, 0, 0]))
    color = look(replace(shot, scenery=(box,)), [place])[0]
    assert color[0] > color[2] + 8  # sand, where floor and sky are bluish


def test_error_and_time_are_written(shot):
    plain = render_frame(shot, 3, size=SIZE)
    with_error = render_frame(replace(shot, error_mm=np.full(10, 12.0)), 3, size=SIZE)
    rows, columns = np.nonzero((plain != with_error).any(axis=-1))
    assert len(rows) > 50
    assert rows.max() < 40
    assert columns.min() > 40  # behind the time, which stays


def test_floor_has_half_metre_tiles_that_blend_far_away(shot):
    with FramePainter(shot, SIZE) as painter:
        camera = painter.cameras[0]
    floor = paint_ground(camera)
    corner = np.round(camera.target[:2])
    tiles = np.array([*corner, 0.0]) + np.array([[0.25, 0.25, 0], [0.75, 0.25, 0]])
    light, dark = camera.project(tiles)[0].astype(int)
    np.testing.assert_allclose(floor.color[light[1], light[0]], LIGHT_TILE, atol=0.02)
    np.testing.assert_allclose(floor.color[dark[1], dark[0]], DARK_TILE, atol=0.02)
    points = camera.eye + camera.rays()[-1] * floor.depth[-1][:, None]
    np.testing.assert_allclose(points[:, 2], 0, atol=1e-5)
    assert np.isinf(floor.depth[0]).all()


def test_arrays_of_the_wrong_shape_or_not_finite_are_named(shot):
    with pytest.raises(RenderError, match=r"rotation has shape \(9, 20, 4\) where \(10, 20, 4\) is needed"):
        replace(shot, rotation=shot.rotation[1:])
    broken = shot.position.copy()
    broken[4, 2, 1] = np.nan
    with pytest.raises(RenderError, match="position is not finite in frame 4"):
        replace(shot, position=broken)
    with pytest.raises(RenderError, match="reference_position and reference_rotation go together"):
        replace(shot, reference_position=shot.position)
    with pytest.raises(RenderError, match="contact_position has shape"):
        replace(shot, contact_force=np.zeros((10, 3, 3)), contact_position=np.zeros((10, 2, 3)))
    with pytest.raises(RenderError, match="at least one frame"):
        replace(shot, fps=0.0)
    with pytest.raises(RenderError, match="frames 0 to 9"):
        render_frame(shot, 10)


def test_person_far_from_the_origin_looks_the_same(shot):
    position, rotation = walk(10, 30.0)
    far = replace(shot, position=position + np.array([40.0, -30.0, 0.0]), rotation=rotation)
    np.testing.assert_allclose(render_frame(far, size=SIZE).astype(int), render_frame(shot, size=SIZE), atol=60)
