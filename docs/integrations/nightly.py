"""Push the sales of a folder, even while the service fails: `python nightly.py sales`.

CODAT_STATE_DIR holds what was accepted, so that an interrupted run can continue.
"""

import json
import os
import sys
import time
from base64 import b64encode
from pathlib import Path

import httpx

PAUSE = float(os.environ.get("PAUSE_SECONDS", "1"))
key = b64encode(os.environ["CODAT_API_KEY"].encode()).decode()
codat = httpx.Client(
    base_url=os.environ.get("CODAT_BASE_URL", "https://api.codat.io"),
    headers={"Authorization": f"Basic {key}"},
)
company = os.environ["CODAT_COMPANY_ID"]
state = Path(os.environ["CODAT_STATE_DIR"]) / "datasets.json"
datasets = json.loads(state.read_text()) if state.exists() else {}


def ask(method: str, path: str, body: object = None) -> dict:
    """Send a request until its answer can be read, and wait longer each time."""
    for attempt in range(8):
        pause = PAUSE * 2**attempt
        try:
            answer = codat.request(method, path, json=body)
            if answer.is_success:
                return dict(answer.json())
            pause = max(pause, float(answer.headers.get("Retry-After", 0)))
        except (httpx.TransportError, ValueError):
            pass  # it may have been carried out; sending the same records again is safe
        time.sleep(pause)
    sys.exit(f"{method} {path}: no answer")


def push(kind: str, records: list) -> bool:
    """Push records of one kind; returns whether they were processed."""
    if kind not in datasets:
        answer = ask("POST", f"/data/companies/{company}/sync/commerce-{kind}", {kind: records})
        datasets[kind] = answer["datasetId"]
        state.write_text(json.dumps(datasets))
    while True:
        history = ask("GET", f"/meta/companies/{company}/pull/history/{datasets[kind]}")
        if "completed" in history:  # the end; a cancelled one is neither completed nor errored
            break
        time.sleep(PAUSE)
    if not history["isCompleted"]:
        del datasets[kind]  # to be pushed again
    return history["isCompleted"]


for kind in ("orders", "payments", "transactions"):
    records = json.loads(Path(sys.argv[1], f"{kind}.json").read_text())[kind]
    while not push(kind, records):
        time.sleep(PAUSE)
