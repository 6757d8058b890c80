"""Keypoints of people in pictures, and the first motion in space that follows from them."""
