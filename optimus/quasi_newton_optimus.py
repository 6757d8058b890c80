"""Optimus that starts from what is known: a profile of curvature in time, and the memory of a quasi-Newton method.

The parameters are an array over frames, joints and coordinates, such as the control of a simulated body. Each pair of
frame and joint is a token. Encoders attend along one axis at a time: over the frames of a joint, then over the joints
of a frame (Ho et al., Axial attention in multidimensional Transformers, 2019). As in Optimus, they predict rank-one
terms of the preconditioner B (Gaertner et al., Transformer-Based Learned Optimization, CVPR 2023), and a change of the
step. Here B is the inverse Hessian of L-BFGS plus these terms.
"""

import math
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float, Int, Key, PyTree

from optimus.layers import init_linear, linear
from optimus.limited_memory import LimitedMemory
from optimus.objective import OptimusError
from optimus.transformer import Encoder

_VECTORS = 6  # that a token sees of each of its coordinates
_SCALARS = 8  # that all tokens see
_STEEPER = 5.0  # a task's steep directions beside its mean curvature
_DAMPING = (0.027, 0.27)  # at the end and at first, over the largest curvature
_FIRST_STEP = 0.3  # of the preconditioned gradient: nothing is known of the curvature of this task yet


class QuasiNewtonState(NamedTuple):
    """What it keeps from step to step.

    Attributes:
        memory: Steps and changes of the gradient.
        terms: Rank-one terms that were predicted.
        best_x: The best point so far, from which steps are made; zero at first.
        best_gradient: The gradient there.
        best_value: The loss there; infinite at first.
        last_step: The step that led to the best point.
        last_change: How the gradient changed over it.
        last_slopes: Slope along the step at its end over that at its start; see `_scalars`.
        last_fall: Logarithm of the loss after the step over that before it.
        first_x: The start.
        first_size: Length of the first gradient.
        refused: Number of steps since the last that lowered the loss.
        step: Number of gradients seen.
    """

    memory: LimitedMemory
    terms: Float[Array, "K N"]
    best_x: Float[Array, " N"]
    best_gradient: Float[Array, " N"]
    best_value: Float[Array, ""]
    last_step: Float[Array, " N"]
    last_change: Float[Array, " N"]
    last_slopes: Float[Array, ""]
    last_fall: Float[Array, ""]
    first_x: Float[Array, " N"]
    first_size: Float[Array, ""]
    refused: Int[Array, ""]
    step: Int[Array, ""]


