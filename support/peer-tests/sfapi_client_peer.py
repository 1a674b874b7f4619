#!/usr/bin/env python3
"""Drives the unchanged sfapi_client against a running service-sim.

    sfapi_client_peer.py READY_JSON [--qos QOS]

READY_JSON is what `service-sim --ready-json` writes. The host's files are compared on disk. Every check says what it
found. Exit status: 0 when every check passed, 1 when one failed, 2 when the file names a host that is not this machine.
(The file is not named after the client's module: Python would import it instead.)
"""

import asyncio
import io
import json
import os
import pathlib
import sys
import time
import urllib.parse
import uuid
import warnings

warnings.filterwarnings("ignore")
os.environ["NO_PROXY"] = "127.0.0.1,localhost,::1"

from joserfc.jwk import RSAKey  # noqa: E402
from sfapi_client import AsyncClient, Client  # noqa: E402
from sfapi_client.exceptions import SfApiError  # noqa: E402
from sfapi_client.jobs import JobCommand, JobState  # noqa: E402

READY = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
ENV = READY["env"]
QOS = sys.argv[3] if len(sys.argv) > 3 else "regular"
for name in ("SFAPI_BASE_URL", "SFAPI_TOKEN_URL"):
    if urllib.parse.urlsplit(ENV[name]).hostname not in ("127.0.0.1", "localhost", "::1"):
        print(f"{name}={ENV[name]} is not on this machine")
        sys.exit(2)

MACHINE = "perlmutter"
WAIT = 90  # seconds for any one job; they take a fraction of that
ID = pathlib.Path(ENV["PATH_NERSC_CLIENT_ID"]).read_text(encoding="utf-8").strip()
JWK = json.loads(pathlib.Path(ENV["PATH_NERSC_PRI_KEY"]).read_text(encoding="utf-8"))
KEY_FILE = pathlib.Path(ENV["SFAPI_KEY"])
PEM = KEY_FILE.read_text(encoding="utf-8").split("\n", 1)[1]
SETTINGS = {"api_base_url": ENV["SFAPI_BASE_URL"], "token_url": ENV["SFAPI_TOKEN_URL"], "wait_interval": 1}
# The same folder as the host names it, and as it is here.
THERE = f"/pscratch/sd/a/alsdev/peer-{uuid.uuid4().hex[:8]}"
HERE = pathlib.Path(READY["collections"]["nersc832"]["dir"] + THERE)
BYTES = bytes(range(256))

CHECKS, failed = [], []


def check(name):
    """Notes a check; each is run with a client that has a token, and with the compute object of the machine."""

    def note(function):
        CHECKS.append((name, function))
        return function

    return note


def script(body, seconds=1):
    return (
        f"#!/bin/bash\n#SBATCH -q {QOS}\n#SBATCH -N 1\n#SBATCH -t 00:05:00\n#SBATCH -J peer\n"
        f"#SBATCH -o {THERE}/job-%j.out\nsleep {seconds}\n{body}\n"
    )


def equal(found, wanted):
    if found != wanted:
        raise AssertionError(f"{found!r}, not {wanted!r}")
    return found


async def refused(awaitable, words):
    """The client's error, which must hold these words."""
    try:
        found = await awaitable
    except SfApiError as error:
        assert words in error.message, error.message
        return error.message.splitlines()[0]
    raise AssertionError(f"no error but {found!r}")


class Upload(io.BytesIO):
    """What the client can upload: it asks for a name."""

    def __init__(self, content, filename):
        super().__init__(content)
        self.filename = filename


def anonymous():
    return AsyncClient(**SETTINGS)


@check("status of a machine, as a stranger")
async def _(client, compute):
    async with anonymous() as stranger:
        return equal((await stranger.compute(MACHINE)).name, MACHINE)


@check("status of all resources")
async def _(client, compute):
    async with anonymous() as stranger:
        found = await stranger.resources.status()
        assert MACHINE in found, found
        return len(found)


for what in ("outages", "planned_outages", "notes"):

    @check(what)
    async def _(client, compute, what=what):
        async with anonymous() as stranger:
            ask = getattr(stranger.resources, what)
            assert isinstance(await ask(), dict) and isinstance(await ask(MACHINE), list)


