"""The optimizers find minima, agree with the libraries they wrap, and list their options."""

import numpy as np
import optax
import pytest
import scipy.optimize

from optimus import OPTIMIZERS, OptimusError, get, minimise
from tests.optimus.problems import quadratic, rosenbrock


@pytest.mark.parametrize(("name", "max_evals"), [("bfgs", 150), ("lbfgs", 150)])
def test_quasi_newton_methods_solve_rosenbrock(name, max_evals):
    result = minimise(rosenbrock, np.zeros(8), name, max_evals=max_evals)
    np.testing.assert_allclose(result.x, 1.0, atol=1e-5)
    assert result.stop_reason == "converged"


@pytest.mark.parametrize("name", ["bfgs", "lbfgs"])
def test_the_unit_of_the_loss_does_not_matter_to_quasi_newton_methods(name):
    """A BFGS that starts from the identity hardly moves in thirty evaluations of such a loss."""

    def loss(x, unit):
        weight = unit * np.arange(1.0, 31.0)
        return float(weight @ x**2), 2 * weight * x

    small, large = (minimise(lambda x, u=unit: loss(x, u), np.ones(30), name, max_evals=30) for unit in (1.0, 1e6))
    assert large.value / 1e6 == pytest.approx(small.value, rel=1e-3)
    assert small.value < 1e-2 * 465.0


def test_unscaled_bfgs_is_scipy_s():
    ours = minimise(rosenbrock, np.zeros(5), get("bfgs", scaled=False), max_evals=25)
    theirs = []
    scipy.optimize.minimize(
        lambda x: theirs.append(rosenbrock(x)[0]) or rosenbrock(x), np.zeros(5), jac=True, method="BFGS"
    )
    np.testing.assert_allclose(ours.history.value, theirs[:25], rtol=1e-12)


@pytest.mark.parametrize(("name", "learning_rate"), [("adam", 0.1), ("momentum", 0.01)])
def test_first_order_methods_solve_a_quadratic(name, learning_rate):
    result = minimise(quadratic, np.ones(6), get(name, learning_rate=learning_rate), max_evals=400)
    np.testing.assert_allclose(result.x, 0.0, atol=1e-3)


def test_lbfgs_is_scipy_s():
    ours = minimise(rosenbrock, np.zeros(5), get("lbfgs", memory=7), max_evals=25)
    theirs = []
    scipy.optimize.minimize(
        lambda x: theirs.append(rosenbrock(x)[0]) or rosenbrock(x),
        np.zeros(5),
        jac=True,
        method="L-BFGS-B",
        options={"maxcor": 7, "gtol": 0.0, "ftol": 0.0},
    )
    np.testing.assert_allclose(ours.history.value, theirs[:25], rtol=1e-12)


@pytest.mark.parametrize(
    ("optimizer", "transformation"),
    [
        (get("adam", learning_rate=0.05, beta1=0.8), optax.adam(0.05, b1=0.8)),
        (get("momentum", learning_rate=0.005, decay=0.7), optax.sgd(0.005, momentum=0.7)),
    ],
)
def test_first_order_methods_are_optax_s(optimizer, transformation):
    ours = minimise(quadratic, np.ones(4, np.float32), optimizer, max_evals=20)
    x = np.ones(4, np.float32)
    state, theirs = transformation.init(x), []
    for _ in range(20):
        value, gradient = quadratic(x)
        theirs.append(value)
        update, state = transformation.update(gradient.astype(np.float32), state, x)
        x = x + np.asarray(update)
    np.testing.assert_allclose(ours.history.value, theirs, rtol=1e-5)


def test_memory_changes_what_lbfgs_knows():
    short, long = (minimise(quadratic, np.ones(50), get("lbfgs", memory=m), max_evals=40) for m in (1, 20))
    assert long.value < 0.1 * short.value


def test_the_same_request_gives_the_same_object():
    assert get("adam", learning_rate=0.1) is get("adam", learning_rate=0.1)
    assert get("adam", learning_rate=0.1) is not get("adam", learning_rate=0.2)


def test_unknown_names_and_options_list_the_valid_ones():
    with pytest.raises(OptimusError, match="choose one of " + ", ".join(sorted(OPTIMIZERS))):
        get("nope")
    with pytest.raises(OptimusError, match="'lbfgs' has no option learning_rate: its options are memory, gradient_t"):
        get("lbfgs", learning_rate=0.1)


@pytest.mark.parametrize(
    ("name", "option", "value"),
    [
        ("lbfgs", "memory", 0),
        ("lbfgs", "value_tolerance", -1.0),
        ("bfgs", "gradient_tolerance", -1.0),
        ("adam", "learning_rate", 0.0),
        ("momentum", "learning_rate", -0.1),
        ("lbfgs", "memory", "abc"),
        ("lbfgs", "memory", 2.5),
        ("lbfgs", "memory", [3]),
        ("lbfgs", "value_tolerance", True),
        ("bfgs", "gradient_tolerance", float("nan")),
        ("adam", "learning_rate", float("inf")),
        ("adam", "beta1", 5),
        ("adam", "beta2", 1.0),
        ("adam", "epsilon", 0.0),
        ("momentum", "decay", "x"),
        ("momentum", "decay", -0.1),
        ("momentum", "nesterov", 1),
    ],
)
def test_impossible_option_values_are_refused(name, option, value):
    with pytest.raises(OptimusError) as error:
        get(name, **{option: value})
    assert str(error.value).startswith(f"the option {option} must be ")
    assert str(error.value).endswith(f", not {value!r}")


def test_a_value_is_checked_even_if_an_equal_one_was_used_before():
    get("lbfgs", memory=1)
    with pytest.raises(OptimusError, match="the option memory must be a whole number"):
        get("lbfgs", memory=True)
