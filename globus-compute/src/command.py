def run_command(argv, cwd=None, env=None, timeout=None, keep=100000):
    """Runs a command; kills its whole process group when its time is up."""
    import os
    import signal
    import subprocess
    import tempfile
    import time

    def tail(stream):
        size = stream.seek(0, os.SEEK_END)
        # A character has at most four bytes; the first one of the tail may be cut.
        stream.seek(max(0, size - 4 * keep))
        text = stream.read().decode("utf-8", "replace")
        return text[-keep:] if keep else ""

    environment = dict(os.environ)
    environment.update(env or {})
    start = time.monotonic()
    timed_out = False
    # Files and not pipes: a grandchild that keeps a pipe open would keep the worker waiting.
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            argv, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True
        )
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
            timed_out = True
        return {
            "returncode": process.returncode,
            "stdout": tail(out),
            "stderr": tail(err),
            "timed_out": timed_out,
            "seconds": round(time.monotonic() - start, 3),
        }
