#!/usr/bin/env python3
"""Drives the unchanged Globus SDK for Python against a running service-sim.

    globus_sdk_peer.py READY_JSON

READY_JSON is what `service-sim --ready-json` writes: where its services listen and which folder is behind each
collection. Every check says what it found; bytes are compared on disk. Exit status: 0 when every check passed,
1 when one failed, 2 when the file names a host that is not this machine.
(The file is not named after the SDK's module: Python would import it instead.)
"""

import hashlib
import json
import os
import pathlib
import sys
import time
import urllib.parse
import urllib.request
import uuid

READY = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
for name, value in READY["env"].items():
    if "SERVICE_URL" in name and urllib.parse.urlsplit(value).hostname not in ("127.0.0.1", "localhost", "::1"):
        print(f"{name}={value} is not on this machine")
        sys.exit(2)
os.environ.update(READY["env"])  # The SDK reads its addresses when a client is made.
os.environ["NO_PROXY"] = "127.0.0.1,localhost,::1"

import globus_sdk  # noqa: E402
from globus_sdk.scopes import GCSCollectionScopes, TransferScopes  # noqa: E402

CLIENT_ID, CLIENT_SECRET = os.environ["GLOBUS_CLIENT_ID"], os.environ["GLOBUS_CLIENT_SECRET"]
SOURCE, DESTINATION = READY["collections"]["spot832"], READY["collections"]["data832"]
FOLDER = f"/data/sdk-{uuid.uuid4().hex[:8]}"
SCAN = os.urandom(300_000)
HOSTILE = "a b 'c' \"d\" $(e) \u00fc -f.h5"
WAIT = 60  # seconds for any one task; they take a fraction of one

passed, failed = [], []


def check(function):
    """Runs a check at once; a failure is reported and the next one goes on."""
    start = time.monotonic()
    name = function.__name__
    try:
        note = function() or ""
        passed.append(name)
        print(f"ok    {name:<28}{time.monotonic() - start:6.2f} s  {note}", flush=True)
    except globus_sdk.GlobusAPIError as error:
        failed.append(name)
        print(f"FAIL  {name:<28}HTTP {error.http_status} {error.code}: {error.message}", flush=True)
    except Exception as error:  # Whatever the SDK trips over is what we want to see.
        failed.append(name)
        print(f"FAIL  {name:<28}{type(error).__name__}: {error}", flush=True)
    return function


def equal(found, wanted, what):
    if found != wanted:
        raise AssertionError(f"{what}: {found!r}, expected {wanted!r}")


def present(document, *keys):
    missing = [key for key in keys if key not in document]
    if missing:
        raise AssertionError(f"no {', '.join(missing)} in {sorted(document.keys())}")


def refused(call, status, code):
    """The call must end in an error document that the SDK can read."""
    try:
        call()
    except globus_sdk.GlobusAPIError as error:
        equal(error.http_status, status, "status")
        if code not in (error.code or ""):
            raise AssertionError(f"code {error.code!r}, expected one with {code!r}") from error
        return f"{error.http_status} {error.code}"
    raise AssertionError("the call succeeded")


def on_disk(collection, path):
    return pathlib.Path(collection["dir"] + path)


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write(collection, path, data):
    file = on_disk(collection, path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)


def transfer_data(items, **options):
    options.setdefault("notify_on_succeeded", False)
    data = globus_sdk.TransferData(SOURCE["uuid"], DESTINATION["uuid"], **options)
    for source, destination in items:
        data.add_item(source, destination, recursive=source.endswith("/"))
    return data


def ended(task_id, status="SUCCEEDED"):
    if not transfer.task_wait(task_id, timeout=WAIT, polling_interval=1):
        raise AssertionError(f"still ACTIVE after {WAIT} s")
    task = transfer.get_task(task_id)
    equal(task["status"], status, "status")
    return task


write(SOURCE, f"{FOLDER}/scan.h5", SCAN)
write(SOURCE, f"{FOLDER}/{HOSTILE}", b"hostile")
write(SOURCE, f"{FOLDER}/tree/one.h5", b"one")
write(SOURCE, f"{FOLDER}/tree/deep/two.h5", b"two" * 1000)

auth = globus_sdk.ConfidentialAppAuthClient(CLIENT_ID, CLIENT_SECRET)


