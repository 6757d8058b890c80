"""From the user's input to the subject: the person who is simulated, and the motion to follow.

The call path. Each file is read once, from top to bottom:

    prepare             chooses the path by the kind of input
      mocap             a motion file
        synthetic_camera  a test: the recording as a made-up camera sees it
      keypoints         a file or folder of keypoints; guesses the motion in space
      video             a video; a detector finds keypoints and positions
      dataset           a sequence of a dataset; goes on as mocap, keypoints or video (sequence opens the folder)
        camera          lens and pose
        visible         which part shows the person; gaps are filled
        seen_person     the root's way, the control rate, joints and detections
          grounding     from the camera's axes to a world on the floor
          subject       the person's body (mesh: its masses)
          kinematic_fit the most likely motion
"""
