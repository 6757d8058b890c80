"""PyBullet's software renderer: from poses to colour and depth. It needs no screen and no GPU."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from diffphy.body.humanoid import Geom
from viz.bullet import pybullet
from viz.camera import FAR, NEAR, ViewCamera
from viz.errors import RenderError
from viz.geometry import to_mesh


class Layer(NamedTuple):
    """The result of one rendering pass.

    Attributes:
        color: RGB in 0-1.
        depth: Depth along the optical axis, m. Infinite where there is nothing.
    """

    color: Float[np.ndarray, "height width 3"]
    depth: Float[np.ndarray, "height width"]


class MeshRenderer:
    """Renders some shapes in their own PyBullet world. Use it in a `with` statement."""

    def __init__(self, geoms: Sequence[Geom], colors: Float[np.ndarray, "G 3"]):
        """Create the shapes, with RGB colours in 0-1.

        Raises:
            RenderError: PyBullet cannot be started or does not accept a shape.
        """
        try:
            self._client = pybullet.connect(pybullet.DIRECT)
            self._shapes = [self._add(geom, color) for geom, color in zip(geoms, colors, strict=True)]
        except pybullet.error as error:
            raise RenderError(f"PyBullet could not set up the scene to render: {error}") from error

    def __enter__(self) -> "MeshRenderer":
        return self

    def __exit__(self, *_) -> None:
        pybullet.disconnect(self._client)

    def _add(self, geom: Geom, color: Float[np.ndarray, "3"]) -> int:
        triangles = to_mesh(geom)
        visual = pybullet.createVisualShape(
            pybullet.GEOM_MESH,
            vertices=triangles.vertices.tolist(),
            indices=triangles.faces.ravel().tolist(),
            normals=triangles.vertex_normals.tolist(),
            rgbaColor=[*np.asarray(color, float).tolist(), 1.0],
            specularColor=[0.25, 0.25, 0.25],
            physicsClientId=self._client,
        )
        return pybullet.createMultiBody(baseVisualShapeIndex=visual, physicsClientId=self._client)

    def pose(self, position: Float[np.ndarray, "G 3"], rotation: Float[np.ndarray, "G 4"]) -> None:
        """Move the shapes to these world positions, m, and orientations, wxyz."""
        xyzw = np.roll(rotation, -1, axis=-1).tolist()
        for shape, place, turn in zip(self._shapes, position.tolist(), xyzw, strict=True):
            pybullet.resetBasePositionAndOrientation(shape, place, turn, physicsClientId=self._client)

    def render(self, camera: ViewCamera, light: Float[np.ndarray, "3"]) -> Layer:
        """Render the shapes with light from the direction `light`, without shadows."""
        width, height = camera.size
        _, _, rgba, buffer, shape = pybullet.getCameraImage(
            width,
            height,
            camera.view_matrix,
            camera.projection_matrix,
            lightDirection=light.tolist(),
            lightColor=[1, 1, 1],
            lightAmbientCoeff=0.55,
            lightDiffuseCoeff=0.55,
            lightSpecularCoeff=0.25,
            shadow=0,
            renderer=pybullet.ER_TINY_RENDERER,
            physicsClientId=self._client,
        )
        color = np.reshape(rgba, (height, width, 4))[..., :3].astype(np.float32) / 255
        buffer = np.reshape(buffer, (height, width))
        depth = FAR * NEAR / (FAR - (FAR - NEAR) * buffer)
        return Layer(color, np.where(np.reshape(shape, (height, width)) < 0, np.inf, depth).astype(np.float32))
