"""Rotations as unit quaternions, always in the order wxyz, safe to differentiate everywhere.

All functions broadcast over leading axes. `q` and `-q` are the same rotation.

The functions are written out because they are in the innermost loop. jaxlie's product gathers and sums an outer
product, which is several times slower inside a compiled step; its logarithm has a wrong derivative at pi. The tests
compare with jaxlie and scipy.
"""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from diffphy.arrays import AnyArray

Quaternion = Float[Array, "*batch 4"]
Vector = Float[Array, "*batch 3"]


def cross(a: Float[AnyArray, "*#batch 3"], b: Float[AnyArray, "*#batch 3"]) -> Vector:
    """Return the cross product. It is written by components, so that XLA fuses it with its neighbours."""
    ax, ay, az = a[..., 0], a[..., 1], a[..., 2]
    bx, by, bz = b[..., 0], b[..., 1], b[..., 2]
    return jnp.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=-1)


@partial(jax.jit, inline=True)
def multiply(a: Float[AnyArray, "*#batch 4"], b: Float[AnyArray, "*#batch 4"]) -> Quaternion:
    """Return the Hamilton product: the rotation `b` followed by `a`, both in the outer frame, R(ab) = R(a) R(b)."""
    aw, ax, ay, az = a[..., 0], a[..., 1], a[..., 2], a[..., 3]
    bw, bx, by, bz = b[..., 0], b[..., 1], b[..., 2], b[..., 3]
    return jnp.stack(
        [
            aw * bw - ax * bx - ay * by - az * bz,
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
        ],
        axis=-1,
    )


@partial(jax.jit, inline=True)
def inverse(q: Float[AnyArray, "*batch 4"]) -> Quaternion:
    """Return the inverse of a unit quaternion, its conjugate."""
    return jnp.concatenate([q[..., :1], -q[..., 1:]], axis=-1)


@partial(jax.jit, inline=True)
def to_matrix(q: Float[AnyArray, "*batch 4"]) -> Float[Array, "*batch 3 3"]:
    """Return the rotation matrix of a unit quaternion. Its columns are the turned axes."""
    w, x, y, z = q[..., 0], q[..., 1], q[..., 2], q[..., 3]
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return jnp.stack([jnp.stack(row, axis=-1) for row in rows], axis=-2)


@partial(jax.jit, inline=True)
def rotate(q: Float[AnyArray, "*#batch 4"], vector: Float[AnyArray, "*#batch 3"]) -> Vector:
    """Return the vector turned by the quaternion."""
    xyz = q[..., 1:]
    t = 2.0 * cross(xyz, vector)
    return jnp.asarray(vector) + q[..., :1] * t + cross(xyz, t)


@partial(jax.jit, inline=True)
def exp(vector: Float[AnyArray, "*batch 3"]) -> Quaternion:
    """Return the quaternion of a rotation vector, rad. It is smooth at zero."""
    squared = jnp.sum(vector * vector, axis=-1, keepdims=True)
    small = squared < 1e-8
    angle = jnp.sqrt(jnp.where(small, 1.0, squared))  # guarded: the root has an infinite derivative at zero
    real = jnp.where(small, 1.0 - squared / 8.0, jnp.cos(angle / 2.0))
    imaginary = jnp.where(small, 0.5 - squared / 48.0, jnp.sin(angle / 2.0) / angle)
    return jnp.concatenate([real, imaginary * vector], axis=-1)


@partial(jax.jit, inline=True)
def log(q: Float[AnyArray, "*batch 4"]) -> Vector:
    """Return the rotation vector of a unit quaternion, rad, of length at most pi.

    At pi the two directions meet, and the value jumps from one to the other. The derivative stays finite and right on
    either side, because atan2 is smooth where the real part passes through zero.
    """
    q = jnp.where(q[..., :1] < 0.0, -q, q)
    real, imaginary = q[..., :1], q[..., 1:]
    squared = jnp.sum(imaginary * imaginary, axis=-1, keepdims=True)
    small = squared < 1e-10
    norm = jnp.sqrt(jnp.where(small, 1.0, squared))
    safe_real = jnp.where(small, real, 1.0)
    series = 2.0 / safe_real * (1.0 - squared / (3.0 * safe_real * safe_real))
    return jnp.where(small, series, 2.0 * jnp.arctan2(norm, real) / norm) * imaginary


