"""The commands: what a user can ask for, and how a command fails."""
