"""A very small process that outlives the launcher for one purpose: to end what its crash would leave running."""

import os
import subprocess
from typing import IO

# Reads the sessions that are running, one list a line, until the launcher closes the pipe or dies. Then their leaders,
# who are told of our death by the kernel, have a while to end by themselves; what is left of each session is killed.
# (A leader that has ended but was not collected yet has no program file any more.)
_SCRIPT = """
while read -r line; do sessions=$line; done
for second in 1 2 3 4 5 6 7 8 9 10; do
    living=
    for session in $sessions; do [ -e "/proc/$session/exe" ] && living=yes; done
    [ -z "$living" ] && break
    sleep 1
done
for session in $sessions; do kill -s KILL -- "-$session"; done
"""


class Guard:
    def __init__(self) -> None:
        self._sessions: list[int] = []
        self._shell = subprocess.Popen(
            ["/bin/sh", "-c", _SCRIPT],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )

    def watch(self, session: int) -> None:
        self._sessions.append(session)
        self._tell()

    def forget(self, session: int) -> None:
        """To be called before the session's leader is collected: after that its number may be somebody else's."""
        self._sessions.remove(session)
        self._tell()

    def dismiss(self) -> None:
        self._pipe().close()
        self._shell.wait()

    def _tell(self) -> None:
        line = " ".join(map(str, self._sessions)) + "\n"
        os.write(self._pipe().fileno(), line.encode())

    def _pipe(self) -> IO[bytes]:
        if self._shell.stdin is None:
            raise ValueError("The guard was started without a pipe.")
        return self._shell.stdin
