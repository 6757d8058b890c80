"""What a run says of the fit of a film."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from data.camera import Held
from data.rotations import to_wxyz
from pipelines.inputs.film_fit import FittedPerson
from pipelines.inputs.film_notes import describe_fit
from tests.pipelines.inputs.fitted_person import fitted_person


def filmed_from(height: float, held: Held | None = None) -> FittedPerson:
    """Return a person before a camera at a height, m, that looks down by 10 degrees."""
    fitted = fitted_person()
    level = Rotation.from_matrix([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
    turn = Rotation.from_euler("x", 10.0, degrees=True) * level
    (seen,) = fitted.seen
    place = {"rotation": to_wxyz(turn), "translation": -turn.apply([0.0, 0.0, height])}
    return replace(fitted, seen=(replace(seen, camera=replace(seen.camera, held=held or Held(), **place)),))


@pytest.mark.parametrize(("height", "where"), [(1.5, "1.50 m below"), (-0.49, "0.49 m above")])
def test_the_ground_is_below_or_above_the_camera(height: float, where: str) -> None:
    (ground,) = describe_fit(filmed_from(height), None)
    assert ground == (
        f"ground: {where} the camera, found from the feet, known to 0.05 m; the camera looks down by 10 degrees, found "
        "from the person's balance"
    )


def test_what_nothing_measured_is_assumed_and_what_was_given_is_given() -> None:
    found = filmed_from(1.5)
    in_air = replace(found, fit=replace(found.fit, phase=replace(found.fit.phase, stands=0 * found.fit.phase.stands)))
    unseen = replace(found, views=(replace(found.views[0], confidence=0 * found.views[0].confidence),))
    for case in (in_air, unseen):
        (ground,) = describe_fit(case, None)
        assert "below the camera, assumed, for no foot is seen to stand" in ground
    (ground,) = describe_fit(filmed_from(1.5, Held(pitch=-0.17, height=1.5)), None)
    assert "below the camera, as given; the camera" in ground
    assert ground.endswith("found from the given pitch and the person's balance")


def test_a_lens_that_the_fit_corrected_is_said_with_its_value() -> None:
    """The camera has the corrected focal length already: its field of view is what --fov takes."""
    fitted = filmed_from(1.5)
    zoomed = replace(fitted, fit=replace(fitted.fit, film=replace(fitted.fit.film, zoom=jnp.array([np.log(1.031)]))))
    lens, _ = describe_fit(zoomed, None)
    assert lens == (
        "lens: field of view 60.0 degrees, focal length 1109 pixels, 3.1 % longer than it was taken to be, as the "
        "person fits it; known to 2 %"
    )
