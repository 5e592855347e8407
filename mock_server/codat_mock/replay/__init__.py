"""Replays recorded traffic in a sandbox, so that the rules judge it.

Companies and datasets have the ids of the recording, the clock follows the times of the requests,
and the recorded answers decide what happened.
"""

from codat_mock.replay.player import replay

__all__ = ["replay"]
