"""Distances to the scene's objects, against geometry done by hand, and scenes of traced numbers."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.spatial.transform import Rotation

from diffphy.arrays import AnyArray, Scalar
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


BUILDERS: dict[str, Callable[..., scenes.Scene]] = {
    "friction": lambda x: scenes.ground(friction=x),
    "friction without objects": lambda x: scenes.empty(friction=x),
    "height": lambda x: scenes.ground(height=x),
    "plane": lambda x: scenes.empty().with_plane((x, 0.0, 1.0), (0.0, 0.1, x)),
    "box": lambda x: scenes.ground().with_box((0.0, x, 0.1), (x, 0.2, 0.3), (1.0, x, 0.0, 0.0)),
    "sphere": lambda x: scenes.ground().with_sphere((0.0, x, 0.1), x),
    "stairs": lambda x: scenes.ground().with_stairs((0.1, x, 0.0), 3, depth=x, rise=2 * x, width=3 * x),
    "array": lambda x: scenes.empty().with_plane(x * jnp.ones(3), x * jnp.ones(3)).with_sphere(x * jnp.ones(3), 0.1),
}


@pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS)
def test_scenes_can_be_mapped_over_and_differentiated_by_every_number(build: Callable[..., scenes.Scene]) -> None:
    def leaves(number: Scalar) -> list[AnyArray]:
        return jax.tree.leaves(build(number))

    numbers, h = [0.2, 0.3, 0.5], 1e-6
    batch = jax.jit(jax.vmap(leaves))(jnp.array(numbers))
    for index, number in enumerate(numbers):
        for batched, single in zip(batch, leaves(number), strict=True):
            assert_allclose(batched[index], single, rtol=1e-12)
    derivative = jax.jacfwd(leaves)(jnp.array(0.3))
    for change, ahead, behind in zip(derivative, leaves(0.3 + h), leaves(0.3 - h), strict=True):
        assert_allclose(change, (ahead - behind) / (2 * h), atol=1e-8)
    assert max(np.max(np.abs(change), initial=0.0) for change in derivative) > 0.1


def test_objects_can_be_added_to_a_traced_scene() -> None:
    def add(scene: scenes.Scene) -> scenes.Scene:
        return scene.with_plane((0, 1, 0), (0, 0, 0)).with_box((0, 0, 0), (1, 1, 1)).with_sphere((1, 2, 3), 0.5)

    scene = scenes.ground().with_box((1, 2, 3), (1, 2, 1)).with_sphere((0, 0, 1), 0.2)
    for traced, plain in zip(*map(jax.tree.leaves, (jax.jit(add)(scene), add(scene))), strict=True):
        assert_allclose(traced, plain, rtol=1e-12)


def test_a_scene_of_plain_numbers_is_numpy_in_double_precision() -> None:
    scene = scenes.ground(0.3, 0.1).with_box((0, 0, 0), (1, 1, 1)).with_sphere((1, 2, 3), 1.0).with_stairs((0, 0, 0), 2)
    with jax.enable_x64(False):
        assert {(type(leaf), leaf.dtype) for leaf in jax.tree.leaves(scene)} == {(np.ndarray, np.dtype("float64"))}