@dataclass(frozen=True)
class QuasiNewtonOptimus:
    """Changes x by -B g plus a predicted step.

    Attributes:
        frames: Size of the first axis of the parameters.
        joints: Size of the second.
        coordinates: Size of the third.
        width: Of the tokens.
        encoders: Number of pairs of encoders, one along frames and one along joints.
        heads: Of the attention.
        feed_forward: Width of the encoders' hidden layers.
        terms: Number of rank-one terms that a step predicts.
        capacity: Number of steps that are kept.
        variant: "full", or one that lacks a part, for ablations. "no_terms" predicts no rank-one terms. In
            "no_attention" every token attends to itself alone. "no_steps_back" goes on from a step that did not lower
            the loss.

    Raises:
        OptimusError: The width is no multiple of the heads.
    """

    frames: int = 18
    joints: int = 19
    coordinates: int = 3
    width: int = 32
    encoders: int = 1
    heads: int = 4
    feed_forward: int = 64
    terms: int = 2
    capacity: int = 16
    variant: Literal["full", "no_terms", "no_attention", "no_steps_back"] = "full"

    def __post_init__(self) -> None:
        if self.width % self.heads:
            raise OptimusError(f"a width of {self.width} is no multiple of {self.heads} heads: change one of them")

    @property
    def dimension(self) -> int:
        """Number of parameters."""
        return self.frames * self.joints * self.coordinates

    def init(self, key: Key[Array, ""]) -> dict[str, Any]:
        """Draw new meta-parameters. Steps are nearly those of L-BFGS with unit initial inverse Hessian."""
        keys = iter(jax.random.split(key, 5 + 2 * self.encoders))
        vectors, width = _VECTORS * self.coordinates, self.width
        out = init_linear(next(keys), width, vectors + self.coordinates)
        terms = init_linear(next(keys), width, self.terms * self.coordinates)
        return {
            "profile": {
                "basis": jnp.eye(self.frames, dtype=jnp.float32),
                "log_curvature": jnp.zeros(self.frames, jnp.float32),
                "log_damping": jnp.array([math.log(1e-3), math.log(1e-3)], jnp.float32),  # at the end, at the start
                "log_first_step": jnp.asarray(math.log(_FIRST_STEP), jnp.float32),
            },
            "embedding": init_linear(next(keys), vectors + _SCALARS, width),
            "frame": 0.3 * jax.random.normal(next(keys), (self.frames, width), jnp.float32),
            "joint": 0.3 * jax.random.normal(next(keys), (self.joints, width), jnp.float32),
            "along_frames": [self._encoder.init(next(keys)) for _ in range(self.encoders)],
            "along_joints": [self._encoder.init(next(keys)) for _ in range(self.encoders)],
            "step": {**out, "weight": 0.02 * out["weight"]},
            "terms": {**terms, "weight": 0.1 * terms["weight"]},
            "log_term_size": jnp.full(self.terms, -3.0, jnp.float32),
        }

    def start(self, params: PyTree) -> QuasiNewtonState:
        """Return the state before the first gradient.

        Raises:
            OptimusError: The parameters are no array of the model's frames, joints and coordinates.
        """
        shapes = [jnp.shape(leaf) for leaf in jax.tree.leaves(params)]
        wanted = (self.frames, self.joints, self.coordinates)
        if sum(math.prod(shape) for shape in shapes) != self.dimension:
            raise OptimusError(
                f"the model is for parameters of shape {wanted}, not {', '.join(map(str, shapes))}: "
                "set its frames, joints and coordinates, or use another optimizer, such as lbfgs"
            )
        nothing, zero = jnp.zeros(self.dimension, jnp.float32), jnp.zeros((), jnp.float32)
        return QuasiNewtonState(
            memory=LimitedMemory.empty(self.dimension, self.capacity),
            terms=jnp.zeros((self.capacity * self.terms, self.dimension), jnp.float32),
            best_x=nothing,
            best_gradient=nothing,
            best_value=jnp.asarray(jnp.inf, jnp.float32),
            last_step=nothing,
            last_change=nothing,
            last_slopes=zero,
            last_fall=zero,
            first_x=nothing,
            first_size=zero,
            refused=jnp.zeros((), jnp.int32),
            step=jnp.zeros((), jnp.int32),
        )

    def update(
        self,
        params: dict[str, Any],
        state: QuasiNewtonState,
        gradient: Float[Array, " N"],
        x: Float[Array, " N"],
        value: Float[Array, ""] | None = None,
    ) -> tuple[Float[Array, " N"], QuasiNewtonState]:
        """Return the change of x, and the next state.

        A step that did not lower the loss is taken back: the next one starts from the best point, is half as long, and
        knows the curvature that the refused one met. Without `value` every step counts as good.

        What came before this step has no derivative: a step is trained for what it does, not for what it tells the
        memory. Derivatives through the memory grow without bound. The profile is measured, not trained: what pays in a
        single step is not what pays in L-BFGS.
        """
        state, gradient, here, value = lax.stop_gradient((state, gradient, x, value))
        params = params | {"profile": lax.stop_gradient(params["profile"])}
        state = self._remember(state, gradient, here, value)
        gradient, is_first = state.best_gradient, state.memory.next == 0
        profile = Profile.at_step(params["profile"], state.step, self.joints * self.coordinates)
        direction = state.memory.apply(gradient, profile.apply)
        size = _root_mean_square(direction)
        seen, sizes = _unit_rows(
            jnp.stack(
                [
                    direction,
                    profile.apply(gradient),
                    profile.diagonal * gradient,
                    state.last_step,
                    profile.apply(state.last_change),
                    state.best_x - state.first_x,
                ]
            )
        )
        tokens = self._encode(params, seen, self._scalars(state, sizes / size))
        predicted = self._vectors(linear(params["step"], tokens), _VECTORS + 1)
        new = self._vectors(linear(params["terms"], tokens), self.terms) * jnp.sqrt(profile.diagonal)[None]
        new = new * jnp.exp(params["log_term_size"])[:, None]
        slot = self.terms * (state.step % self.capacity)
        terms = lax.dynamic_update_slice(state.terms, new, (slot, 0))
        step = direction if self.variant == "no_terms" else direction + (terms @ gradient) @ terms
        step = step * (1.0 + predicted[0]) + size * (jnp.sum(predicted[1:-1] * seen[1:], axis=0) + 0.3 * predicted[-1])
        step = step * jnp.where(is_first, jnp.exp(params["profile"]["log_first_step"]), 1.0) * 0.5**state.refused
        return state.best_x - step - x, state._replace(terms=terms, step=state.step + 1)

    @property
    def _encoder(self) -> Encoder:
        return Encoder(self.width, self.heads, self.feed_forward)

    def _remember(
        self,
        state: QuasiNewtonState,
        gradient: Float[Array, " N"],
        x: Float[Array, " N"],
        value: Float[Array, ""] | None,
    ) -> QuasiNewtonState:
        """Return the state that knows the loss and the gradient at x."""
        is_start = state.step == 0
        finite = jnp.all(jnp.isfinite(gradient))
        gradient = jnp.where(finite, gradient, 0.0)
        known = state.best_value if value is None else value
        goes_on = value is None or self.variant == "no_steps_back"
        better = finite & (jnp.asarray(goes_on) | (known < state.best_value))
        step, change = x - state.best_x, gradient - state.best_gradient
        memory = jax.tree.map(
            lambda new, old: jnp.where(is_start | ~finite, old, new), state.memory.add(step, change), state.memory
        )
        slopes = jnp.dot(gradient, step) / jnp.minimum(jnp.dot(state.best_gradient, step), -1e-20)
        fall = jnp.log(jnp.maximum(known, 1e-20) / jnp.maximum(state.best_value, 1e-20))
        after = state._replace(
            best_x=x,
            best_gradient=gradient,
            best_value=known,
            last_step=jnp.where(is_start, 0.0, step),
            last_change=jnp.where(is_start, 0.0, change),
            last_slopes=jnp.where(is_start, 1.0, jnp.clip(slopes, -2.0, 2.0)),
            last_fall=jnp.where(is_start | ~jnp.isfinite(fall), 0.0, fall),
            first_x=jnp.where(is_start, x, state.first_x),
            first_size=jnp.where(is_start, jnp.linalg.norm(gradient), state.first_size),
            refused=jnp.zeros_like(state.refused),
        )
        refused = state._replace(refused=state.refused + 1)
        chosen = jax.tree.map(lambda new, old: jnp.where(better | is_start, new, old), after, refused)
        return chosen._replace(memory=memory)

    def _scalars(self, state: QuasiNewtonState, sizes: Float[Array, " V"]) -> Float[Array, " S"]:
        """Return what all tokens see: sizes relative to the direction, and how the last step went.

        Its slopes are 0 after a step to the minimum along it, 1 after one that was far too short, and below 0 after one
        that was too long.
        """
        fall = jnp.linalg.norm(state.best_gradient) / jnp.maximum(state.first_size, 1e-20)
        logarithms = jnp.log(jnp.stack([*sizes[jnp.array([1, 3, 4, 5])], fall]) + 1e-8)
        rest = jnp.stack([state.last_slopes, state.last_fall, state.refused.astype(jnp.float32)])
        return jnp.concatenate([0.5 * jnp.clip(logarithms, -4.0, 4.0), jnp.clip(rest, -4.0, 4.0)])

    def _encode(
        self, params: dict[str, Any], vectors: Float[Array, "V N"], scalars: Float[Array, " S"]
    ) -> Float[Array, "T D"]:
        """Return the encoded tokens."""
        grid = (self.frames, self.joints)
        own = vectors.reshape(len(vectors), *grid, self.coordinates).transpose(1, 2, 0, 3).reshape(*grid, -1)
        rows = jnp.concatenate([own, jnp.broadcast_to(scalars, (*grid, len(scalars)))], axis=-1)
        rows = jax.vmap(partial(linear, params["embedding"]))(rows)
        rows = rows + params["frame"][:, None] + params["joint"][None]
        for along_frames, along_joints in zip(params["along_frames"], params["along_joints"], strict=True):
            if self.variant == "no_attention":
                alone = rows.reshape(-1, 1, self.width)
                alone = jax.vmap(partial(self._encoder, along_frames))(alone)
                rows = jax.vmap(partial(self._encoder, along_joints))(alone).reshape(rows.shape)
                continue
            rows = jax.vmap(partial(self._encoder, along_frames), in_axes=1, out_axes=1)(rows)
            rows = jax.vmap(partial(self._encoder, along_joints))(rows)
        return jax.nn.standardize(rows, epsilon=1e-5).reshape(-1, self.width)

    def _vectors(self, tokens: Float[Array, "T C"], count: int) -> Float[Array, "count N"]:
        """Return vectors of parameters from what the tokens say."""
        return tokens.reshape(-1, count, self.coordinates).transpose(1, 0, 2).reshape(count, -1)