@partial(jax.jit, inline=True)
def normalize(q: Float[AnyArray, "*batch 4"]) -> Quaternion:
    """Return the unit quaternion along `q`, which must not be zero."""
    return jnp.asarray(q) * jax.lax.rsqrt(jnp.sum(jnp.square(q), axis=-1, keepdims=True))


@partial(jax.jit, inline=True)
def difference(a: Float[AnyArray, "*#batch 4"], b: Float[AnyArray, "*#batch 4"]) -> Vector:
    """Return the rotation vector from `a` to `b`, in the frame of `a`, rad: b = a exp(difference(a, b))."""
    return log(multiply(inverse(a), b))


@partial(jax.jit, inline=True)
def interpolate(
    a: Float[AnyArray, "*#batch 4"], b: Float[AnyArray, "*#batch 4"], fraction: Float[AnyArray, "*#batch"]
) -> Quaternion:
    """Interpolate from `a` (fraction 0) to `b` (fraction 1) along the shorter arc, at constant angular velocity."""
    return multiply(a, exp(jnp.asarray(fraction)[..., None] * difference(a, b)))


def cross_matrix(vector: Float[Array, "*batch 3"]) -> Float[Array, "*batch 3 3"]:
    """Return the matrix [v] with [v] a = v x a."""
    x, y, z = vector[..., 0], vector[..., 1], vector[..., 2]
    o = jnp.zeros_like(x)
    rows = [[o, -z, y], [z, o, -x], [-y, x, o]]
    return jnp.stack([jnp.stack(row, axis=-1) for row in rows], axis=-2)


def right_jacobian(vector: Float[Array, "*batch 3"]) -> Float[Array, "*batch 3 3"]:
    """Return J_r: how exp(vector) turns in its own axes when the vector changes.

    See Sola, Deray and Atchuthan, "A micro Lie theory for state estimation in robotics" (2018), eq. 143.
    """
    squared, angle, small = _angle(vector)
    # 2 sin^2(x / 2), because 1 - cos(x) loses the digits that are left of a small angle.
    first = jnp.where(small, 0.5 - squared / 24.0 + squared**2 / 720.0, 2.0 * jnp.sin(0.5 * angle) ** 2 / angle**2)
    second = (angle - jnp.sin(angle)) / angle**3
    second = jnp.where(small, 1.0 / 6.0 - squared / 120.0 + squared**2 / 5040.0, second)
    return _of_powers(vector, -first, second)


def inverse_left_jacobian(vector: Float[Array, "*batch 3"]) -> Float[Array, "*batch 3 3"]:
    """Return J_l^-1: how log(exp(d) exp(vector)) changes with d, at d = 0 (Sola et al., eq. 146)."""
    squared, angle, small = _angle(vector)
    second = (1.0 - 0.5 * angle / jnp.tan(0.5 * angle)) / angle**2
    second = jnp.where(small, 1.0 / 12.0 + squared / 720.0 + squared**2 / 30240.0, second)
    return _of_powers(vector, jnp.full_like(second, -0.5), second)


def _angle(vector: Vector) -> tuple[Float[Array, "*batch"], Float[Array, "*batch"], Bool[Array, "*batch"]]:
    """Return the squared length of a rotation vector, its length, and where it is so small that a series is better.

    Where it is small, the length is 1, because the root has an infinite derivative at zero.
    """
    squared = jnp.sum(vector * vector, axis=-1)
    small = squared < 1e-3  # the next term of each series would then add less than 1e-15
    return squared, jnp.sqrt(jnp.where(small, 1.0, squared)), small


def _of_powers(
    vector: Vector, first: Float[Array, "*batch"], second: Float[Array, "*batch"]
) -> Float[Array, "*batch 3 3"]:
    """Return 1 + first [v] + second [v]^2."""
    cross = cross_matrix(vector)
    identity = jnp.broadcast_to(jnp.eye(3, dtype=cross.dtype), cross.shape)
    return identity + first[..., None, None] * cross + second[..., None, None] * cross @ cross
