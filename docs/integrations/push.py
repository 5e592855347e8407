"""Push days of sales to Codat, a folder each: `python push.py sales`."""

import os
import sys
import time
from base64 import b64encode
from pathlib import Path

import httpx

key = b64encode(os.environ["CODAT_API_KEY"].encode()).decode()
codat = httpx.Client(
    base_url=os.environ.get("CODAT_BASE_URL", "https://api.codat.io"),
    headers={"Authorization": f"Basic {key}", "Content-Type": "application/json"},
)
company = os.environ["CODAT_COMPANY_ID"]


def push(kind: str, body: bytes) -> None:
    """Push records of one kind, and wait until they are processed."""
    answer = codat.post(f"/data/companies/{company}/sync/commerce-{kind}", content=body)
    dataset = answer.raise_for_status().json()["datasetId"]
    while True:
        answer = codat.get(f"/meta/companies/{company}/pull/history/{dataset}")
        history = answer.raise_for_status().json()
        if history["isCompleted"]:
            return print(f"{kind}: {history['status']}")
        if "completed" in history:  # it has ended; if it was cancelled, without isErrored
            sys.exit(f"{kind}: {history['status']} {history.get('errorMessage', '')}")
        time.sleep(1)  # at least a second lies between two looks (rule T06)


for folder in map(Path, sys.argv[1:]):
    for kind in ("orders", "payments", "transactions"):
        push(kind, (folder / f"{kind}.json").read_bytes())
