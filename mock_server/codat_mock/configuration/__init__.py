"""What can be connected and selected, what was, and whether it will do."""
