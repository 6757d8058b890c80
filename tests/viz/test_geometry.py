import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from diffphy.body.humanoid import Geom
from viz.geometry import bounding_radius, to_mesh, world_poses

IDENTITY = np.array([1.0, 0, 0, 0])
HALF_TURN_ABOUT_X = np.array([0.0, 1, 0, 0])


@pytest.mark.parametrize(
    ("kind", "size", "half_extents", "volume"),
    [
        ("sphere", [0.2], [0.2, 0.2, 0.2], 4 / 3 * np.pi * 0.2**3),
        ("capsule", [0.1, 0.3], [0.1, 0.1, 0.4], np.pi * 0.1**2 * (0.6 + 4 / 3 * 0.1)),
        ("box", [0.1, 0.2, 0.3], [0.1, 0.2, 0.3], 0.048),
        ("box", [0.1, 0.2, 0.005], [0.1, 0.2, 0.005], 0.0008),
    ],
)
def test_mesh_has_the_shape_of_the_geom(kind, size, half_extents, volume):
    geom = Geom(0, kind, np.array(size), np.zeros(3), IDENTITY)
    triangles = to_mesh(geom)
    np.testing.assert_allclose(triangles.bounds, [np.negative(half_extents), half_extents], atol=0.002)
    assert triangles.volume == pytest.approx(volume, rel=0.05)  # faces are chords of the round parts
    assert triangles.is_watertight
    assert np.linalg.norm(triangles.vertices, axis=-1).max() <= bounding_radius(geom) + 1e-9


def test_world_poses_compose_body_and_geom_and_leave_the_world_alone():
    quarter = Rotation.from_rotvec([0, 0, np.pi / 2]).as_quat(scalar_first=True)
    geoms = [
        Geom(1, "sphere", np.ones(1), np.array([1.0, 0, 0]), HALF_TURN_ABOUT_X),
        Geom(-1, "sphere", np.ones(1), np.array([5.0, 6, 7]), quarter),
    ]
    body_position = np.array([[[9.0, 9, 9], [1.0, 2, 3]]])
    body_rotation = np.stack([IDENTITY, quarter])[None]
    position, rotation = world_poses(geoms, body_position, body_rotation)
    np.testing.assert_allclose(position[0], [[1, 3, 3], [5, 6, 7]], atol=1e-12)
    expected = Rotation.from_rotvec([0, 0, np.pi / 2]) * Rotation.from_rotvec([np.pi, 0, 0])
    turn = Rotation.from_quat(rotation[0, 0], scalar_first=True)
    assert (expected.inv() * turn).magnitude() == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(rotation[0, 1], quarter, atol=1e-12)
