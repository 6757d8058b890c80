"""From any input to the subject: choose the path by the kind of input."""

from data.clip import InputError
from pipelines.config import RunConfig, refuse_inapplicable
from pipelines.inputs.dataset import prepare_sequence
from pipelines.inputs.keypoints import prepare_keypoints
from pipelines.inputs.mocap import prepare_mocap
from pipelines.inputs.recordings import find_recordings, holds_keypoints, is_video
from pipelines.inputs.sequence import is_sequence
from pipelines.inputs.subject import Subject
from pipelines.inputs.video import prepare_video
from pipelines.settings.option import InputKind


def prepare(config: RunConfig) -> Subject:
    """Return everything that a reconstruction starts from.

    Raises:
        InputError: No input is named, or the input cannot be used.
    """
    source = config.clip
    if source is None:
        raise InputError("no motion was given: name a file, or a built-in one such as builtin:walk")
    recordings = find_recordings(source)
    if len(recordings) == 1 and config.input.shift is not None:
        raise InputError(f"{source} is one recording, and --shift is for several: give none")
    if is_video(recordings[0]):
        refuse_inapplicable(config, InputKind.VIDEO)
        return prepare_video(recordings, config)
    if holds_keypoints(recordings[0]):
        refuse_inapplicable(config, InputKind.KEYPOINTS)
        return prepare_keypoints(recordings, config)
    if is_sequence(source):
        refuse_inapplicable(config, InputKind.SEQUENCE)
        return prepare_sequence(source, config)
    refuse_inapplicable(config, InputKind.MOTION)
    return prepare_mocap(source, config)
