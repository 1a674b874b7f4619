def fenced(argv, cwd, timeout, claim, keep=20000):
    """Runs a command, once for its claim, a folder; kills its whole process group when its time is up.

    Whoever finds the claim taken runs nothing and answers what is on record there.
    """
    import json
    import os
    import signal
    import subprocess
    import tempfile
    import time

    def tail(stream):
        size = stream.seek(0, os.SEEK_END)
        # A character has at most four bytes; the first one of the tail may be cut.
        stream.seek(max(0, size - 4 * keep))
        return stream.read().decode("utf-8", "replace")[-keep:]

    def leave(name, record):
        if claim is None:
            return
        path = os.path.join(claim, name)
        with open(path + ".part", "w", encoding="utf-8") as file:
            json.dump(record, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(path + ".part", path)

    def left(name):
        try:
            with open(os.path.join(claim, name), encoding="utf-8") as file:
                return json.load(file)
        except (OSError, ValueError):
            return {}

    task = os.environ.get("GC_TASK_UUID")
    if claim is not None:
        os.makedirs(os.path.dirname(claim), exist_ok=True)
        try:
            os.mkdir(claim)
        except FileExistsError:
            age = max(0.0, time.time() - os.stat(claim).st_mtime)
            return dict(left("outcome.json"), duplicate=True, owner=left("owner.json").get("task"), age=age)
        leave("owner.json", {"task": task})

    start = time.monotonic()
    outcome = {"returncode": 127, "stdout": "", "stderr": "", "timed_out": False}
    # Files and not pipes: a grandchild that keeps a pipe open would keep the worker waiting.
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            process = subprocess.Popen(
                argv, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True
            )
        except (OSError, ValueError) as error:
            outcome["stderr"] = "the command could not be started: %s" % error
        else:
            try:
                process.wait(timeout)
            except BaseException as error:
                try:
                    os.killpg(process.pid, signal.SIGKILL)
                except OSError:
                    pass
                process.wait()
                if not isinstance(error, subprocess.TimeoutExpired):
                    raise
                outcome["timed_out"] = True
            outcome.update(returncode=process.returncode, stdout=tail(out), stderr=tail(err))
    outcome["seconds"] = round(time.monotonic() - start, 3)
    leave("outcome.json", outcome)
    return dict(outcome, duplicate=False, owner=task)
