"""The demo: the whole beta flow over real HTTP, and three common mistakes."""
