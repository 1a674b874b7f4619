#!/usr/bin/env python3
"""Drives the unchanged Globus SDK's Compute and Flows clients against a running service-sim.

    globus_sdk_compute_peer.py READY_JSON

READY_JSON is what `service-sim --ready-json` writes. Exit status: 0 when every check passed, 1 when one failed, 2 when
the file names a host that is not this machine.
"""

import json
import os
import pathlib
import sys
import time
import urllib.parse

READY = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
for name, value in READY["env"].items():
    if "SERVICE_URL" in name and urllib.parse.urlsplit(value).hostname not in ("127.0.0.1", "localhost", "::1"):
        print(f"{name}={value} is not on this machine")
        sys.exit(2)
os.environ.update(READY["env"])  # The SDK reads its addresses when a client is made.
os.environ["NO_PROXY"] = "127.0.0.1,localhost,::1"

import globus_sdk  # noqa: E402
from globus_sdk.scopes import ComputeScopes, FlowsScopes  # noqa: E402

ENDPOINT = os.environ["GLOBUS_COMPUTE_ENDPOINT"]
WAIT = 60  # seconds for any one task; they take a fraction of one
JSON = "globus_compute_sdk.serialize.concretes.JSONData"
failed = []
state = {}


def check(function):
    """Runs a check at once; a failure is reported and the next one goes on."""
    start = time.monotonic()
    try:
        note = function() or ""
        print(f"ok    {function.__name__:<28}{time.monotonic() - start:6.2f} s  {note}", flush=True)
    except globus_sdk.GlobusAPIError as error:
        failed.append(function.__name__)
        print(f"FAIL  {function.__name__:<28}HTTP {error.http_status} {error.code}: {error.text}", flush=True)
    except Exception as error:  # Whatever the SDK trips over is what we want to see.
        failed.append(function.__name__)
        print(f"FAIL  {function.__name__:<28}{type(error).__name__}: {error}", flush=True)


def equal(found, wanted, what):
    if found != wanted:
        raise AssertionError(f"{what}: {found!r}, expected {wanted!r}")


def pack(*buffers):
    return "".join(f"{len(buffer)}\n{buffer}" for buffer in buffers)


def ended(task_id):
    deadline = time.monotonic() + WAIT
    while time.monotonic() < deadline:
        task = v2.get_task(task_id)
        if task["status"] in ("success", "failed"):
            return task
        time.sleep(0.2)
    raise AssertionError(f"still {task['status']} after {WAIT} s")


auth = globus_sdk.ConfidentialAppAuthClient(os.environ["GLOBUS_CLIENT_ID"], os.environ["GLOBUS_CLIENT_SECRET"])
authorizer = globus_sdk.ClientCredentialsAuthorizer(auth, ComputeScopes.all)
v2 = globus_sdk.ComputeClientV2(authorizer=authorizer)
v3 = globus_sdk.ComputeClientV3(authorizer=authorizer)


@check
def versions():
    return v2.get_version(service="all")["api"]


@check
def endpoints():
    equal([endpoint["uuid"] for endpoint in v2.get_endpoints().data], [ENDPOINT], "endpoints")
    equal(v2.get_endpoint(ENDPOINT)["uuid"], ENDPOINT, "uuid")
    equal(v3.get_endpoint_allowlist(ENDPOINT)["restricted"], False, "restricted")
    return v2.get_endpoint_status(ENDPOINT)["status"]


@check
def functions():
    source = "def add(a, b=1):\n    return {'sum': a + b}\n"
    document = {"function_name": "add", "function_code": pack("st\nadd:" + source), "public": False}
    state["function"] = v3.register_function(document)["function_uuid"]
    equal(v2.get_function(state["function"])["function_name"], "add", "name")
    other = v2.register_function(document)["function_uuid"]
    v2.delete_function(other)
    try:
        v2.get_function(other)
    except globus_sdk.GlobusAPIError as error:
        equal(error.http_status, 404, "status")
        return
    raise AssertionError("a deleted function is there")


