"""The physics: kinematics, dynamics, joints' motors, contact, and the steps of the simulation."""
