import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from diffphy.physics import scene
from viz.geometry import to_mesh, world_poses
from viz.scenery import scene_shapes


def test_scene_objects_become_shapes_where_they_stand():
    tilt = (np.cos(0.2), 0.0, 0.0, np.sin(0.2))
    things = scene.ground().with_box((1.0, 2.0, 0.3), (0.5, 0.4, 0.3), tilt).with_sphere((0.0, 1.0, 0.2), 0.2)
    box, ball = scene_shapes(things)  # the floor is not among them
    assert (box.kind, ball.kind) == ("box", "sphere")
    assert box.body == ball.body == -1
    np.testing.assert_allclose(box.size, [0.5, 0.4, 0.3])
    np.testing.assert_allclose(box.position, [1.0, 2.0, 0.3])
    np.testing.assert_allclose(box.quat_wxyz, tilt)
    np.testing.assert_allclose([*ball.size, *ball.position], [0.2, 0.0, 1.0, 0.2])


@pytest.mark.parametrize("normal", [(0.3, -0.2, 0.9), (0.0, 0.0, 1.0), (1.0, 0.0, 0.0)])
def test_upper_face_of_a_slab_lies_in_the_plane(normal):
    point = np.array([0.2, 0.1, 0.4])
    (slab,) = scene_shapes(scene.empty().with_plane(normal, point.tolist()))
    (place,), (quat,) = (pose[0] for pose in world_poses([slab], np.zeros((1, 0, 3)), np.zeros((1, 0, 4))))
    corners = Rotation.from_quat(quat, scalar_first=True).apply(to_mesh(slab).vertices) + place
    unit = np.asarray(normal) / np.linalg.norm(normal)
    assert (corners @ unit).max() == pytest.approx(unit @ point, abs=1e-9)
