"""The reconstruction: what is observed, the loss, its parameters, and the windows by which a clip is solved."""
