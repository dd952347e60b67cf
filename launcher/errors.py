class LauncherError(Exception):
    """Something that a person can put right; the message is the whole sentence they are shown."""
