"""A local stand-in for Codat's Sync for Commerce that judges what is pushed to it."""