@check
def submit():
    payloads = [pack(f"11\n[{n}]", '11\n{"b": 5}') for n in (1, 2)]
    body = {"tasks": {state["function"]: payloads}, "create_queue": False, "result_serializers": [JSON]}
    reply = v3.submit(ENDPOINT, body)
    state["tasks"], state["group"] = reply["tasks"][state["function"]], reply["task_group_id"]
    equal(len(state["tasks"]), 2, "tasks")


@check
def results():
    texts = [ended(task)["result"] for task in state["tasks"]]
    equal(texts, ['11\n{"sum": 6}', '11\n{"sum": 7}'], "results")


@check
def batch_and_group():
    equal(set(v2.get_task_batch(state["tasks"])["results"]), set(state["tasks"]), "batch")
    group = v2.get_task_group(state["group"])
    equal({task["id"] for task in group["tasks"]}, set(state["tasks"]), "group")


@check
def a_bogus_payload():
    reply = v3.submit(ENDPOINT, {"tasks": {state["function"]: ["payload"]}, "create_queue": False})
    task = ended(reply["tasks"][state["function"]][0])
    equal(task["status"], "failed", "status")
    # Nor need the function be one: it is taken as it is, and each of its tasks fails with a reason.
    document = {"function_name": "howdy", "function_code": "410\n10\n04\n:gAS...", "description": "d", "public": False}
    function = v2.register_function(document)["function_uuid"]
    equal(v2.get_function(function)["function_uuid"], function, "function")
    reply = v3.submit(ENDPOINT, {"tasks": {function: ["payload-1", "payload-2"]}, "create_queue": False})
    tasks = reply["tasks"][function]
    equal(len(tasks), 2, "tasks")
    equal([ended(one)["status"] for one in tasks], ["failed", "failed"], "status")
    batch = v2.get_task_batch(tasks)["results"]
    equal([bool(batch[one]["reason"]) for one in tasks], [True, True], "reasons")
    equal({one["id"] for one in v2.get_task_group(reply["task_group_id"])["tasks"]}, set(tasks), "group")
    return task["reason"]


@check
def an_unknown_endpoint():
    try:
        v2.get_endpoint_status("00000000-0000-0000-0000-000000000000")
    except globus_sdk.GlobusAPIError as error:
        equal((error.http_status, error.code), (404, "ENDPOINT_NOT_FOUND"), "error")
        return
    raise AssertionError("the call succeeded")


flows = globus_sdk.FlowsClient(authorizer=globus_sdk.ClientCredentialsAuthorizer(auth, FlowsScopes.all))
DEFINITION = {
    "StartAt": "Add",
    "States": {
        "Add": {
            "Type": "Action",
            "ActionUrl": "https://compute.actions.globus.org/fxap",
            "Parameters": {"endpoint": ENDPOINT, "function.$": "$.function", "kwargs.$": "$.kwargs"},
            "ResultPath": "$.Added",
            "WaitTime": 60,
            "Next": "Done",
        },
        "Done": {"Type": "Pass", "End": True},
    },
}
SCHEMA = {"type": "object", "required": ["function"], "properties": {"function": {"type": "string"}}}


@check
def a_flow_is_made():
    flow = flows.create_flow("sdk flow", DEFINITION, SCHEMA, subtitle="s", keywords=["peer"])
    state["flow"] = flow["id"]
    equal(flows.get_flow(state["flow"])["definition"], DEFINITION, "definition")
    flows.validate_flow(DEFINITION, SCHEMA)
    flows.update_flow(state["flow"], title="sdk flow 2")
    listed = [flow["id"] for flow in flows.paginated.list_flows().items()]
    equal(state["flow"] in listed, True, "listed")
    mine = flows.list_flows(filter_roles="flow_owner", orderby="updated_at DESC")
    equal([state["flow"] in [flow["id"] for flow in mine["flows"]], mine["has_next_page"]], [True, False], "mine")


