#!/usr/bin/env python3
"""Compares what the Globus SDK for Python and our clients send for the same calls.

    globus_wire_peer.py GLOBUS_CALLS

Both make every call once at a server in this process, which records it: the SDK here, ours by GLOBUS_CALLS, the
example of peer-tests. Method, path, query (as a multiset), body and the kind of credentials must agree. Where they do
not, DIFFERENCES says so and why; a difference that is listed and not there fails too. Exit status: 0 they agree, 1 they
do not.
"""

import base64
import http.server
import json
import os
import subprocess
import sys
import threading
import urllib.parse
import urllib.request

os.environ["NO_PROXY"] = "127.0.0.1"
for name in list(os.environ):
    if name.startswith("GLOBUS_"):
        del os.environ[name]

SOURCE = "11111111-aaaa-4bbb-8ccc-000000000001"
DESTINATION = "22222222-aaaa-4bbb-8ccc-000000000002"
TASK = "7c1d0000-0000-4000-8000-00000000000b"
SUBMISSION = "5b9e4f0a-0000-4000-8000-00000000000a"
VERIFIER = "verifier-of-a-login-that-is-43-characters-and-more"
REDIRECT = "https://app.example/back"
DAY = "2026-12-01T08:00:00+00:00"
ALL = "urn:globus:auth:scope:transfer.api.globus.org:all"
GROUPS = "urn:globus:auth:scope:groups.api.globus.org:all"

# By call: what differs (a part of the request), and why that is meant.
DIFFERENCES = {
    "TransferClient.task_list": (
        "query", "ours always says which page it wants: the service's own default is ten items"),
    "TransferClient.task_event_list": (
        "query", "ours always says which page it wants: the service's own default is ten items"),
    "TransferClient.endpoint_search": (
        "query", "a page is 100 at most; ours asks for no more, the SDK sends what it was given"),
    "TransferClient.get_shared_endpoint_list": (
        "query", "a page is 1000 at most; ours asks for no more, the SDK sends what it was given"),
    "NativeAppAuthClient.oauth2_token": (
        "body", "a native client names itself; with the SDK the caller has to"),
    **{f"{client}.{call}": ("credentials", "what everybody may read is asked for without credentials")
       for client in ("AuthClient", "ConfidentialAppAuthClient") for call in ("get_jwk", "get_openid_configuration")},
}

seen = []


