"""From any input to the subject: choose the path by the kind of input."""

from collections.abc import Mapping

from data.clip import InputError
from data.formats import keypoints
from pipelines.config import RunConfig
from pipelines.inputs.dataset import prepare_sequence
from pipelines.inputs.keypoints import prepare_keypoints
from pipelines.inputs.mocap import prepare_mocap
from pipelines.inputs.sequence import is_sequence
from pipelines.inputs.subject import Subject
from pipelines.inputs.video import is_video, prepare_video

# Settings by what they are of, and their options.
_OF_MOTIONS = {
    "input.up_axis": "--up-axis",
    "input.unit": "--units",
    "input.joint_map": "--joint-map",
    "input.asf": "--asf",
    "input.body_model": "--body-model",
}
_OF_PICTURES = {"input.crop": "--crop", "camera.file": "--camera", "camera.fov_deg": "--fov"}
_OF_KEYPOINTS = {"input.person": "--person", "input.image_size": "--image-size", "input.film": "--film"}


def _refuse(config: RunConfig, kind: str, options: Mapping[str, str]) -> None:
    """Raises InputError where something was given that says nothing of this kind of input."""
    for key, option in options.items():
        section, name = key.split(".")
        if getattr(getattr(config, section), name) is not None:
            raise InputError(f"{config.clip} is {kind}, of which {option} ({key}) says nothing: leave it out")


def prepare(config: RunConfig) -> Subject:
    """Return everything that a reconstruction starts from.

    Raises:
        InputError: No input is named, or the input cannot be used.
    """
    source = config.clip
    if source is None:
        raise InputError("no motion was given: name a file, or a built-in one such as builtin:walk")
    if is_video(source):
        _refuse(config, "a video", _OF_MOTIONS | _OF_KEYPOINTS)
        return prepare_video(source, config)
    if keypoints.holds_keypoints(source):
        _refuse(config, "keypoints", _OF_MOTIONS)
        return prepare_keypoints(source, config)
    if is_sequence(source):
        return prepare_sequence(source, config)
    _refuse(config, "a motion in space", _OF_KEYPOINTS | _OF_PICTURES)
    return prepare_mocap(source, config)