@check
def a_flow_that_echoes():
    """The smallest flow: a state that passes its input on."""
    echo = {"Type": "Pass", "Parameters": {"echo.$": "$.msg"}, "ResultPath": "$.out", "End": True}
    schema = {"type": "object", "properties": {"msg": {"type": "string"}}, "required": ["msg"],
              "additionalProperties": False}  # fmt: skip
    made = flows.create_flow("echo", {"StartAt": "S", "States": {"S": echo}}, schema, subtitle="s", keywords=["local"])
    for key in ("id", "title", "definition", "input_schema", "globus_auth_scope", "flow_owner"):
        equal(key in made, True, key)
    scope = f"https://auth.globus.org/scopes/{made['id']}/flow_{made['id'].replace('-', '_')}_user"
    equal(str(globus_sdk.SpecificFlowClient(made["id"]).scopes.user), scope, "scope")
    equal(made["globus_auth_scope"], scope, "the service's scope")
    one = globus_sdk.SpecificFlowClient(made["id"], authorizer=globus_sdk.ClientCredentialsAuthorizer(auth, scope))
    run = one.run_flow({"msg": "hi"}, label="run", tags=["t"])["run_id"]
    deadline = time.monotonic() + WAIT
    while flows.get_run(run)["status"] == "ACTIVE" and time.monotonic() < deadline:
        time.sleep(0.2)
    equal(flows.get_run(run)["details"]["output"]["out"], {"echo": "hi"}, "output")
    runs = flows.list_runs(filter_flow_id=made["id"])
    equal([[run["run_id"] for run in runs], runs["has_next_page"]], [[run], False], "runs")
    logged = flows.get_run_logs(run, limit=100, reverse_order=False)
    equal(logged["entries"][0]["code"], "FlowStarted", "first entry")
    for entry in logged:
        equal([key for key in ("time", "code", "description", "details") if key not in entry], [], "entry")
    equal(flows.get_run_logs(run, reverse_order=True)["entries"][0]["code"], "FlowSucceeded", "last entry")
    flows.delete_flow(made["id"])


@check
def a_flow_is_run():
    scopes = globus_sdk.SpecificFlowClient(state["flow"]).scopes.user
    own = globus_sdk.ClientCredentialsAuthorizer(auth, scopes)
    state["one"] = globus_sdk.SpecificFlowClient(state["flow"], authorizer=own)
    body = {"function": state["function"], "kwargs": {"a": 1, "b": 2}}
    state["one"].validate_run(body)
    state["run"] = state["one"].run_flow(body, label="peer", tags=["t"])["run_id"]
    deadline = time.monotonic() + WAIT
    while (run := flows.get_run(state["run"], include_flow_description=True))["status"] == "ACTIVE":
        if time.monotonic() > deadline:
            raise AssertionError(f"still ACTIVE after {WAIT} s")
        time.sleep(0.2)
    equal(run["status"], "SUCCEEDED", "status")
    equal(run["details"]["output"]["Added"]["details"]["result"], [{"sum": 3}], "result")


@check
def a_run_is_looked_at():
    runs = [run["run_id"] for run in flows.paginated.list_runs(filter_flow_id=state["flow"]).items()]
    equal(runs, [state["run"]], "runs")
    entries = list(flows.paginated.get_run_logs(state["run"], limit=2).items())
    equal([entries[0]["code"], entries[-1]["code"]], ["FlowStarted", "FlowSucceeded"], "log")
    equal(flows.get_run_definition(state["run"])["definition"], DEFINITION, "definition")
    flows.delete_run(state["run"])
    return f"{len(entries)} entries"


@check
def an_input_that_does_not_fit():
    try:
        state["one"].run_flow({"nope": 1})
    except globus_sdk.GlobusAPIError as error:
        equal((error.http_status, error.code), (400, "FLOW_INPUT_ERROR"), "error")
        return
    raise AssertionError("the input was taken")


@check
def a_flow_is_deleted():
    flows.delete_flow(state["flow"])
    try:
        flows.get_flow(state["flow"])
    except globus_sdk.GlobusAPIError as error:
        equal((error.http_status, error.code), (404, "NOT_FOUND"), "error")
        return
    raise AssertionError("a deleted flow is there")


sys.exit(1 if failed else 0)
