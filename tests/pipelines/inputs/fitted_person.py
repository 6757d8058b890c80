"""A person whose fit to a film is right, for tests of what is said of it."""

import jax.numpy as jnp
import numpy as np

from data.camera import from_field_of_view
from data.keypoints.clip import KeypointClip
from diffphy.film.body_points import BONES, POINTS
from diffphy.film.evidence import Prior
from diffphy.film.fit import FittedFilm
from diffphy.film.parameters import FilmFacts
from diffphy.film.phases import find_phase
from pipelines.inputs.film_fit import FittedPerson
from pipelines.inputs.seen_by_camera import SeenPerson
from tests.diffphy.film import mannequin

COUNT = 14
UP = np.array([0.0, 0.0, 1.0])


def fitted_person() -> FittedPerson:
    """Return a fit that is right."""
    world = mannequin.points(COUNT)
    view = mannequin.see(world, placed=True)
    film = FilmFacts(
        jnp.asarray(UP), 0.0, mannequin.STATURE, jnp.zeros(len(BONES)), jnp.zeros(1), jnp.zeros((1, 2)), jnp.zeros(1)
    )
    phase = find_phase(world, film, [view], mannequin.RATE, (), ground_known=True)
    sd = np.radians([0.5, 0.7])
    fit = FittedFilm(
        points=world,
        film=film,
        phase=phase,
        up_sd=sd,
        bodies_up=Prior(np.radians([1.0, -2.0]), np.radians([2.0, 3.0])),
        height_sd=0.05,
        stature_sd=0.01,
        zoom_sd=np.array([0.02]),
        root_sd=np.full(3, 0.05),
        costs={"bones": 10.0, "lifted": 5.0},
        steps=12,
        converged=True,
    )
    clip = KeypointClip("walk", mannequin.RATE, POINTS, np.asarray(view.ray), np.asarray(view.confidence))
    seen = SeenPerson(clip, from_field_of_view(60.0, (1280, 720)), POINTS, world)
    return FittedPerson(world, (seen,), (view,), fit, mannequin.STATURE, "given")
