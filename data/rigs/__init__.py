"""From a recorded rig to our body: which joint is which, how it stands at rest, and the motion on our joints."""
