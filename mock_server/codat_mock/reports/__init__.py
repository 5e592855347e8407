"""Reports on a run of an integration."""