@check
def token():
    answer = auth.oauth2_client_credentials_tokens(TransferScopes.all)
    mine = answer.by_resource_server["transfer.api.globus.org"]
    present(mine, "access_token", "scope", "expires_at_seconds")
    if mine["expires_at_seconds"] < time.time() + 60:
        raise AssertionError("the SDK would renew a token this short-lived on every call")


@check
def wrong_secret():
    wrong = globus_sdk.ConfidentialAppAuthClient(CLIENT_ID, "not-the-secret")
    try:
        wrong.oauth2_client_credentials_tokens(TransferScopes.all)
    except globus_sdk.AuthAPIError as error:
        equal(error.http_status, 401, "status")
        equal(error.raw_json.get("error"), "invalid_client", "error")
        return
    raise AssertionError("a wrong secret was accepted")


transfer = globus_sdk.TransferClient(
    authorizer=globus_sdk.ClientCredentialsAuthorizer(auth, TransferScopes.all)
)


@check
def wrong_token():
    stranger = globus_sdk.TransferClient(authorizer=globus_sdk.AccessTokenAuthorizer("nobody's"))
    return refused(lambda: stranger.get_submission_id(), 401, "Authentication")


@check
def tokens_for_several_services():
    data_access = GCSCollectionScopes(SOURCE["uuid"]).data_access.with_optional(True)
    scopes = [TransferScopes.all.with_dependency(data_access), "openid", "profile"]
    by_server = auth.oauth2_client_credentials_tokens(scopes).by_resource_server
    equal(sorted(by_server), ["auth.globus.org", "transfer.api.globus.org"], "resource servers")
    token = by_server["auth.globus.org"]["access_token"]
    person = globus_sdk.AuthClient(authorizer=globus_sdk.AccessTokenAuthorizer(token)).userinfo()
    equal(person["preferred_username"], f"{CLIENT_ID}@clients.auth.globus.org", "user name")
    told = auth.oauth2_token_introspect(token)
    equal((told["active"], told["scope"], told["client_id"]), (True, "openid profile", CLIENT_ID), "introspection")
    auth.oauth2_revoke_token(token)
    equal(auth.oauth2_token_introspect(token)["active"], False, "active after revoking")


@check
def dependent_tokens():
    token = auth.oauth2_client_credentials_tokens("openid").by_resource_server["auth.globus.org"]["access_token"]
    answer = auth.oauth2_get_dependent_tokens(token, scope=str(TransferScopes.all))
    present(answer.by_resource_server["transfer.api.globus.org"], "access_token", "expires_at_seconds")


@check
def a_person_logs_in():
    native = globus_sdk.NativeAppAuthClient("b61613f8-0da8-4be7-81aa-1c89f2c0fe9f")
    native.oauth2_start_flow(TransferScopes.all, refresh_tokens=True)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    page = opener.open(native.oauth2_get_authorize_url()).read().decode()
    tokens = native.oauth2_exchange_code_for_tokens(page.split("<code>")[1].split("</code>")[0])
    mine = tokens.by_resource_server["transfer.api.globus.org"]
    authorizer = globus_sdk.RefreshTokenAuthorizer(mine["refresh_token"], native)
    globus_sdk.TransferClient(authorizer=authorizer).get_submission_id()
    native.oauth2_revoke_token(mine["refresh_token"])
    try:
        native.oauth2_refresh_token(mine["refresh_token"])
    except globus_sdk.AuthAPIError as error:
        equal(error.raw_json["error"], "invalid_grant", "error")
        return
    raise AssertionError("a revoked refresh token was taken")


@check
def consent():
    mapped = READY["collections"]["alcf_home832"]["uuid"]
    try:
        transfer.operation_ls(mapped, path="/")
    except globus_sdk.TransferAPIError as error:
        if not error.info.consent_required:
            raise AssertionError("the SDK does not see that a consent is wanted") from error
        scopes = error.info.consent_required.required_scopes
    else:
        raise AssertionError("a mapped collection was listed without a consent")
    token = auth.oauth2_client_credentials_tokens(scopes).by_resource_server["transfer.api.globus.org"]
    opened = globus_sdk.TransferClient(authorizer=globus_sdk.AccessTokenAuthorizer(token["access_token"]))
    opened.operation_ls(mapped, path="/")


