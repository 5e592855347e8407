"""The HTTP layer: the Flask application, its server, the vendor's API and the control API."""
