"""Keypoints of OpenPose: a folder with one `*_keypoints.json` for each frame.

A file holds {"people": [{"pose_keypoints_2d": [x, y, confidence, ...]}]}. Source: OpenPose, "Output format".
"""

from pathlib import Path

import numpy as np

from data.clip import InputError
from data.formats.keypoint_json import people_of_frame
from data.formats.people_in_frames import PeopleInFrames, collect_frames, frame_number, load_json, read_triples


def read(folder: Path) -> PeopleInFrames:
    """Return the people in the frames of a folder. Frames are numbered from 0, by the last number in the file's name.

    Raises:
        InputError: The folder holds no such files, or one of them cannot be read.
    """
    files = sorted(folder.glob("*_keypoints.json")) or sorted(folder.glob("*.json"))
    if not files:
        raise InputError(f"{folder} holds no OpenPose files: name a folder of *_keypoints.json, one for each frame")
    frames: dict[int, list[np.ndarray]] = {}
    for file in files:
        content = load_json(file)
        number = frame_number(file.name, file)
        if number in frames:
            raise InputError(f"{folder} has two files of frame {number}: give a folder of one recording")
        people = content.get("people") if isinstance(content, dict) else None
        if isinstance(people, list):
            keypoints = [each.get("pose_keypoints_2d") if isinstance(each, dict) else None for each in people]
            frames[number] = [read_triples(each, file) for each in keypoints if each != []]
        elif isinstance(content, list) or (isinstance(content, dict) and people_of_frame(content)):
            frames[number] = people_of_frame(content)
        else:
            raise InputError(f'{file} is not of OpenPose: it lacks the list "people"; write it with --write_json')
    return collect_frames(frames, folder, min(frames))
