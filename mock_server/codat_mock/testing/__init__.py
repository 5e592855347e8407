"""What a test of an integration holds in its hands: a sandbox of a mock."""
