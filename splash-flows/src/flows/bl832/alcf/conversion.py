def conversion_wrapper(rundir, script_path, recon_path, raw_path, python="python", timeout=1200, claim=None):
    """Makes a multi-resolution volume of a scan's slices by the site's script."""
    # fenced(argv, cwd, timeout, claim) is put here
    return fenced([python, script_path, recon_path, "--raw_file", raw_path], rundir, timeout, claim)