class Profile(NamedTuple):
    """An initial inverse Hessian: one matrix in time, the same for every joint and coordinate.

    Attributes:
        basis: Columns are modes in time.
        weights: Inverse of each mode's curvature plus the damping.
        damping: What is added to every curvature.
        diagonal: Diagonal of the inverse Hessian.
    """

    basis: Float[Array, "F F"]
    weights: Float[Array, " F"]
    damping: Float[Array, ""]
    diagonal: Float[Array, " N"]

    @classmethod
    def at_step(cls, params: dict[str, Any], step: Int[Array, ""], others: int) -> "Profile":
        """Return the profile of a step. The damping falls from its first value to its last, by a tenth a step.

        Args:
            params: Meta-parameters.
            step: Number of steps before.
            others: Number of parameters in a frame.
        """
        last, first = jnp.exp(params["log_damping"])
        damping = jnp.maximum(last, first * 0.9**step)
        weights = 1.0 / (jnp.exp(params["log_curvature"]) + damping)
        diagonal = jnp.sum(params["basis"] ** 2 * weights[None], axis=1)
        return cls(params["basis"], weights, damping, jnp.repeat(diagonal, others))

    def apply(self, vector: Float[Array, " N"]) -> Float[Array, " N"]:
        """Return the inverse Hessian times a vector."""
        rows = vector.reshape(len(self.weights), -1)
        return (self.basis @ (self.weights[:, None] * (self.basis.T @ rows))).ravel()