class Recorder(http.server.BaseHTTPRequestHandler):
    """Keeps each request and answers with something that every call can read."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        url = urllib.parse.urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        kind = (self.headers.get("Content-Type") or "").split(";")[0]
        seen.append({
            "method": self.command,
            "path": urllib.parse.unquote(url.path),
            "query": sorted(urllib.parse.parse_qsl(url.query, keep_blank_values=True)),
            "body": self.read(kind, body),
            "credentials": self.credentials(),
        })
        document = json.dumps(self.document(url.path, body)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(document)))
        self.end_headers()
        self.wfile.write(document)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def read(self, kind, body):
        if not body:
            return None
        if kind == "application/x-www-form-urlencoded":
            return ["form", sorted(map(list, urllib.parse.parse_qsl(body.decode(), keep_blank_values=True)))]
        return [kind, json.loads(body)]

    def credentials(self):
        scheme, _, value = (self.headers.get("Authorization") or "none").partition(" ")
        if scheme.lower() == "basic":
            user, _, secret = base64.b64decode(value).decode().partition(":")
            return ["basic", urllib.parse.unquote(user), urllib.parse.unquote(secret)]
        return [scheme.lower(), value]

    @staticmethod
    def document(path, body):
        token = {"access_token": "t", "scope": "s", "expires_in": 172800, "token_type": "Bearer",
                 "resource_server": "r", "other_tokens": []}
        if path.endswith("/oauth2/token"):
            return [token] if b"dependent_token" in body else token
        if path == "/jwk.json":
            return {"keys": [{"kid": "k"}]}
        # What a list, a task, a submission and a page need.
        return {"value": SUBMISSION, "DATA": [], "data": [], "status": "SUCCEEDED", "has_next_page": False,
                "total": 0, "offset": 0, "limit": 1000, "identities": [], "jwks_uri": "http://127.0.0.1/jwk.json"}

    def log_message(self, *_arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
threading.Thread(target=server.serve_forever, daemon=True).start()
BASE = f"http://127.0.0.1:{server.server_port}/"
os.environ["GLOBUS_SDK_SERVICE_URL_AUTH"] = os.environ["GLOBUS_SDK_SERVICE_URL_TRANSFER"] = BASE

import globus_sdk  # noqa: E402  (after its addresses are set)

bearer = globus_sdk.AccessTokenAuthorizer("the-token")
t = globus_sdk.TransferClient(authorizer=bearer)
a = globus_sdk.AuthClient(authorizer=bearer)
c = globus_sdk.ConfidentialAppAuthClient("the-client", "the-secret")
n = globus_sdk.NativeAppAuthClient("the-native-client")


def transfer():
    data = globus_sdk.TransferData(SOURCE, DESTINATION, submission_id=SUBMISSION)
    data.add_item("/a", "/b")
    return t.submit_transfer(data)


def delete():
    data = globus_sdk.DeleteData(SOURCE, submission_id=SUBMISSION)
    data.add_item("/a")
    return t.submit_delete(data)


def tunnel():
    ends = {"initiator": "a-1", "listener": "a-2"}
    relationships = {key: {"data": {"type": "StreamAccessPoint", "id": value}} for key, value in ends.items()}
    attributes = {"label": "scan 17", "lifetime_mins": 60, "restartable": True, "submission_id": SUBMISSION}
    return t.create_tunnel({"data": {"type": "Tunnel", "attributes": attributes, "relationships": relationships}})


def opened(url):
    """What a browser does with the link of a login."""
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url).read()


def confidential_login():
    c.oauth2_start_flow(REDIRECT, "openid", state="s")
    return opened(c.oauth2_get_authorize_url())


def confidential_code():
    c.oauth2_start_flow(REDIRECT, "openid", state="s")
    return c.oauth2_exchange_code_for_tokens("code-of-a-login")


def native_login():
    n.oauth2_start_flow(["openid", ALL], state="s", verifier=VERIFIER, refresh_tokens=True, prefill_named_grant="host")
    return opened(n.oauth2_get_authorize_url(
        session_message="why", session_required_identities=["i", "j"], session_required_mfa=True, prompt="login",
        session_required_single_domain=["lbl.gov", "als.gov"], session_required_policies=["p", "q"]))


def native_code():
    n.oauth2_start_flow("openid", state="s", verifier=VERIFIER)
    return n.oauth2_exchange_code_for_tokens("code-of-a-login")


MANAGER_LIST = {
    "filter_status": ["ACTIVE", "INACTIVE"], "filter_task_id": [TASK, "t-2"], "filter_owner_id": "i-1",
    "filter_endpoint": SOURCE, "filter_endpoint_use": "source", "filter_is_paused": True,
    "filter_completion_time": "2026-12-01T08:00:00Z,", "filter_min_faults": 1, "filter_local_user": "alice", "last_key": "k",
}

TRANSFER = {
    "cancel_task": lambda: t.cancel_task(TASK),
    "get_submission_id": lambda: t.get_submission_id(),
    "get_task": lambda: t.get_task(TASK),
    "operation_ls": lambda: t.operation_ls(SOURCE, path="/data/"),
    "operation_mkdir": lambda: t.operation_mkdir(SOURCE, "/data/new"),
    "operation_rename": lambda: t.operation_rename(SOURCE, "/a", "/b"),
    "operation_stat": lambda: t.operation_stat(SOURCE, path="/a"),
    "submit_delete": delete,
    "submit_transfer": transfer,
    "task_event_list": lambda: t.task_event_list(TASK),
    "task_list": lambda: t.task_list(),
    "task_pause_info": lambda: t.task_pause_info(TASK),
    "task_skipped_errors": lambda: t.task_skipped_errors(TASK),
    "task_successful_transfers": lambda: t.task_successful_transfers(TASK),
    "task_wait": lambda: t.task_wait(TASK, timeout=1, polling_interval=1),
    "update_task": lambda: t.update_task(TASK, {"DATA_TYPE": "task", "label": "scan 17 run 3", "deadline": DAY}),
    "add_endpoint_acl_rule": lambda: t.add_endpoint_acl_rule(SOURCE, {
        "DATA_TYPE": "access", "principal_type": "identity", "principal": "i-1", "path": "/data/", "permissions": "rw",
        "notify_email": "a@example.org", "notify_message": "m", "expiration_date": DAY}),
    "add_endpoint_role": lambda: t.add_endpoint_role(SOURCE, {
        "DATA_TYPE": "role", "principal_type": "group", "principal": "g-1", "role": "access_manager"}),
    "create_shared_endpoint": lambda: t.create_shared_endpoint({
        "DATA_TYPE": "shared_endpoint", "host_endpoint": SOURCE, "host_path": "/data/", "display_name": "Data",
        "description": "d", "public": False, "organization": "o"}),
    "delete_endpoint": lambda: t.delete_endpoint(SOURCE),
    "delete_endpoint_acl_rule": lambda: t.delete_endpoint_acl_rule(SOURCE, "r-1"),
    "delete_endpoint_role": lambda: t.delete_endpoint_role(SOURCE, "r-1"),
    "endpoint_acl_list": lambda: t.endpoint_acl_list(SOURCE),
    "endpoint_role_list": lambda: t.endpoint_role_list(SOURCE),
    "endpoint_search": lambda: t.endpoint_search(
        "beamline 832", filter_scope="my-endpoints", filter_owner_id="i-1", filter_host_endpoint=SOURCE,
        filter_non_functional=False, filter_entity_type="GCSv5_guest_collection", limit=1000, offset=20),
    "endpoint_server_list": lambda: t.endpoint_server_list(SOURCE),
    "get_endpoint": lambda: t.get_endpoint(SOURCE),
    "get_endpoint_acl_rule": lambda: t.get_endpoint_acl_rule(SOURCE, "r-1"),
    "get_endpoint_role": lambda: t.get_endpoint_role(SOURCE, "r-1"),
    "get_endpoint_server": lambda: t.get_endpoint_server(SOURCE, 985),
    "get_shared_endpoint_list": lambda: t.get_shared_endpoint_list(SOURCE, max_results=5000, next_token="n1"),
    "my_effective_pause_rule_list": lambda: t.my_effective_pause_rule_list(SOURCE),
    "my_shared_endpoint_list": lambda: t.my_shared_endpoint_list(SOURCE),
    "set_subscription_admin_verified": lambda: t.set_subscription_admin_verified(SOURCE, True),
    "set_subscription_id": lambda: t.set_subscription_id(SOURCE, "DEFAULT"),
    "update_endpoint": lambda: t.update_endpoint(SOURCE, {
        "DATA_TYPE": "endpoint", "display_name": "Beamline", "public": True, "max_concurrency": 4,
        "description": None}),
    "update_endpoint_acl_rule": lambda: t.update_endpoint_acl_rule(
        SOURCE, "r-1", {"DATA_TYPE": "access", "permissions": "r"}),
    "bookmark_list": lambda: t.bookmark_list(),
    "create_bookmark": lambda: t.create_bookmark({
        "DATA_TYPE": "bookmark", "name": "raw", "endpoint_id": SOURCE, "path": "/raw/", "pinned": True}),
    "delete_bookmark": lambda: t.delete_bookmark("b-1"),
    "get_bookmark": lambda: t.get_bookmark("b-1"),
    "update_bookmark": lambda: t.update_bookmark("b-1", {"DATA_TYPE": "bookmark", "name": "new"}),
    "endpoint_manager_acl_list": lambda: t.endpoint_manager_acl_list(SOURCE),
    "endpoint_manager_cancel_status": lambda: t.endpoint_manager_cancel_status("c-1"),
    "endpoint_manager_cancel_tasks": lambda: t.endpoint_manager_cancel_tasks([TASK, "t-2"], "maintenance"),
    "endpoint_manager_create_pause_rule": lambda: t.endpoint_manager_create_pause_rule({
        "DATA_TYPE": "pause_rule", "endpoint_id": SOURCE, "message": "maintenance", "identity_id": "i-1",
        "start_time": DAY, "pause_ls": True, "pause_task_delete": False}),
    "endpoint_manager_delete_pause_rule": lambda: t.endpoint_manager_delete_pause_rule("p-1"),
    "endpoint_manager_get_endpoint": lambda: t.endpoint_manager_get_endpoint(SOURCE),
    "endpoint_manager_get_pause_rule": lambda: t.endpoint_manager_get_pause_rule("p-1"),
    "endpoint_manager_get_task": lambda: t.endpoint_manager_get_task(TASK),
    "endpoint_manager_hosted_endpoint_list": lambda: t.endpoint_manager_hosted_endpoint_list(SOURCE),
    "endpoint_manager_monitored_endpoints": lambda: t.endpoint_manager_monitored_endpoints(),
    "endpoint_manager_pause_rule_list": lambda: t.endpoint_manager_pause_rule_list(filter_endpoint=SOURCE),
    "endpoint_manager_pause_tasks": lambda: t.endpoint_manager_pause_tasks([TASK], "maintenance"),
    "endpoint_manager_resume_tasks": lambda: t.endpoint_manager_resume_tasks([TASK]),
    "endpoint_manager_task_event_list": lambda: t.endpoint_manager_task_event_list(
        TASK, filter_is_error=True, limit=20, offset=5),
    "endpoint_manager_task_list": lambda: t.endpoint_manager_task_list(**MANAGER_LIST),
    "endpoint_manager_task_pause_info": lambda: t.endpoint_manager_task_pause_info(TASK),
    "endpoint_manager_task_skipped_errors": lambda: t.endpoint_manager_task_skipped_errors(TASK, marker="93979"),
    "endpoint_manager_task_successful_transfers": lambda: t.endpoint_manager_task_successful_transfers(TASK),
    "endpoint_manager_update_pause_rule": lambda: t.endpoint_manager_update_pause_rule(
        "p-1", {"DATA_TYPE": "pause_rule", "message": "soon over", "pause_rename": False}),
    "create_tunnel": tunnel,
    "delete_tunnel": lambda: t.delete_tunnel("u-1"),
    "get_stream_access_point": lambda: t.get_stream_access_point("a-1"),
    "get_tunnel": lambda: t.get_tunnel("u-1"),
    "get_tunnel_events": lambda: t.get_tunnel_events("u-1"),
    "list_tunnels": lambda: t.list_tunnels(),
    "update_tunnel": lambda: t.update_tunnel("u-1", {"data": {"type": "Tunnel", "attributes": {
        "state": "STOPPING", "listener_ip_address": "10.0.0.1", "listener_port": 5000,
        "initiator_ip_address": "10.0.0.2", "initiator_port": 5001}}}),
}

CONFIDENTIAL = {
    "oauth2_client_credentials_tokens": lambda: c.oauth2_client_credentials_tokens([ALL, "openid"]),
    "oauth2_get_authorize_url": confidential_login,
    "oauth2_exchange_code_for_tokens": confidential_code,
    "oauth2_refresh_token": lambda: c.oauth2_refresh_token("refresh"),
    "oauth2_get_dependent_tokens": lambda: c.oauth2_get_dependent_tokens(
        "token", refresh_tokens=True, scope=["a", "b"]),
    "oauth2_revoke_token": lambda: c.oauth2_revoke_token("token"),
    "oauth2_token": lambda: c.oauth2_token({"grant_type": "of another kind"}),
    "oauth2_token_introspect": lambda: c.oauth2_token_introspect("token", include="session_info,identity_set_detail"),
    "get_jwk": lambda: c.get_jwk(openid_configuration={"jwks_uri": BASE + "jwk.json"}),
    "get_openid_configuration": lambda: c.get_openid_configuration(),
    "create_child_client": lambda: c.create_child_client("child", public_client=False),
}

NATIVE = {
    "oauth2_get_authorize_url": native_login,
    "oauth2_exchange_code_for_tokens": native_code,
    "oauth2_refresh_token": lambda: n.oauth2_refresh_token("refresh"),
    "oauth2_revoke_token": lambda: n.oauth2_revoke_token("token"),
    "oauth2_token": lambda: n.oauth2_token({"grant_type": "of another kind"}),
    "get_jwk": lambda: n.get_jwk(openid_configuration={"jwks_uri": BASE + "jwk.json"}),
    "get_openid_configuration": lambda: n.get_openid_configuration(),
    "create_native_app_instance": lambda: n.create_native_app_instance("the-native-client", "here"),
}

AUTH = {
    "userinfo": lambda: a.userinfo(),
    "get_jwk": lambda: a.get_jwk(openid_configuration={"jwks_uri": BASE + "jwk.json"}),
    "get_openid_configuration": lambda: a.get_openid_configuration(),
    "get_identities": lambda: a.get_identities(usernames=["a@lbl.gov", "b@lbl.gov"], provision=True),
    "get_identity_providers": lambda: a.get_identity_providers(ids=["a", "b"]),
    "get_consents": lambda: a.get_consents("i", all=True),
    "get_projects": lambda: a.get_projects(),
    "get_project": lambda: a.get_project("p"),
    "create_project": lambda: a.create_project("name", "a@lbl.gov", admin_ids=["i"], admin_group_ids=["g"]),
    "update_project": lambda: a.update_project(
        "p", display_name="n", contact_email="e", admin_ids=["i"], admin_group_ids=["g"]),
    "delete_project": lambda: a.delete_project("p"),
    "get_policies": lambda: a.get_policies(),
    "get_policy": lambda: a.get_policy("p"),
    "create_policy": lambda: a.create_policy(
        project_id="p", display_name="name", description="what", high_assurance=True,
        authentication_assurance_timeout=35, required_mfa=False, domain_constraints_include=["lbl.gov"],
        domain_constraints_exclude=None),
    "update_policy": lambda: a.update_policy(
        "p", project_id="q", display_name="n", description="d", domain_constraints_include=None,
        domain_constraints_exclude=[]),
    "delete_policy": lambda: a.delete_policy("p"),
    "get_clients": lambda: a.get_clients(),
    "get_client": lambda: a.get_client(client_id="c"),
    "create_client": lambda: a.create_client(
        "name", "p", client_type="confidential_client", visibility="private", redirect_uris=[REDIRECT],
        required_idp="i", preselect_idp="j", terms_and_conditions="https://a.example",
        privacy_policy="https://b.example"),
    "update_client": lambda: a.update_client("c", name="n", visibility="public", required_idp=None),
    "delete_client": lambda: a.delete_client("c"),
    "get_client_credentials": lambda: a.get_client_credentials("c"),
    "create_client_credential": lambda: a.create_client_credential("c", "name"),
    "delete_client_credential": lambda: a.delete_client_credential("c", "d"),
    "get_scopes": lambda: a.get_scopes(scope_strings=[ALL, GROUPS]),
    "get_scope": lambda: a.get_scope("s"),
    "create_scope": lambda: a.create_scope(
        "c", "name", "what", "manage", advertised=True, allows_refresh_token=False, required_domains=["lbl.gov"],
        dependent_scopes=[globus_sdk.DependentScopeSpec("s", True, True)]),
    "update_scope": lambda: a.update_scope("s", name="n", description="d", scope_suffix="x", dependent_scopes=[]),
    "delete_scope": lambda: a.delete_scope("s"),
}

CALLS = {
    f"{kind}.{name}": call
    for kind, calls in {"TransferClient": TRANSFER, "ConfidentialAppAuthClient": CONFIDENTIAL,
                        "NativeAppAuthClient": NATIVE, "AuthClient": AUTH}.items()
    for name, call in calls.items()
}


def of_the_sdk():
    """Each call's last request: those before it only prepare it."""
    found = {}
    for name, call in CALLS.items():
        seen.clear()
        call()
        if not seen:
            raise SystemExit(f"{name}: the SDK sent nothing")
        found[name] = seen[-1]
    return found


