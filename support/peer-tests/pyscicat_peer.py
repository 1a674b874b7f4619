#!/usr/bin/env python3
"""Drives the unchanged pyscicat against a running service-sim: every method that makes a request.

    pyscicat_peer.py READY_JSON [--write]

READY_JSON is what `service-sim --ready-json` writes. Between the two stands a recorder that passes everything on; what
pyscicat sent is compared with pyscicat_calls.json beside this file, which the tests of the Rust client hold their own
requests against. `--write` writes that file anew. Exit status: 0 when every check passed, 1 when one failed, 2 when the
simulator is not on this machine.
"""

import http.server
import json
import os
import pathlib
import sys
import threading
import time
import urllib.parse
import urllib.request

READY = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
URL = READY["env"]["SCICAT_INGEST_URL"]
USER, PASSWORD = READY["env"]["SCICAT_INGEST_USERNAME"], READY["env"]["SCICAT_INGEST_PASSWORD"]
CONTROL = READY["env"]["SERVICE_SIM_URL"]
for address in (URL, CONTROL):
    if urllib.parse.urlsplit(address).hostname not in ("127.0.0.1", "localhost", "::1"):
        print(f"{address} is not on this machine")
        sys.exit(2)
os.environ["NO_PROXY"] = "127.0.0.1,localhost,::1"
CALLS = pathlib.Path(__file__).with_name("pyscicat_calls.json")

from pyscicat.client import (  # noqa: E402
    ScicatClient, ScicatCommError, ScicatLoginError, from_credentials, from_token,
)
from pyscicat.model import (  # noqa: E402
    Attachment, CreateDatasetOrigDatablockDto, DataFile, DerivedDataset, Instrument, Proposal, RawDataset, Sample,
)

TIME = "2026-03-01T12:00:00.000Z"
seen, calls, passed, failed = [], {}, [], []


