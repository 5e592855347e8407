"""The search for the shortest schedule of faults that breaks an integration."""