def of_ours():
    seen.clear()
    ran = subprocess.run([sys.argv[1], BASE], stdout=subprocess.PIPE, text=True, check=True)
    names = ran.stdout.split()
    if len(names) != len(seen):
        raise SystemExit(f"{len(names)} calls of ours made {len(seen)} requests")
    return dict(zip(names, list(seen)))


theirs, ours = of_the_sdk(), of_ours()
failures = [f"only one side makes {name}" for name in sorted(theirs.keys() ^ ours.keys())]
for name in sorted(theirs.keys() & ours.keys()):
    differs = sorted(part for part in theirs[name] if theirs[name][part] != ours[name][part])
    expected, reason = DIFFERENCES.get(name, (None, None))
    if differs == [expected]:
        print(f"differs  {name}: {expected}: {reason}")
        continue
    if expected and not differs:
        failures.append(f"{name}: no longer differs; take it out of DIFFERENCES")
    failures += [f"{name}: {part}\n    SDK  {theirs[name][part]}\n    ours {ours[name][part]}" for part in differs]
for failure in failures:
    print(f"FAIL  {failure}")
print(f"{len(ours)} calls: {len(ours) - len(DIFFERENCES) - len(failures)} alike, {len(DIFFERENCES)} differ for a reason,"
      f" {len(failures)} failures")
sys.exit(1 if failures else 0)
