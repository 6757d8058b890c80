"""What makes a film doubtful is said, and a good film has nothing to say."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from data.camera import Held, from_field_of_view
from data.film.vertical_edges import MeasuredVertical
from data.finding import Finding, worst
from diffphy.film.body_points import POINTS, index
from diffphy.film.evidence import Prior
from diffphy.film.phases import find_phase
from pipelines.inputs.camera import ASSUMED_LENS
from pipelines.inputs.film_findings import find_doubts
from pipelines.inputs.film_fit import FittedPerson
from pipelines.inputs.film_remedies import improve_result
from tests.diffphy.film import mannequin
from tests.messages import check_remedy
from tests.pipelines.inputs.fitted_person import COUNT, UP, fitted_person


@pytest.fixture
def fitted() -> FittedPerson:
    return fitted_person()


def judge(fitted: FittedPerson, up: np.ndarray = UP) -> dict[str, Finding]:
    seen = tuple(replace(each, vertical=MeasuredVertical(up, 0.01, 20, 9.0)) for each in fitted.seen)
    return {finding.name: finding for finding in find_doubts(replace(fitted, seen=seen))}


def test_a_film_that_fits_is_good(fitted: FittedPerson) -> None:
    found = judge(fitted)
    assert worst(tuple(found.values())) == "good"
    assert not any(finding.sentence for finding in found.values())
    assert found["gravity"].value == "0.7 degrees (sd)"


def test_what_nobody_said_is_listed(fitted: FittedPerson) -> None:
    assumed_lens = replace(fitted.seen[0], camera=from_field_of_view(60.0, (1280, 720), ASSUMED_LENS))
    fit = replace(fitted.fit, phase=replace(fitted.fit.phase, even=np.ones(COUNT)))
    found = judge(replace(fitted, seen=(assumed_lens,), fit=fit, height_m=1.7, height_is="assumed"))
    assert worst(tuple(found.values())) == "good"
    said = {name: finding.sentence for name, finding in found.items() if finding.sentence}
    assert said.keys() == {"height", "assumed lens", "assumed load of the feet"}
    assert "a height of 1.7 m" in said["height"]
    assert "known to 2 %" in said["assumed lens"]
    assert f"for {COUNT / mannequin.RATE:.1f} s" in said["assumed load of the feet"]


def test_the_camera_that_does_not_fit_is_named(fitted: FittedPerson) -> None:
    """The second camera's keypoints are of another moment."""
    world, frames = fitted.points, np.arange(COUNT)
    view = mannequin.see(world, placed=True, turn=1.7)
    late = replace(view, ray=view.ray[np.minimum(frames + 7, COUNT - 1)] + 0.01)
    film = replace(fitted.fit.film, zoom=jnp.zeros(2), lean=jnp.zeros((2, 2)), scale=jnp.zeros(2))
    views = (fitted.views[0], late)
    phase = find_phase(world, film, views, mannequin.RATE, (), ground_known=True)
    second = replace(fitted.seen[0], keypoints=replace(fitted.seen[0].keypoints, name="cam2"))
    both = replace(fitted, seen=(*fitted.seen, second), views=views, fit=replace(fitted.fit, film=film, phase=phase))
    found = judge(both)
    assert [name for name, finding in found.items() if finding.level != "good"] == ["keypoints"]
    assert "of the keypoints of cam2 are" in found["keypoints"].sentence
    check_remedy(found["keypoints"].sentence)


def test_a_motion_in_space_may_be_as_wrong_as_it_is_said_to_be(fitted: FittedPerson) -> None:
    """It errs along three axes, each place by 0.8 sd along each of them: a guess from keypoints errs in depth alone."""
    (seen,), (view,), fit = fitted.seen, fitted.views, fitted.fit
    places = float(np.sum(np.asarray(view.lifted_confidence)))
    in_space = replace(fitted, seen=(replace(seen, along=0.05, aside=0.05),))

    def with_errors(case: FittedPerson, sd: float) -> Finding:
        return judge(replace(case, fit=replace(fit, costs=fit.costs | {"lifted": places * 3 * sd**2 / 2})))["pose"]

    assert with_errors(in_space, 0.8).level == "good"
    assert with_errors(fitted, 0.8).level == "bad"
    wrong = with_errors(in_space, 1.2)
    assert wrong.level == "doubtful"
    assert "the motion in space of walk does not look like its keypoints" in wrong.sentence
    check_remedy(wrong.sentence)
    assert with_errors(in_space, 2.0).level == "bad"


def test_keypoints_may_be_as_far_away_as_their_noise_has_them(fitted: FittedPerson) -> None:
    """Half of the keypoints are farther than 1.2 standard deviations of their noise from a body that is right."""
    (seen,), (view,) = fitted.seen, fitted.views
    noise = np.random.default_rng(0).normal(scale=0.04, size=view.ray.shape)
    moved = replace(view, ray=view.ray + noise / fitted.fit.phase.depth[:, :, None])
    found = judge(replace(fitted, views=(moved,)))
    assert [found[name].level for name in ("keypoints", "far keypoints")] == ["doubtful", "doubtful"]
    found = judge(replace(fitted, views=(moved,), seen=(replace(seen, pixel=0.04),)))
    assert [found[name].level for name in ("keypoints", "far keypoints")] == ["good", "good"]
    # Keypoints that are found well are not held to less than the usual noise: a body is no exact model.
    found = judge(replace(fitted, seen=(replace(seen, pixel=0.001),)))
    assert found["keypoints"].limit == "at most 25 mm"