class Recorder(http.server.BaseHTTPRequestHandler):
    """Passes a request on as it is and keeps it."""

    def do(self):
        length = int(self.headers.get("content-length", 0))
        body = self.rfile.read(length) if length else None
        seen.append((self.command, self.path, body))
        root = urllib.parse.urlsplit(URL)
        request = urllib.request.Request(f"{root.scheme}://{root.netloc}{self.path}", body, method=self.command)
        for name in ("authorization", "content-type"):
            if self.headers.get(name):
                request.add_header(name, self.headers[name])
        try:
            answer = urllib.request.urlopen(request)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            reply = answer.read()
        self.send_response(answer.status)
        self.send_header("content-type", answer.headers.get("content-type", "application/json"))
        self.send_header("content-length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
threading.Thread(target=server.serve_forever, daemon=True).start()
BASE = f"http://127.0.0.1:{server.server_port}/api/v3"
names = {}  # identifiers that the service chose, and what stands for them in the record


def request_of(method, target, body):
    """A request as the record keeps it: decoded, without the token, with names for chosen identifiers."""
    path, _, query = target.partition("?")
    path = urllib.parse.unquote_plus(path.removeprefix("/api/v3"))
    pairs = [(key, value) for key, value in urllib.parse.parse_qsl(query) if key != "access_token"]
    shown = {"method": method, "path": path}
    if pairs:
        shown["query"] = dict(pairs)
    if body:
        shown["body"] = json.loads(body)
    text = json.dumps(shown)
    for known, name in names.items():
        text = text.replace(known, name)
    return json.loads(text)


def call(name, function):
    """Calls a method and records the first request that it makes."""
    before = len(seen)
    try:
        return function()
    finally:
        if len(seen) > before:
            calls[name] = request_of(*seen[before])


def check(function):
    """Runs a check at once; a failure is reported and the next one goes on."""
    start = time.monotonic()
    name = function.__name__
    try:
        note = function() or ""
        passed.append(name)
        print(f"ok    {name:<36}{time.monotonic() - start:6.2f} s  {note}", flush=True)
    except Exception as error:  # Whatever pyscicat trips over is what we want to see.
        failed.append(name)
        print(f"FAIL  {name:<36}{type(error).__name__}: {error}", flush=True)
    return function


def equal(found, wanted, what):
    if found != wanted:
        raise AssertionError(f"{what}: {found!r}, expected {wanted!r}")


def refused(function, words):
    """The call is refused with these words."""
    try:
        answer = function()
    except ScicatCommError as error:
        if words not in error.message:
            raise AssertionError(f"refused with {error.message!r}, expected {words!r}") from error
        return
    raise AssertionError(f"not refused: {answer!r}")


client = call("login", lambda: ScicatClient(BASE, username=USER, password=PASSWORD))


def raw(**changes):
    fields = {
        "owner": "Ada Example", "ownerGroup": "ALS-11532", "accessGroups": ["8.3.2"],
        "contactEmail": "ada@example.org", "sourceFolder": "/data/raw", "datasetName": "scan_0042",
        "creationTime": TIME, "principalInvestigator": "Ada Example", "creationLocation": "Beamline 8.3.2",
        "proposalId": "ALS-11532", "sampleId": "bone", "instrumentId": "8.3.2", "dataFormat": "DX",
        "description": "scan 0042", "keywords": ["scan", "0042"], "scientificMetadata": {"/a": 1},
    }
    return RawDataset(**{**fields, **changes})


pid = call("datasets_create", lambda: client.datasets_create(raw()))
names[pid] = "PID"


@check
def a_wrong_password_is_refused():
    try:
        from_credentials(BASE, USER, "wrong")
    except ScicatLoginError:
        return
    raise AssertionError("not refused")


@check
def login_gets_a_token_that_a_token_client_uses():
    client.login()
    equal(from_credentials(BASE, USER, PASSWORD).datasets_get_one(pid)["pid"], pid, "pid")
    other = from_token(BASE, client._token)
    equal(other.datasets_get_one(pid)["pid"], pid, "pid")


@check
def datasets_get_one():
    found = call("datasets_get_one", lambda: client.datasets_get_one(pid))
    equal(found["scientificMetadata"], {"/a": 1}, "metadata")
    equal(found["creationTime"], TIME, "time")
    refused(lambda: client.datasets_get_one("20.500.12345/none"), "not found")


@check
def datasets_create_derived():
    derived = DerivedDataset(
        owner="Ada Example", ownerGroup="ALS-11532", accessGroups=["8.3.2"], contactEmail="ada@example.org",
        sourceFolder="/data/recon", datasetName="recon_0042", creationTime=TIME, investigator="Ada Example",
        inputDatasets=[pid], usedSoftware=["tomopy 1.15"], jobParameters={"algorithm": "gridrec"},
    )
    made = call("datasets_create derived", lambda: client.create_dataset(derived))
    equal(client.get_dataset_by_pid(made)["inputDatasets"], [pid], "inputs")


@check
def what_a_dataset_lacks_is_named():
    refused(lambda: client.upload_new_dataset(raw(contactEmail="a@b.org, c@d.org")), "contactEmail")
    refused(lambda: client.datasets_create(raw(creationTime="2026-03-01 12:00:00")), "creationTime")


@check
def datasets_get_many():
    find = lambda fields: client.datasets_get_many(fields)  # noqa: E731
    found = call("datasets_get_many", lambda: find({"datasetName": "scan_0042"}))
    equal([one["pid"] for one in found], [pid], "by name")
    equal(find({"ownerGroup": "ALS-11532"}), [], "a text that is a date to JavaScript")
    equal(len(find({"ownerGroup": {"inq": ["ALS-11532"]}})), 2, "in a list it is a text")
    equal([one["pid"] for one in find({"datasetName": {"like": "SCAN"}})], [pid], "by a part")
    refused(lambda: find({"datasetName": {"like": "2023"}}), "$regex has to be a string")
    equal(len(find(None)), 2, "all")


@check
def datasets_find():
    find = lambda fields: client.datasets_find(query_fields=fields)  # noqa: E731
    found = call("datasets_find", lambda: find({"ownerGroup": ["ALS-11532"]}))
    equal(len(found), 2, "by a list")
    equal(len(find({"text": "tomopy"})), 1, "by text")
    equal(len(client.datasets_find(skip=1, limit=5)), 1, "from the second on")
    refused(lambda: find({"ownerGroup": "ALS-11532"}), "Internal server error")


@check
def datasets_origdatablock_create():
    file = DataFile(path="/data/raw/scan_0042.h5", size=7, time=TIME)
    block = CreateDatasetOrigDatablockDto(size=7, dataFileList=[file])
    create = client.datasets_origdatablock_create
    made = call("datasets_origdatablock_create", lambda: create(pid, block))
    equal(made["datasetId"], pid, "dataset")
    client.upload_dataset_origdatablock(pid, block)
    equal(client.datasets_get_one(pid)["size"], 14, "sizes are added")
    timeless = CreateDatasetOrigDatablockDto(size=7, dataFileList=[DataFile(path="a", size=7)])
    refused(lambda: client.create_dataset_origdatablock(pid, timeless), "dataFileList.0.time must be")
    refused(lambda: create("none", block), "not found")


@check
def datasets_origdatablocks_get_one():
    found = call("datasets_origdatablocks_get_one", lambda: client.datasets_origdatablocks_get_one(pid))
    equal([block["size"] for block in found], [7, 7], "sizes")


@check
def datasets_attachment_create():
    attachment = Attachment(
        datasetId=pid, thumbnail="data:image/png;base64,AAEC", caption="raw image", ownerGroup="ALS-11532",
        accessGroups=["8.3.2"],
    )
    made = call("datasets_attachment_create", lambda: client.datasets_attachment_create(attachment))
    equal(made["datasetId"], pid, "dataset")
    client.upload_attachment(attachment)


@check
def datasets_update_always_fails():
    update = lambda: client.datasets_update(raw(description="new"), pid)  # noqa: E731
    refused(lambda: call("datasets_update", update), "property type should not exist")


@check
def datasets_delete_needs_another_right():
    refused(lambda: call("datasets_delete", lambda: client.datasets_delete(pid)), "Forbidden resource")


@check
def samples():
    sample = lambda **more: Sample(ownerGroup="ALS-11532", owner="Ada Example", **more)  # noqa: E731
    made = call("samples_create", lambda: client.samples_create(sample(sampleId="bone", description="a bone")))
    equal(made, "bone", "identifier")
    refused(lambda: client.upload_sample(sample(sampleId="bone")), "Internal server error")
    call("samples_update", lambda: client.samples_update(sample(sampleId="bone", description="two bones")))
    found = call("samples_get_one", lambda: client.samples_get_one("bone"))
    equal(found["description"], "two bones", "description")
    found = call("samples_get_many", lambda: client.samples_get_many({"description": "two bones"}))
    equal([one["sampleId"] for one in found], ["bone"], "by description")


@check
def proposals():
    fields = {"proposalId": "ALS-11532", "ownerGroup": "ALS-11532", "email": "ada@example.org"}
    refused(lambda: client.proposals_create(Proposal(**fields)), "title must be a string")
    proposal = lambda title: Proposal(title=title, **fields)  # noqa: E731
    equal(call("proposals_create", lambda: client.proposals_create(proposal("Bones"))), "ALS-11532", "identifier")
    refused(lambda: client.upload_proposal(proposal("Bones")), "Conflict")
    call("proposals_update", lambda: client.proposals_update(proposal("More bones")))
    found = call("proposals_get_one", lambda: client.proposals_get_one("ALS-11532"))
    equal(found["title"], "More bones", "title")


@check
def instruments():
    create = lambda: client.instruments_create(Instrument(name="Tomography"))  # noqa: E731
    refused(lambda: call("instruments_create", create), "uniqueName must be a string")
    document = json.dumps({"uniqueName": "tomo", "name": "Tomography"}).encode()
    request = urllib.request.Request(f"{URL}/instruments", document, method="POST")
    request.add_header("content-type", "application/json")
    request.add_header("authorization", f"Bearer {client._token}")
    with urllib.request.urlopen(request) as answer:
        made = json.load(answer)["pid"]
    names[made] = "INSTRUMENT"
    found = call("instruments_get_one", lambda: client.instruments_get_one(pid=made))
    equal(found["name"], "Tomography", "name")
    by_name = lambda: client.get_instrument(name="nothing like it")  # noqa: E731
    equal(call("instruments_get_one by name", by_name)["pid"], made, "its condition is not read")
    update = lambda: client.instruments_update(Instrument(pid=made, name="Tomo"))  # noqa: E731
    equal(call("instruments_update", update), made, "identifier")


@check
def published_data_get_many():
    equal(call("published_data_get_many", client.published_data_get_many), [], "publications")
    client.find_published_data({"doi": "10.1/x"})


@check
def a_token_that_has_ended_is_a_stranger_s():
    request = urllib.request.Request(f"{CONTROL}/sim/advance", b'{"seconds": 3601}', method="POST")
    request.add_header("content-type", "application/json")
    urllib.request.urlopen(request).close()
    equal(client.datasets_get_many({}), [], "a list is empty, not refused")
    refused(lambda: client.datasets_create(raw()), "Forbidden resource")
    client.login()
    equal(len(client.datasets_get_many({})), 2, "after another login")


@check
def every_method_was_called():
    own = [name for name, value in vars(ScicatClient).items() if callable(value)]
    methods = {getattr(ScicatClient, name).__name__ for name in own if not name.startswith("_")}
    called = {name.split(" ")[0] for name in calls}
    equal(sorted(methods - called), [], "not called")
    return f"{len(methods)} methods"


@check
def what_was_sent_is_what_the_record_says():
    if "--write" in sys.argv[2:]:
        CALLS.write_text(json.dumps(calls, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        return "written"
    recorded = json.loads(CALLS.read_text(encoding="utf-8"))
    equal(sorted(calls), sorted(recorded), "calls")
    for name, request in calls.items():
        equal(request, recorded[name], name)
    return f"{len(calls)} calls"


print(f"{len(passed)} passed, {len(failed)} failed")
sys.exit(1 if failed else 0)
