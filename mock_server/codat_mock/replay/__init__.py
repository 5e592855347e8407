"""Traffic that has happened, told to a sandbox as if it happened now, so that the rules judge it.

The sandbox's companies and datasets bear the ids of the recording, its clock stands where a request
was sent, and what was answered is believed.
"""

from codat_mock.replay.player import replay

__all__ = ["replay"]