def test_what_is_doubtful_is_named_and_nothing_else(fitted: FittedPerson) -> None:
    fit, (view,), (seen,) = fitted.fit, fitted.views, fitted.seen
    elsewhere = replace(view, ray=view.ray + 0.01)  # 4 cm at 4 m
    footless = view.confidence.copy()
    footless[:, [index(f"{side}_{part}") for side in ("left", "right") for part in ("heel", "big_toe")]] = 0.0
    cut = view.confidence.copy()
    cut[:, [index(name) for name in POINTS if name.endswith(("knee", "ankle", "wrist"))]] = 0.0
    strayed = np.asarray(view.ray).copy()
    strayed[:, [index("left_wrist"), index("left_elbow")]] += 0.1
    leaned = fit.points + 0.35 * fit.points[..., 2:] * np.array([1.0, 0.0, 0.0])
    place = np.einsum("tij,tpj->tpi", view.rotation, leaned) + np.asarray(view.translation)[:, None]
    looking = replace(view, ray=place[..., :2] / place[..., 2:])
    zoomed = replace(view, ray=np.exp(0.07) * view.ray)
    in_air = replace(fit.phase, stands=0.0 * fit.phase.stands)
    sideways = np.array([0.0, np.sin(1.3), np.cos(1.3)])
    lying = replace(
        fitted,
        fit=replace(fit, film=replace(fit.film, up=jnp.asarray(sideways)), phase=in_air, bodies_up=None),
    )
    cases = {
        "length": replace(fitted, seen=(replace(seen, keypoints=replace(seen.keypoints, fps=60.0)),)),
        "gravity": replace(fitted, fit=replace(fit, up_sd=np.radians([1.0, 5.0]))),
        "keypoints": replace(fitted, views=(elsewhere,)),
        "far keypoints": replace(fitted, views=(replace(view, ray=strayed),)),
        "bones": replace(fitted, fit=replace(fit, costs=fit.costs | {"bones": 400.0 * COUNT})),
        "lens": replace(fitted, fit=replace(fit, film=replace(fit.film, zoom=jnp.array([0.07]))), views=(zoomed,)),
        "pose": replace(fitted, fit=replace(fit, costs=fit.costs | {"lifted": 2.0 * COUNT})),
        "upright": lying,
        "height of the person": replace(fitted, height_m=1.2, height_is="measured"),
        "distance": replace(fitted, fit=replace(fit, root_sd=np.array([0.05, 0.05, 1.0]))),
        "camera": replace(fitted, seen=(replace(seen, camera=seen.camera.shifted(-0.4)),)),
        "lean": replace(fitted, fit=replace(fit, points=leaned), views=(looking,)),
        "feet": replace(fitted, views=(replace(view, confidence=footless),)),
        "joints": replace(fitted, views=(replace(view, confidence=cut),)),
        "stand": replace(fitted, fit=replace(fit, phase=in_air)),
        "convergence": replace(fitted, fit=replace(fit, converged=False)),
        "edges": replace(fitted, fit=replace(fit, bodies_up=Prior(np.radians([8.0, 0.0]), np.radians([2.0, 3.0])))),
    }
    for name, case in cases.items():
        found = judge(case)
        doubtful = [each for each, finding in found.items() if finding.level != "good"]
        assert doubtful == [name]
        assert "walk" in found[name].sentence
        check_remedy(found[name].sentence)
    assert judge(replace(fitted, fit=replace(fit, up_sd=np.radians([1.0, 20.0]))))["gravity"].level == "bad"


def test_what_was_given_is_to_be_corrected_and_what_was_not_is_to_be_given(fitted: FittedPerson) -> None:
    """A remedy that names what the user gave already sends nobody further."""
    (seen,) = fitted.seen
    far = replace(fitted, fit=replace(fitted.fit, root_sd=np.array([0.05, 0.05, 1.0]), up_sd=np.radians([1.0, 5.0])))
    usual = replace(seen, camera=replace(seen.camera, focal_sd=ASSUMED_LENS))
    level = replace(seen, camera=replace(seen.camera, held=Held(roll=0.0)))
    held = replace(seen, camera=replace(seen.camera, held=Held(0.1, 0.0, 1.5)))
    pose = "the camera's pose (--camera with --camera-up)"
    cases = [
        ("distance", far, "correct --fov (or --camera) or --height"),
        ("distance", replace(far, height_is="assumed"), "give --height, or correct --fov (or --camera)"),
        ("distance", replace(far, seen=(usual,)), "give --fov (or --camera), or correct --height"),
        ("distance", replace(far, seen=(usual,), height_is="assumed"), "give --fov (or --camera) and --height"),
        ("gravity", far, f"give --camera-pitch and --camera-roll, or {pose}"),
        ("gravity", replace(far, seen=(level,)), f"give --camera-pitch, or correct --camera-roll, or {pose}"),
        ("gravity", replace(far, seen=(held,)), f"correct --camera-pitch or --camera-roll, or give {pose}"),
        ("gravity", replace(far, placed=True), "correct the camera's pose (--camera) or which axis points up"),
    ]
    for name, case, remedy in cases:
        found = {finding.name: finding for finding in find_doubts(case)}
        assert f": {remedy}" in found[name].sentence
        check_remedy(found[name].sentence)
    assert improve_result(fitted).startswith("correct --height or --fov (or --camera), or choose a part")