@check
def collections():
    endpoint = transfer.get_endpoint(SOURCE["uuid"])
    equal((endpoint["DATA_TYPE"], endpoint["id"]), ("endpoint", SOURCE["uuid"]), "endpoint")
    present(endpoint, "display_name", "entity_type", "owner_id")
    found = transfer.endpoint_search("832", filter_non_functional=False, limit=2)
    equal((found["DATA_TYPE"], len(found["DATA"]), found["has_next_page"]), ("endpoint_list", 2, True), "a page")
    ids = [one["id"] for one in transfer.paginated.endpoint_search("832").items()]
    equal(len(ids), len(set(ids)), "collections, each once")
    if SOURCE["uuid"] not in ids:
        raise AssertionError(f"{SOURCE['uuid']} is not found among {ids}")


@check
def access_rules():
    rule = {"DATA_TYPE": "access", "principal_type": "identity", "principal": str(uuid.uuid4()),
            "path": "/data/", "permissions": "r"}
    rule_id = transfer.add_endpoint_acl_rule(DESTINATION["uuid"], rule)["access_id"]
    transfer.update_endpoint_acl_rule(DESTINATION["uuid"], rule_id, {"permissions": "rw"})
    equal(transfer.get_endpoint_acl_rule(DESTINATION["uuid"], rule_id)["permissions"], "rw", "permissions")
    listed = [one["id"] for one in transfer.endpoint_acl_list(DESTINATION["uuid"])]
    equal(rule_id in listed, True, "listed")
    equal(transfer.delete_endpoint_acl_rule(DESTINATION["uuid"], rule_id)["code"], "Deleted", "code")


@check
def ls():
    listing = transfer.operation_ls(SOURCE["uuid"], path=FOLDER, orderby=["name"])
    equal(listing["DATA_TYPE"], "file_list", "DATA_TYPE")
    entries = {entry["name"]: entry for entry in listing}
    equal(sorted(entries), sorted(["scan.h5", HOSTILE, "tree"]), "names")
    equal((entries["scan.h5"]["type"], entries["scan.h5"]["size"]), ("file", len(SCAN)), "scan.h5")
    equal(entries["tree"]["type"], "dir", "type of tree")
    present(entries["scan.h5"], "DATA_TYPE", "last_modified", "permissions")


@check
def ls_filtered():
    names = [entry["name"] for entry in
             transfer.operation_ls(SOURCE["uuid"], path=FOLDER, filter={"type": "file", "name": "~*.h5"})]
    equal(sorted(names), sorted(["scan.h5", HOSTILE]), "files by name")
    large = transfer.operation_ls(SOURCE["uuid"], path=FOLDER, filter={"type": "file", "size": ">1000"}, show_hidden=False)
    equal([entry["name"] for entry in large], ["scan.h5"], "files by size")


@check
def ls_of_nothing():
    return refused(lambda: transfer.operation_ls(SOURCE["uuid"], path=f"{FOLDER}/none/"), 404, "NotFound")


@check
def ls_of_unknown_collection():
    return refused(lambda: transfer.operation_ls(str(uuid.uuid4()), path="/"), 404, "EndpointNotFound")


@check
def stat():
    entry = transfer.operation_stat(SOURCE["uuid"], path=f"{FOLDER}/{HOSTILE}")
    equal((entry["name"], entry["type"], entry["size"]), (HOSTILE, "file", 7), "entry")


@check
def stat_of_nothing():
    return refused(lambda: transfer.operation_stat(SOURCE["uuid"], path=f"{FOLDER}/none.h5"), 404, "NotFound")


@check
def mkdir():
    answer = transfer.operation_mkdir(DESTINATION["uuid"], FOLDER)
    equal((answer["DATA_TYPE"], answer["code"]), ("mkdir_result", "DirectoryCreated"), "answer")
    equal(on_disk(DESTINATION, FOLDER).is_dir(), True, "a folder on disk")


@check
def submission_id():
    value = transfer.get_submission_id()["value"]
    equal(str(uuid.UUID(value)), value, "value")


files = [(f"{FOLDER}/scan.h5", f"{FOLDER}/scan.h5"), (f"{FOLDER}/{HOSTILE}", f"{FOLDER}/{HOSTILE}")]
first = transfer_data([*files, (f"{FOLDER}/tree/", f"{FOLDER}/tree/")], label=f"scan {FOLDER[-8:]}",
                      sync_level="checksum", verify_checksum=True)
task_ids = []


