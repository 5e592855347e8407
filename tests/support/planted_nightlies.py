"""The nightly integration of the samples, and the same with a mistake."""

from __future__ import annotations

from pathlib import Path

SAMPLES = Path(__file__).parents[2] / "docs" / "integrations"
MENDED = (SAMPLES / "nightly.py").read_text()
# After an answer that was lost, every record is pushed again as if it were another sale.
PLANTED = MENDED.replace(
    "        time.sleep(pause)",
    """        for record in (record for each in (body or {}).values() for record in each):
            record["id"] += "-again"
        time.sleep(pause)""",
)
# What has not ended at the first look is taken for done.
HASTY = MENDED.replace('if "completed" in history:', "if True:").replace(
    'return history["isCompleted"]', 'return not history["isErrored"]'
)
# Whoever gives up, and forgets what was accepted, pushes it again the next time.
FORGETS = MENDED.replace("state.exists()", "False").replace("range(8)", "range(1)")
# It marks the night as done before it pushes, so that a run after a kill does nothing.
MARKS_FIRST = MENDED.replace(
    'for kind in ("orders"',
    'done = state.parent / "done"\nif done.exists():\n    sys.exit()\ndone.touch()\n'
    'for kind in ("orders"',
)
# One sale is left out in every run.
LOSES_A_SALE = MENDED.replace('.read_text("utf-8"))[kind]', '.read_text("utf-8"))[kind][:1]')
