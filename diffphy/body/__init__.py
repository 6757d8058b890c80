"""The body: its parts, sizes, masses, strength, joint ranges, and the points that others see of it."""
