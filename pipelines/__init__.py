"""The commands: the only place where physics, optimizers, data and pictures meet."""
