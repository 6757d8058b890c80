"""The ground can only push: the zero moment point lies between the soles.

Source: Vukobratovic and Borovac, Zero-moment point, 2004; each point of the body is a mass without a size. This tells
which way is up: a body that stands still would fall if gravity pulled it to where it has no support.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from diffphy.film.body_points import SOLES
from diffphy.film.terms.moment import Moment
from diffphy.physics.dynamics import GRAVITY

_MIDDLE = np.array([0.55, 0.45])  # of heel and toe: the middle of a sole lies nearer to the heel
REACH = 0.05  # m: so far from the line between the soles' middles the ground can push
LIGHT = 0.3  # of the weight: below it the zero moment point is not defined well
STANDS = 0.3  # how surely a foot must stand to count
SHIFTED = 0.15  # m: who stands farther from the middle between both soles has shifted the weight on purpose
HELD = 0.12  # m: a body that is out of balance by more is held by something else, such as a seat


def balance(moment: Moment) -> tuple[Float[Array, "1 2"], Float[Array, "1"]]:
    """Return how far the zero moment point is from the line between the soles that stand, beyond `REACH`."""
    left, right = _soles(moment)
    on_left, on_right = _standing(moment)
    along = right - left
    point = _zero_moment_point(moment)
    share = jnp.clip(jnp.sum((point - left) * along) / jnp.maximum(jnp.sum(along**2), 1e-4), 0.0, 1.0)
    share = jnp.where((on_left < STANDS) & (on_right >= STANDS), 1.0, share)
    share = jnp.where((on_right < STANDS) & (on_left >= STANDS), 0.0, share)
    away = moment.over_ground @ (point - left - share * along)
    distance = jnp.sqrt(jnp.sum(away**2) + 1e-8)
    outside = away * jnp.maximum(distance - REACH, 0.0) / distance
    return (outside / moment.spread.balance)[None], jnp.maximum(on_left, on_right)[None]


def load(moment: Moment) -> tuple[Float[Array, "1 1"], Float[Array, "1"]]:
    """Return how far the zero moment point is from the middle between the soles of a person who stands on both.

    A person who stands still on both feet loads them evenly.
    """
    left, right = _soles(moment)
    along = moment.over_ground @ (right - left)
    along = along / jnp.sqrt(jnp.sum(along**2) + 1e-6)
    off = along @ moment.over_ground @ (_zero_moment_point(moment) - (left + right) / 2)
    return (off / moment.spread.load)[None, None], jnp.asarray(moment.phase.even)[None]


def _zero_moment_point(moment: Moment) -> Float[Array, "3"]:
    """Return the point on the ground about which the forces on all points have no horizontal moment, m."""
    gravity = -GRAVITY[2]
    force = moment.mass_shares[:, None] * (moment.acceleration + gravity * moment.film.up[None])
    upward = force @ moment.film.up
    center = moment.center_of_mass
    # A light body has next to no force, and its zero moment point is anywhere.
    total = jnp.maximum(jnp.sum(upward), LIGHT * gravity)
    return center + (upward @ (moment.now - center[None]) - moment.height(moment.now) @ force) / total


def _soles(moment: Moment) -> tuple[Float[Array, "3"], Float[Array, "3"]]:
    """Return the middles of both soles, m."""
    heels_and_toes = moment.now[jnp.array(SOLES)].reshape(2, 2, 3)
    left, right = jnp.einsum("e,esi->si", _MIDDLE, heels_and_toes)
    return left, right


def _standing(moment: Moment) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Return how surely each foot stands."""
    heels_and_toes = moment.phase.stands.reshape(2, 2)
    left, right = heels_and_toes.max(axis=0)
    return left, right