@check
def submit():
    answer = transfer.submit_transfer(first)
    present(answer, "task_id", "submission_id", "message", "request_id", "resource")
    equal(answer["DATA_TYPE"], "transfer_result", "DATA_TYPE")
    equal(answer["submission_id"], first["submission_id"], "submission_id")
    # After a lost reply the SDK sends the same document again, and the service says that it knows it.
    if answer["code"] not in ("Accepted", "Duplicate"):
        raise AssertionError(f"code {answer['code']}")
    task_ids.append(answer["task_id"])
    return answer["code"]


@check
def submit_again():
    answer = transfer.submit_transfer(first)
    equal((answer["code"], answer["task_id"]), ("Duplicate", task_ids[0]), "code and task")


@check
def submit_with_unknown_id():
    stray = transfer_data(files, submission_id=str(uuid.uuid4()))
    return refused(lambda: transfer.submit_transfer(stray), 400, "BadRequest")


@check
def submit_nothing():
    return refused(lambda: transfer.submit_transfer(transfer_data([])), 400, "BadRequest")


@check
def task_wait():
    task = ended(task_ids[0])
    present(task, "nice_status", "request_time", "completion_time", "deadline", "faults", "owner_id",
            "subtasks_total", "subtasks_succeeded", "effective_bytes_per_second")
    equal((task["DATA_TYPE"], task["type"], task["sync_level"]), ("task", "TRANSFER", 3), "task")
    equal(task["label"], first["label"], "label")
    equal((task["files"], task["files_transferred"]), (4, 4), "files")
    equal(task["bytes_transferred"], len(SCAN) + 7 + 3 + 3000, "bytes_transferred")
    equal((task["source_endpoint_id"], task["destination_endpoint_id"]),
          (SOURCE["uuid"], DESTINATION["uuid"]), "endpoints")


@check
def bytes_on_disk():
    for name in ("scan.h5", HOSTILE, "tree/one.h5", "tree/deep/two.h5"):
        path = f"{FOLDER}/{name}"
        equal(sha256(on_disk(DESTINATION, path)), sha256(on_disk(SOURCE, path)), f"sha256 of {name}")
    names = sorted(entry.name for entry in on_disk(DESTINATION, FOLDER).iterdir())
    equal(names, sorted(["scan.h5", HOSTILE, "tree"]), "names (nothing temporary is left)")


@check
def successful_transfers():
    pairs = {(item["source_path"], item["destination_path"])
             for item in transfer.paginated.task_successful_transfers(task_ids[0]).items()}
    wanted = set(files) | {(f"{FOLDER}/tree/{name}",) * 2 for name in ("one.h5", "deep/two.h5")}
    equal(pairs, wanted, "pairs")


@check
def skipped_errors():
    equal(list(transfer.paginated.task_skipped_errors(task_ids[0]).items()), [], "skipped errors")


@check
def events():
    answer = transfer.task_event_list(task_ids[0])
    codes = [event["code"] for event in answer]
    equal((codes[0], codes[-1]), ("SUCCEEDED", "STARTED"), "newest and oldest event")
    present(answer["DATA"][0], "DATA_TYPE", "description", "details", "is_error", "time")


@check
def sync_again():
    again = transfer.submit_transfer(transfer_data(files, sync_level="checksum"))["task_id"]
    task_ids.append(again)
    task = ended(again)
    equal((task["files_transferred"], task["files_skipped"]), (0, 2), "files transferred and skipped")


@check
def task_list():
    listed = transfer.task_list(filter={"task_id": task_ids, "status": "SUCCEEDED"})
    present(listed, "DATA", "total", "limit", "offset")
    equal(sorted(task["task_id"] for task in listed), sorted(task_ids), "tasks")
    labelled = list(transfer.paginated.task_list(filter=f"label:{first['label']}").items())
    equal([task["task_id"] for task in labelled], task_ids[:1], "tasks with this label")


@check
def unknown_task():
    return refused(lambda: transfer.get_task(str(uuid.uuid4())), 404, "NotFound")


@check
def rename():
    before, after = f"{FOLDER}/scan.h5", f"{FOLDER}/renamed.h5"
    answer = transfer.operation_rename(DESTINATION["uuid"], before, after)
    equal(answer["code"], "FileRenamed", "code")
    equal((on_disk(DESTINATION, before).exists(), sha256(on_disk(DESTINATION, after))),
          (False, hashlib.sha256(SCAN).hexdigest()), "old name, new content")


