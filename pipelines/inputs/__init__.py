"""From the user's input to the subject: the person who is simulated, and the motion to follow.

The call path: who calls is above and to the left, and each file is read once, in this order.

    prepare               choose the path by the kind of input
      mocap               a motion file
        synthetic_camera  a test: a made-up camera sees the recording
      recordings          those of several cameras in a folder: which camera made which, common frames
      keypoints           keypoints of each camera: find the person, guess the motion in space
      video               the video of each camera: a detector finds keypoints and a rough motion
      dataset             a dataset's sequence (folder: sequence), which goes on as mocap, keypoints or video
        camera            lens and pose
        visible_frames    the part that shows the person
        steady_view       what the pictures say of the camera: whether it stands still, and where is up
        up_axis           which axis of several cameras' world points up
        seen_person       what keypoints and video share: fit, joints, detections
          seen_by_camera  what each camera saw, at the control rate, as the fit takes it
          film_fit        the fit of points, gravity, ground and lens, in a world on the floor
          film_findings   what makes the fit doubtful (film_measures), and what to do about it (film_remedies)
          film_notes      what the run says of the fit
          subject         the person's body (masses from a mesh: mesh)
          kinematic_fit   the most likely motion of that body
"""