@check("an account is not shown to a stranger")
async def _(client, compute):
    async with anonymous() as stranger:
        http = await stranger._http_client()
        status = (await http.get(ENV["SFAPI_BASE_URL"] + "/account/")).status_code
        assert status in (401, 403), status
        return status


@check("changes and settings of the service")
async def _(client, compute):
    async with anonymous() as stranger:
        return len(await stranger.api.changelog()), len(await stranger.api.config())


@check("login with a JWK")
async def _(client, compute):
    async with AsyncClient(ID, JWK, **SETTINGS) as other:
        assert await other.token


@check("login with a PEM")
async def _(client, compute):
    async with AsyncClient(ID, PEM, **SETTINGS) as other:
        assert await other.token


@check("login with a key file in PEM")
async def _(client, compute):
    async with AsyncClient(key=str(KEY_FILE), **SETTINGS) as other:
        assert await other.token


@check("login with a key file in JSON")
async def _(client, compute):
    async with AsyncClient(key=str(KEY_FILE.with_name("key.json")), **SETTINGS) as other:
        assert await other.token


@check("a foreign key is refused")
async def _(client, compute):
    foreign = RSAKey.generate_key(2048).as_dict(private=True)
    try:
        async with AsyncClient(ID, foreign, **SETTINGS) as other:
            await other.token
    except Exception as error:
        assert "invalid_client" in str(error), error
        return str(error)
    raise AssertionError("taken")


@check("a token is used by another client")
async def _(client, compute):
    async with AsyncClient(access_token=await client.token, **SETTINGS) as other:
        return (await other.user()).name


@check("user")
async def _(client, compute):
    return (await client.user()).name


for what in ("projects", "roles", "groups", "clients"):

    @check(what + " of the user")
    async def _(client, compute, what=what):
        found = await getattr(await client.user(), what)()
        assert found
        return len(found)


@check("a script is submitted and completes")
async def _(client, compute):
    job = await compute.submit_job(script("echo done"))
    equal(await job.complete(timeout=WAIT), JobState.COMPLETED)
    equal((HERE / f"job-{job.jobid}.out").read_text(), "done\n")
    return job.jobid


@check("the accounting comes to know a new job")
async def _(client, compute):
    job, seen = await compute.submit_job(script("true")), set()
    for _ in range(2 * WAIT):
        try:
            seen.add((await compute.job(job.jobid, command=JobCommand.sacct)).state.value)
        except SfApiError:
            seen.add("not found")
        if "COMPLETED" in seen:
            return sorted(seen)
        await asyncio.sleep(0.5)
    raise AssertionError(seen)


@check("a script on the machine, with arguments")
async def _(client, compute):
    (HERE / "args.sh").write_text(script('echo "$1:$2"'))
    job = await compute.submit_job(f"{THERE}/args.sh", args=["x y", "z"])
    await job.complete(timeout=WAIT)
    return equal((HERE / f"job-{job.jobid}.out").read_text(), "x y:z\n")


@check("a script that is not there")
async def _(client, compute):
    return await refused(compute.submit_job(f"{THERE}/absent.sh"), "No such file or directory")


@check("what sbatch refuses")
async def _(client, compute):
    return await refused(compute.submit_job("#!/bin/bash\n#SBATCH --bogus-option\nhostname\n"), "bogus-option")


@check("a job that fails")
async def _(client, compute):
    job = await compute.submit_job(script("exit 3"))
    await job.complete(timeout=WAIT)
    return equal(job.state, JobState.FAILED)


@check("a running job is cancelled")
async def _(client, compute):
    job = await compute.submit_job(script("true", 120))
    await job.running(timeout=WAIT)
    await job.cancel(wait=True)
    return equal(job.state, JobState.CANCELLED)


@check("an unknown job")
async def _(client, compute):
    return await refused(compute.job("987654321"), "Job not found")


@check("jobs of a user, and several by their ids")
async def _(client, compute):
    user = (await client.user()).name
    jobs = [await compute.submit_job(script("true", 3)) for _ in range(2)]
    ids = {str(job.jobid) for job in jobs}
    assert ids <= {job.jobid for job in await compute.jobs(user=user)}
    found = await compute.jobs(jobids=[job.jobid for job in jobs], command=JobCommand.squeue)
    return equal({job.jobid for job in found}, ids)


