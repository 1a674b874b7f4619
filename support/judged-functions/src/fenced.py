def fenced(argv, cwd, timeout, claim, keep=20000):
    """Runs a command, once for its claim, a folder; kills its whole process group when its time is up.

    Whoever finds the claim taken runs nothing and answers what is on record there.
    """
    import json
    import os
    import signal
    import subprocess
    import sys
    import tempfile
    import textwrap
    import time

    # The command is exec'd by a process that first leaves a guard behind, in a session of its own: should this worker be
    # killed, nobody would keep the command's time limit any more, so the guard kills its group.
    guarded = textwrap.dedent(
        """
        import os, signal, sys
        pipe, argv, leader = int(sys.argv[1]), sys.argv[2:], os.getpid()
        if os.fork() == 0:
            if os.fork() == 0:
                os.setsid()
                os.chdir("/")
                null = os.open(os.devnull, os.O_RDWR)
                for stream in range(3):
                    os.dup2(null, stream)
                if os.read(pipe, 1) == b"":
                    os.killpg(leader, signal.SIGKILL)
            os._exit(0)
        os.wait()
        os.close(pipe)
        for name in ("SIGPIPE", "SIGXFSZ"):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
        try:
            os.execvp(argv[0], argv)
        except (OSError, ValueError) as error:
            sys.stderr.write("the command could not be started: %s" % error)
            sys.stderr.flush()
            os._exit(127)
        """
    )

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
        watched, alive = os.pipe()
        try:
            process = subprocess.Popen(
                [sys.executable or "python3", "-ISc", guarded, str(watched)] + argv,
                cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True, pass_fds=(watched,),
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
            # The command has ended: the guard may go.
            os.write(alive, b"x")
            outcome.update(returncode=process.returncode, stdout=tail(out), stderr=tail(err))
        finally:
            os.close(watched)
            os.close(alive)
    outcome["seconds"] = round(time.monotonic() - start, 3)
    leave("outcome.json", outcome)
    return dict(outcome, duplicate=False, owner=task)
