"""Recordings of people as clips: motion files, videos and keypoints in, motions on our joints out. No JAX, no physics.

clip.py, camera.py, keypoints/clip.py   the types that everything here returns
formats/     readers of files, one format a module; a new format goes there
datasets/    CMU, Human3.6M, AIST++: which sequences there are and where a folder holds them
rigs/        which joint of a recording is which of ours, and its motion on our body
markers/     from the markers of a C3D file to joint centres
keypoints/   keypoints in pictures: sets, choice of a person, detector, camera and ground
lifting/     from keypoints to a first motion in space, by known poses
conventions.py, floor.py, resample.py, trajectories.py   units and axes, floor, frame rate, gaps
"""
