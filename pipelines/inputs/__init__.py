"""From what a user gives to the person who is simulated and the motion to follow."""
