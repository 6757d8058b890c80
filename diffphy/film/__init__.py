"""From what cameras saw of a person to points in the world: one fit for films, keypoints and several cameras."""
