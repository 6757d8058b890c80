"""From any input to the subject: choose the path by the kind of input."""

from data.clip import InputError
from data.formats import keypoints
from pipelines.config import RunConfig, refuse_inapplicable
from pipelines.inputs.dataset import prepare_sequence
from pipelines.inputs.keypoints import prepare_keypoints
from pipelines.inputs.mocap import prepare_mocap
from pipelines.inputs.sequence import is_sequence
from pipelines.inputs.subject import Subject
from pipelines.inputs.video import is_video, prepare_video
from pipelines.settings.option import InputKind


def prepare(config: RunConfig) -> Subject:
    """Return everything that a reconstruction starts from.

    Raises:
        InputError: No input is named, or the input cannot be used.
    """
    source = config.clip
    if source is None:
        raise InputError("no motion was given: name a file, or a built-in one such as builtin:walk")
    if is_video(source):
        refuse_inapplicable(config, InputKind.VIDEO)
        return prepare_video(source, config)
    if keypoints.holds_keypoints(source):
        refuse_inapplicable(config, InputKind.KEYPOINTS)
        return prepare_keypoints(source, config)
    if is_sequence(source):
        refuse_inapplicable(config, InputKind.SEQUENCE)
        return prepare_sequence(source, config)
    refuse_inapplicable(config, InputKind.MOTION)
    return prepare_mocap(source, config)
