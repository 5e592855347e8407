"""What clients of servers on this machine know of TLS."""

from __future__ import annotations

import ssl
from typing import Final

# Nobody speaks TLS there: a context for each client would read all certificates again.
TLS: Final = ssl.create_default_context()
