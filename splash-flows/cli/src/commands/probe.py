def probe():
    """Takes a second, and tells where it ran."""
    import platform
    import time

    begun = time.monotonic()
    time.sleep(1)
    return {"host": platform.node(), "python": platform.python_version(), "seconds": time.monotonic() - begun}