def delete_task(path, **options):
    data = globus_sdk.DeleteData(DESTINATION["uuid"], notify_on_failed=False, **options)
    data.add_item(path)
    return transfer.submit_delete(data)


@check
def delete():
    answer = delete_task(f"{FOLDER}/renamed.h5", label="delete one")
    equal(answer["DATA_TYPE"], "delete_result", "DATA_TYPE")
    equal(ended(answer["task_id"])["type"], "DELETE", "type")
    equal(on_disk(DESTINATION, f"{FOLDER}/renamed.h5").exists(), False, "still there")
    equal(on_disk(DESTINATION, f"{FOLDER}/{HOSTILE}").exists(), True, "its neighbour")


@check
def delete_of_nothing():
    task = ended(delete_task(f"{FOLDER}/none.h5")["task_id"], "FAILED")
    equal(task["fatal_error"]["code"], "FILE_NOT_FOUND", "fatal_error")
    ended(delete_task(f"{FOLDER}/none.h5", ignore_missing=True)["task_id"])


@check
def delete_of_folder():
    ended(delete_task(f"{FOLDER}/tree", recursive=True)["task_id"])
    equal(on_disk(DESTINATION, f"{FOLDER}/tree").exists(), False, "still there")


@check
def filter_rules_and_skipped_errors():
    data = transfer_data([(f"{FOLDER}/tree/", f"{FOLDER}/some/"), (f"{FOLDER}/none.h5", f"{FOLDER}/none.h5")],
                         skip_source_errors=True)
    data.add_filter_rule("deep", method="exclude", type="dir")
    task = ended(transfer.submit_transfer(data)["task_id"])
    equal(on_disk(DESTINATION, f"{FOLDER}/some/one.h5").exists(), True, "what is not excluded")
    equal(on_disk(DESTINATION, f"{FOLDER}/some/deep").exists(), False, "what is excluded")
    skipped = list(transfer.paginated.task_skipped_errors(task["task_id"]).items())
    equal([(one["error_code"], one["source_path"]) for one in skipped],
          [("FILE_NOT_FOUND", f"{FOLDER}/none.h5")], "skipped")


@check
def a_paused_task():
    missing = transfer_data([(f"{FOLDER}/later.h5", f"{FOLDER}/later.h5")])
    task_id = transfer.submit_transfer(missing)["task_id"]
    transfer.endpoint_manager_pause_tasks([task_id], "maintenance")
    equal(transfer.get_task(task_id)["is_paused"], True, "is_paused")
    equal(transfer.task_pause_info(task_id)["source_pause_message"], "maintenance", "message")
    write(SOURCE, f"{FOLDER}/later.h5", b"later")
    transfer.endpoint_manager_resume_tasks([task_id])
    ended(task_id)


@check
def a_deadline_that_passes():
    missing = transfer_data([(f"{FOLDER}/never.h5", f"{FOLDER}/never.h5")])
    task_id = transfer.submit_transfer(missing)["task_id"]
    past = {"DATA_TYPE": "task", "deadline": "2020-01-01T00:00:00+00:00"}
    equal(transfer.update_task(task_id, past)["code"], "Updated", "code")
    equal(ended(task_id, "FAILED")["fatal_error"]["code"], "EXPIRED", "fatal_error")


@check
def cancel():
    missing = transfer_data([(f"{FOLDER}/none.h5", f"{FOLDER}/none.h5")])
    task_id = transfer.submit_transfer(missing)["task_id"]
    deadline = time.monotonic() + WAIT
    while transfer.get_task(task_id)["nice_status"] != "FILE_NOT_FOUND":
        if time.monotonic() > deadline:
            raise AssertionError("a missing source did not show as FILE_NOT_FOUND")
        time.sleep(0.1)
    equal(transfer.get_task(task_id)["status"], "ACTIVE", "status of a task that waits for its source")
    equal(transfer.cancel_task(task_id)["code"], "Canceled", "code")
    equal(ended(task_id, "FAILED")["files_transferred"], 0, "files_transferred")
    equal(transfer.cancel_task(task_id)["code"], "TaskComplete", "code of a second cancel")
    return "FILE_NOT_FOUND, then cancelled"


print(f"{len(passed)} passed, {len(failed)} failed")
sys.exit(1 if failed else 0)
