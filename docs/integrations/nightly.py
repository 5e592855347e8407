"""Push the sales of a folder, even while the service fails: `python nightly.py sales`.

CODAT_STATE_DIR holds what was accepted, so that an interrupted run can continue.
"""

import json
import os
import sqlite3
import sys
import time
from base64 import b64encode
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx

PAUSE = float(os.environ.get("PAUSE_SECONDS", "1"))
LOOKS = 40  # at a dataset that has not ended; the next run goes on
RUNS = 2  # that looked at it; then it is pushed again
key = b64encode(os.environ["CODAT_API_KEY"].encode()).decode()
codat = httpx.Client(
    base_url=os.environ.get("CODAT_BASE_URL", "https://api.codat.io"),
    headers={"Authorization": f"Basic {key}"},
)
company = os.environ["CODAT_COMPANY_ID"]
state = Path(os.environ["CODAT_STATE_DIR"]) / "datasets.json"
lock = sqlite3.connect(state.with_name("lock.db"), timeout=0)
try:
    lock.execute("BEGIN EXCLUSIVE")  # ends with this process, however that ends
except sqlite3.OperationalError:
    sys.exit("another run has not ended")
kept = json.loads(state.read_text("utf-8")) if state.exists() else {"datasets": {}, "runs": {}}
datasets, runs = kept["datasets"], kept["runs"]


def asked_for(headers: Mapping[str, str]) -> float:
    """How many seconds Retry-After asks to wait: it says them, or when they are over."""
    value = headers.get("Retry-After", "0")
    if value.isdecimal():
        return float(value)
    over, sent = map(parsedate_to_datetime, (value, headers["Date"]))  # by the service's clock
    return (over - sent).total_seconds()


def ask(method: str, path: str, body: object = None) -> dict:
    """Send a request until its answer can be read, and wait longer each time."""
    for attempt in range(8):
        pause = PAUSE * 2**attempt
        try:
            answer = codat.request(method, path, json=body)
            if answer.is_success:
                return dict(answer.json())
            pause = max(pause, asked_for(answer.headers))
        except (httpx.TransportError, ValueError):
            pass  # it may have been carried out; sending the same records again is safe
        time.sleep(pause)
    sys.exit(f"{method} {path}: no answer")


def give_up(kind: str) -> None:
    """End a run whose dataset has not ended; a later run pushes its records again."""
    runs[kind] = runs.get(kind, 0) + 1
    if runs[kind] == RUNS:
        del datasets[kind], runs[kind]
    save()
    sys.exit(f"{kind}: the dataset has not ended")


def save() -> None:
    """Keep what the next run needs."""
    state.write_text(json.dumps({"datasets": datasets, "runs": runs}), "utf-8")


def push(kind: str, records: list) -> bool:
    """Push records of one kind; returns whether they were processed."""
    if kind not in datasets:
        answer = ask("POST", f"/data/companies/{company}/sync/commerce-{kind}", {kind: records})
        datasets[kind] = answer["datasetId"]
        save()
    for _ in range(LOOKS):
        history = ask("GET", f"/meta/companies/{company}/pull/history/{datasets[kind]}")
        if "completed" in history:  # the end; a cancelled one is neither completed nor errored
            break
        time.sleep(PAUSE)
    else:
        give_up(kind)
    if not history["isCompleted"]:
        del datasets[kind]  # to be pushed again
    return history["isCompleted"]


found = ask("GET", f"/meta/companies/{company}/connections")["results"]
if not any(each["sourceType"] == "Commerce" and each["status"] == "Linked" for each in found):
    sys.exit("the shop is not linked; a later run goes on")
for kind in ("orders", "payments", "transactions"):
    records = json.loads(Path(sys.argv[1], f"{kind}.json").read_text("utf-8"))[kind]
    while not push(kind, records):
        time.sleep(PAUSE)
