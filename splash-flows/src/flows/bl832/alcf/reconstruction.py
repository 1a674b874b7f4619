def reconstruction_wrapper(rundir, script_path, h5_file_name, folder_path, python="python", timeout=1200, claim=None):
    """Reconstructs a scan by the site's script, which runs in the folder of the raw data."""
    # fenced(argv, cwd, timeout, claim) is put here
    return fenced([python, script_path, h5_file_name, folder_path], rundir, timeout, claim)
