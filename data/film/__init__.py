"""What a film tells of a person's motion, and of the camera."""
