"""Distances to the scene's objects, against geometry done by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.spatial.transform import Rotation

from diffphy.physics import scene as scenes

pytestmark = pytest.mark.usefixtures("float64")

distance = jax.jit(scenes.signed_distance)


def test_level_ground_and_slope() -> None:
    slope = np.array([np.sin(0.3), 0.0, np.cos(0.3)])
    scene = scenes.ground(height=0.2).with_plane(5 * slope, (1.0, 2.0, 3.0))
    point = np.array([[0.0, 0.0, 0.5], [1.0, 7.0, 3.0], *(np.array([[1.0, 2.0, 3.0]]) - 0.4 * slope)])
    gap, normal = distance(scene, jnp.asarray(point))
    assert_allclose(gap[0], point[:, 2] - 0.2)
    assert_allclose(gap[1, 1:], [0.0, -0.4], atol=1e-12)
    assert_allclose(normal[0], np.tile([0.0, 0.0, 1.0], (3, 1)))
    assert_allclose(normal[1], np.tile(slope, (3, 1)))


def test_sphere_inside_outside_and_center() -> None:
    scene = scenes.empty().with_sphere((1.0, 0.0, 0.0), 0.5)
    gap, normal = distance(scene, jnp.array([[1.0, 2.0, 0.0], [1.2, 0.0, 0.0], [1.0, 0.0, 0.0]]))
    assert_allclose(gap[0], [1.5, -0.3, -0.5], atol=1e-5)
    assert_allclose(normal[0, :2], [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    gradient = jax.jit(jax.grad(lambda p: distance(scene, p)[0].sum()))(jnp.array([[1.0, 0.0, 0.0]]))
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize(
    ("point", "gap", "normal"),
    [
        ((3.0, 0.5, 0.2), 2.0, (1.0, 0.0, 0.0)),  # beyond a face
        ((1.3, 2.4, 0.0), 0.5, (0.6, 0.8, 0.0)),  # beyond an edge
        ((-2.0, -3.0, 4.0), np.sqrt(3.0), (-(3**-0.5), -(3**-0.5), 3**-0.5)),  # beyond a corner
        ((0.9, 0.0, 0.0), -0.1, (1.0, 0.0, 0.0)),  # inside
        ((0.0, 0.3, -2.8), -0.2, (0.0, 0.0, -1.0)),
    ],
)
@pytest.mark.parametrize("turn", [Rotation.identity(), Rotation.from_rotvec([0.3, -1.0, 2.0])])
def test_box(point: tuple, gap: float, normal: tuple, turn: Rotation) -> None:
    center = np.array([0.5, -1.0, 2.0])
    scene = scenes.empty().with_box(center, (1.0, 2.0, 3.0), turn.as_quat(scalar_first=True))
    ours = distance(scene, jnp.asarray(turn.apply(point) + center)[None])
    assert_allclose(ours[0][0, 0], gap, atol=1e-12)
    assert_allclose(ours[1][0, 0], turn.apply(normal), atol=1e-12)


def test_the_normal_is_the_gradient_of_the_distance() -> None:
    scene = (
        scenes.ground()
        .with_box((0.3, 0.1, 0.0), (0.5, 0.4, 0.3), (0.8, 0.1, -0.5, 0.3))
        .with_sphere((-0.2, 0.0, 0.4), 0.6)
    )
    point = jnp.asarray(np.random.default_rng(0).normal(size=(40, 3)))
    gradient = jax.jit(jax.vmap(jax.jacfwd(lambda p: distance(scene, p[None])[0][:, 0])))(point)
    normal = distance(scene, point)[1]
    assert_allclose(jnp.swapaxes(gradient, 0, 1), normal, atol=1e-12)
    assert_allclose(jnp.linalg.norm(normal, axis=-1), 1.0, rtol=1e-12)


def test_stairs_rise_from_their_first_edge() -> None:
    scene = scenes.empty().with_stairs((1.0, 0.0, 0.1), steps=3, depth=0.3, rise=0.2)
    above = np.array([[1.15, 0.0, 0.34], [1.45, 0.5, 0.54], [1.75, -0.9, 0.74]])
    gap = distance(scene, jnp.asarray(above))[0].min(axis=0)
    assert_allclose(gap, 0.04, atol=1e-12)
    assert distance(scene, jnp.array([[0.9, 0.0, 0.2]]))[0].min() == pytest.approx(0.1)
    assert distance(scene, jnp.array([[2.0, 0.0, 0.2]]))[0].min() == pytest.approx(0.1)


def test_an_empty_scene_has_no_objects() -> None:
    gap, normal = distance(scenes.empty(), jnp.zeros((4, 3)))
    assert gap.shape == (0, 4)
    assert normal.shape == (0, 4, 3)


def test_friction_and_objects_follow_the_type() -> None:
    scene = scenes.ground(friction=0.3).with_box((0, 0, 0), (1, 1, 1)).astype(jnp.float32)
    assert {leaf.dtype for leaf in jax.tree.leaves(scene)} == {jnp.dtype("float32")}
    assert float(scene.friction) == pytest.approx(0.3)