def profile_from_curvature(curvature: Float[np.ndarray, "F F"]) -> dict[str, Any]:
    """Return the meta-parameters of a profile: the inverse of a Hessian between frames, damped.

    The mean over joints and coordinates is flatter than the steep directions of a task. So it counts several times, and
    the damping is strong at first.

    Args:
        curvature: The Hessian of a usual task, mean over joints and coordinates.
    """
    values, basis = np.linalg.eigh(curvature)
    values = _STEEPER * np.maximum(values, 1e-3 * values[-1])
    damping = values[-1] * np.array(_DAMPING)
    return {
        "basis": jnp.asarray(basis, jnp.float32),
        "log_curvature": jnp.asarray(np.log(values), jnp.float32),
        "log_damping": jnp.asarray(np.log(damping), jnp.float32),
        "log_first_step": jnp.asarray(math.log(_FIRST_STEP), jnp.float32),
    }


def _root_mean_square(vector: Float[Array, " N"]) -> Float[Array, ""]:
    return jnp.sqrt(jnp.mean(vector**2) + 1e-20)


def _unit_rows(rows: Float[Array, "V N"]) -> tuple[Float[Array, "V N"], Float[Array, " V"]]:
    """Return the rows over their root mean squares, and these."""
    sizes = jax.vmap(_root_mean_square)(rows)
    return rows / jnp.maximum(sizes, 1e-8)[:, None], sizes
