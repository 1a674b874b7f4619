"""What runs that do nothing cost: by our worker and by Prefect's own process worker, on one server.

The server's database is PostgreSQL, as facilities have it: on SQLite it stands still for a minute at a time under 50 runs.
Arguments: the program of our worker, Prefect's version, the folder of PostgreSQL's programs. Run by `cargo xtask bench --only worker` with the Python of the pinned Prefect.
"""

import asyncio
import contextlib
import datetime
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

TICKS = os.sysconf("SC_CLK_TCK")
BIN = pathlib.Path(sys.executable).parent
NOOP = '''from prefect import flow


@flow
def noop():
    pass
'''


def stat(pid):
    text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    return text[text.rindex(")") + 2 :].split()


def cpu(pid):
    """CPU seconds of a process and of its children that have ended."""
    return sum(int(field) for field in stat(pid)[11:15]) / TICKS


def memory(pid, field):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    return 0.0


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextlib.contextmanager
def postgresql(programs):
    """A PostgreSQL of our own, and its address as SQLAlchemy writes it. PostgreSQL refuses to be root."""
    with tempfile.TemporaryDirectory(prefix="prefect-figures-db-") as folder:
        other = {}
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody", "nogroup")
            other = {"user": "nobody", "group": "nogroup", "extra_groups": []}
        data, port = f"{folder}/data", str(free_port())
        with open(f"{folder}/log", "wb") as log:
            to = {"cwd": folder, "stdout": log, "stderr": log, **other}
            make = [f"{programs}/initdb", "--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "-D", data]
            subprocess.run(make, check=True, **to)
            serve = [f"{programs}/postgres", "-D", data, "-p", port, "-c", "listen_addresses=127.0.0.1", "-k", folder]
            server = subprocess.Popen(serve, start_new_session=True, **to)
            try:
                ask = [f"{programs}/pg_isready", "-q", "-h", "127.0.0.1", "-p", port]
                deadline = time.monotonic() + 120
                while subprocess.run(ask, **to).returncode != 0:
                    if server.poll() is not None or time.monotonic() > deadline:
                        sys.exit(f"PostgreSQL did not come up: {pathlib.Path(folder, 'log').read_text()[-2000:]}")
                    time.sleep(0.1)
                yield f"postgresql+asyncpg://postgres@127.0.0.1:{port}/postgres"
            finally:
                server.send_signal(signal.SIGINT)
                server.wait()


def environment(home, port, database):
    return {
        **os.environ,
        "HOME": home,
        "PREFECT_HOME": home,
        "PREFECT_PROFILES_PATH": f"{home}/profiles.toml",
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_API_DATABASE_CONNECTION_URL": database,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def start(command, env, log):
    with open(log, "ab") as out:
        return subprocess.Popen(command, env=env, stdout=out, stderr=out, start_new_session=True)


def end(process):
    os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def ready(port):
    for _ in range(1200):
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{port}/api/health", timeout=2).status
        except OSError:
            time.sleep(0.1)
    sys.exit("the server did not come up")


async def online(client, pool):
    for _ in range(1200):
        workers = await client.read_workers_for_work_pool(pool)
        if any(worker.status and worker.status.value == "ONLINE" for worker in workers):
            return
        await asyncio.sleep(0.1)
    sys.exit(f"no worker came up in {pool}")


def count_of(deployment, state):
    """How many runs of a deployment are in a state; the server counts, so that looking costs it little."""
    of = {"deployments": {"id": {"any_": [str(deployment)]}}, "flow_runs": {"state": {"type": {"any_": [state]}}}}
    request = urllib.request.Request(
        os.environ["PREFECT_API_URL"] + "/flow_runs/count",
        json.dumps(of).encode(),
        {"content-type": "application/json"},
    )
    try:
        return json.load(urllib.request.urlopen(request, timeout=60))
    except OSError:
        # The server is busy.
        return 0


async def measure(client, pool, folder, worker, count):
    """Creates runs that are due now, and waits until all are Completed."""
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.exceptions import ObjectAlreadyExists

    try:
        await client.create_work_pool(WorkPoolCreate(name=pool, type="process"))
    except ObjectAlreadyExists:
        pass
    flow = await client.create_flow_from_name("noop")
    deployment = await client.create_deployment(
        flow, name=pool, work_pool_name=pool, entrypoint="noop.py:noop", path=str(folder), pull_steps=None,
        parameter_openapi_schema={"type": "object", "properties": {}},
    )
    process = worker()
    await online(client, pool)
    await asyncio.sleep(12)
    idle, before = memory(process.pid, "VmRSS"), cpu(process.pid)
    begun = time.monotonic()
    for _ in range(count):
        await client.create_flow_run_from_deployment(deployment)
    created = time.monotonic() - begun
    completed, since = 0, datetime.datetime.now()
    while completed < count:
        if datetime.datetime.now() - since > datetime.timedelta(minutes=10):
            sys.exit(f"{pool}: {completed} of {count} are Completed after 10 minutes")
        await asyncio.sleep(0.2)
        completed = count_of(deployment, "COMPLETED")
    took = time.monotonic() - begun
    # Children are counted when they have been waited for.
    await asyncio.sleep(3)
    spent, peak = cpu(process.pid) - before, memory(process.pid, "VmHWM")
    end(process)
    print(
        f"{pool}: {count} runs Completed {took:.1f} s after the first was asked for (asking took {created:.1f} s), "
        f"{spent / count:.3f} CPU-s a run, idle {idle:.0f} MiB, peak of the worker itself {peak:.0f} MiB",
        flush=True,
    )


async def figures(program, folder, env):
    from prefect.client.orchestration import get_client

    def ours(pool, limit):
        return lambda: start([program, pool], {**env, "WORKER_LIMIT": str(limit)}, folder / "ours.log")

    def theirs(pool):
        command = [BIN / "prefect", "worker", "start", "--pool", pool, "--type", "process"]
        return lambda: start(command, env, folder / "theirs.log")

    async with get_client() as client:
        await measure(client, "ours", folder, ours("ours", 50), 10)
        await measure(client, "process-worker", folder, theirs("process-worker"), 10)
        await measure(client, "ours-500", folder, ours("ours-500", 50), 500)


def main():
    program, version, programs = sys.argv[1:]
    with postgresql(programs) as database, tempfile.TemporaryDirectory(prefix="prefect-figures-") as home:
        port, folder = free_port(), pathlib.Path(home)
        (folder / "noop.py").write_text(NOOP)
        env = environment(home, port, database)
        command = [BIN / "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
        server = start(command, env, folder / "server.log")
        try:
            ready(port)
            load = os.getloadavg()[0]
            print(f"Prefect {version} on PostgreSQL, {os.cpu_count()} processors, load {load:.1f} before", flush=True)
            os.environ.update(env)
            asyncio.run(figures(program, folder, env))
        finally:
            end(server)


if __name__ == "__main__":
    main()
