"""From the user's input to the subject: the person who is simulated, and the motion to follow.

The call path: who calls is above and to the left, and each file is read once, in this order.

    prepare               choose the path by the kind of input
      mocap               a motion file
        synthetic_camera  a test: a made-up camera sees the recording
      keypoints           a file or folder of keypoints: guess the motion in space
      video               a video: a detector finds keypoints and a rough motion
      dataset             a dataset's sequence (folder: sequence), which goes on as mocap, keypoints or video
        camera            lens and pose
        visible_frames    the part that shows the person
        seen_person       what keypoints and video share: fit, joints, detections
          film_fit        the fit of points, gravity, ground and lens, in a world on the floor
          film_findings   what makes the fit doubtful
          subject         the person's body (masses from a mesh: mesh)
          kinematic_fit   the most likely motion of that body
"""
