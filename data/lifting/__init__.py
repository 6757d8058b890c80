"""From keypoints in pictures to a first motion in space, by poses of people that are known."""