@check("jobs at the same time")
async def _(client, compute):
    jobs = await asyncio.gather(*[compute.submit_job(script("true")) for _ in range(3)])
    states = await asyncio.gather(*[job.complete(timeout=WAIT) for job in jobs])
    return equal(states, [JobState.COMPLETED] * 3)


@check("a folder is listed")
async def _(client, compute):
    names = {path.name for path in await compute.ls(f"{THERE}/files")}
    assert {"one.txt", "bin.dat"} <= names and "." not in names, names
    return sorted(names)


@check("a folder itself")
async def _(client, compute):
    [path] = await compute.ls(f"{THERE}/files", directory=True)
    assert await path.is_dir()


@check("a file")
async def _(client, compute):
    [path] = await compute.ls(f"{THERE}/files/one.txt")
    assert await path.is_file()
    return equal(int(path.size), 6)


@check("a file that is not there")
async def _(client, compute):
    return await refused(compute.ls(f"{THERE}/absent"), "No such file or directory")


@check("text is downloaded")
async def _(client, compute):
    [path] = await compute.ls(f"{THERE}/files/one.txt")
    return equal((await path.download()).read(), "hello\n")


@check("bytes are downloaded")
async def _(client, compute):
    [path] = await compute.ls(f"{THERE}/files/bin.dat")
    equal((await path.download(binary=True)).read(), BYTES)


async def folder_of(compute):
    [folder] = await compute.ls(f"{THERE}/files", directory=True)
    return folder


@check("a file is uploaded into a folder")
async def _(client, compute):
    await (await folder_of(compute)).upload(Upload(b"up\n", "up.txt"))
    equal((HERE / "files/up.txt").read_bytes(), b"up\n")


@check("a file is uploaded under a new name")
async def _(client, compute):
    await ((await folder_of(compute)) / "new.bin").upload(Upload(BYTES, "x"))
    equal((HERE / "files/new.bin").read_bytes(), BYTES)


@check("three megabytes are uploaded")
async def _(client, compute):
    big = os.urandom(3_000_000)
    await (await folder_of(compute)).upload(Upload(big, "big.bin"))
    assert (HERE / "files/big.bin").read_bytes() == big


@check("a command as text")
async def _(client, compute):
    return equal((await compute.run("echo hi there")).strip(), "hi there")


@check("a command as a list")
async def _(client, compute):
    path = f"{THERE}/files/one.txt"
    return equal((await compute.run(["ls", path])).strip(), path)


@check("the exit code of a command")
async def _(client, compute):
    task = await compute.run_task("bash -c 'echo out; exit 4'")
    await task
    return equal((task.result.exit_code, task.result.output), (4, "out\n"))


@check("a command that fails")
async def _(client, compute):
    return await refused(compute.run("ls /no/such/dir"), "No such file or directory")


@check("a Globus transfer")
async def _(client, compute):
    storage = await client.storage.globus()
    transfer = await storage.start_transfer(MACHINE, "dtns", f"{THERE}/files", f"{THERE}/copy", label="peer")
    await transfer.complete(timeout=WAIT)
    equal((HERE / "copy/one.txt").read_text(), "hello\n")
    return transfer.transfer_id


@check("the client without async")
async def _(client, compute):
    def run():
        with Client(ID, JWK, **SETTINGS) as plain:
            job = plain.compute(MACHINE).submit_job(script("true"))
            job.complete(timeout=WAIT)
            return job.state

    return equal(await asyncio.to_thread(run), JobState.COMPLETED)


async def main():
    files = HERE / "files"
    files.mkdir(parents=True)
    (files / "one.txt").write_text("hello\n")
    (files / "bin.dat").write_bytes(BYTES)
    (files / "link").symlink_to("one.txt")
    async with AsyncClient(ID, JWK, **SETTINGS) as client:
        compute = await client.compute(MACHINE)
        for name, function in CHECKS:
            start = time.monotonic()
            try:
                note = await function(client, compute)
                print(f"ok    {name:<44}{time.monotonic() - start:6.2f} s  {'' if note is None else note}", flush=True)
            except Exception as error:  # Whatever the client trips over is what we want to see.
                failed.append(name)
                said = getattr(error, "message", None) or error
                print(f"FAIL  {name:<44}{type(error).__name__}: {said}", flush=True)
    print(f"{len(CHECKS) - len(failed)} of {len(CHECKS)} checks passed")


asyncio.run(main())
sys.exit(1 if failed else 0)
