"""Push the sales of a folder, whatever the service does meanwhile: `python nightly.py sales`.

What was accepted stands in CODAT_STATE_DIR, so that a night that was broken off can go on.
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
    """Ask until there is an answer that can be read, and wait longer each time."""
    for attempt in range(8):
        pause = PAUSE * 2**attempt
        try:
            answer = codat.request(method, path, json=body)
            if answer.is_success:
                return dict(answer.json())
            pause = max(pause, float(answer.headers.get("Retry-After", 0)))
        except (httpx.TransportError, ValueError):
            pass  # it may have been carried out: the same records under the same ids do no harm
        time.sleep(pause)
    sys.exit(f"{method} {path}: no answer")


def push(kind: str, records: list) -> bool:
    """Push records of one kind, and tell whether they were processed."""
    if kind not in datasets:
        told = ask("POST", f"/data/companies/{company}/sync/commerce-{kind}", {kind: records})
        datasets[kind] = told["datasetId"]
        state.write_text(json.dumps(datasets))
    while True:
        history = ask("GET", f"/meta/companies/{company}/pull/history/{datasets[kind]}")
        if history["isCompleted"] or history["isErrored"]:
            break
        time.sleep(PAUSE)
    if history["isErrored"]:
        del datasets[kind]  # to be pushed again
    return history["isCompleted"]


for kind in ("orders", "payments", "transactions"):
    records = json.loads(Path(sys.argv[1], f"{kind}.json").read_text())[kind]
    while not push(kind, records):
        time.sleep(PAUSE)
