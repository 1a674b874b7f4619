#!/usr/bin/env python3
"""Walks through a folder with the Globus SDK for Python, one listing after the other, and counts what is below it.

    globus_walk.py READY_JSON COLLECTION PATH

READY_JSON is what `service-sim --ready-json` writes.
"""

import json
import os
import pathlib
import sys
import time

READY = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
os.environ.update(READY["env"])  # The SDK reads its addresses when a client is made.
os.environ["NO_PROXY"] = "127.0.0.1,localhost,::1"

import globus_sdk  # noqa: E402
from globus_sdk.scopes import TransferScopes  # noqa: E402

auth = globus_sdk.ConfidentialAppAuthClient(os.environ["GLOBUS_CLIENT_ID"], os.environ["GLOBUS_CLIENT_SECRET"])
client = globus_sdk.TransferClient(authorizer=globus_sdk.ClientCredentialsAuthorizer(auth, TransferScopes.all))
uuid = READY["collections"][sys.argv[2]]["uuid"]
begun, count, folders = time.monotonic(), 0, [sys.argv[3]]
while folders:
    folder = folders.pop()
    for entry in client.operation_ls(uuid, path=folder):
        count += 1
        if entry["type"] == "dir":
            folders.append(f"{folder.rstrip('/')}/{entry['name']}")
print(f"{count} entries in {time.monotonic() - begun:.2f} s")
