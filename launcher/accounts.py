"""Which account a server runs as. PostgreSQL refuses root, so root has to lend it another identity."""

import ctypes
import hashlib
import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from launcher.errors import LauncherError

_CLONE_NEWUSER = 0x10000000
_LIBC = ctypes.CDLL(None, use_errno=True)
_OPEN_GROUND = Path("/var/lib/exomark")


@dataclass(frozen=True)
class Account:
    """How a child process changes its identity before it starts; by default it does not."""

    uid: int | None = None
    gid: int | None = None
    in_namespace: bool = False

    def own(self, folder: Path) -> None:
        """Give `folder` and all that is in it to this account."""
        if self.uid is None and os.geteuid() != 0:
            return
        uid, gid = (0, 0) if self.uid is None or self.gid is None else (self.uid, self.gid)
        if folder.stat().st_uid == uid:
            return
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, uid, gid, follow_symlinks=False)


OURSELVES = Account()
# The mapped id is only what the process sees; outside the namespace its files still belong to root.
NAMESPACE = Account(in_namespace=True)


def nobody() -> Account:
    entry = pwd.getpwnam("nobody")
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)


@dataclass(frozen=True)
class Placement:
    """Where a server's programs and files are, and who runs it."""

    account: Account
    programs: Path
    folder: Path


def place(*, programs: Path, package: tuple[Path, ...], folder: Path) -> Placement:
    """
    Choose the account for a server that refuses root.

    An ordinary user keeps their own. Root hands over to `nobody` where `nobody` can reach the files; else the server
    gets a user namespace in which root's id has another number; and where the kernel refuses that (Docker's default
    profile does), programs and files move to open ground. `package` names the folders a copy must keep side by side.
    """
    if os.geteuid() != 0:
        return Placement(OURSELVES, programs, folder)
    if _open_to_others(programs) and _open_to_others(folder.parent):
        return Placement(nobody(), programs, folder)
    if namespaces_work():
        return Placement(NAMESPACE, programs, folder)
    return _on_open_ground(programs, package, folder)


def open_ground(folder: Path) -> Path:
    """Where the server's files go when the account that runs it cannot reach `folder`."""
    return _OPEN_GROUND / hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]


def enter_namespace() -> None:
    """In a forked child of root: continue under an id that is not 0 inside, and still root's files outside."""
    if _LIBC.unshare(_CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare(CLONE_NEWUSER)")
    inner = pwd.getpwnam("nobody").pw_uid
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{inner} 0 1")
    Path("/proc/self/gid_map").write_text(f"{inner} 0 1")


def namespaces_work() -> bool:
    child = os.fork()
    if child == 0:
        try:
            enter_namespace()
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def _open_to_others(path: Path) -> bool:
    folders = [path.resolve(), *path.resolve().parents]
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in folders)


def _on_open_ground(programs: Path, package: tuple[Path, ...], folder: Path) -> Placement:
    ground = open_ground(folder)
    try:
        ground.mkdir(parents=True, exist_ok=True)
        if not _open_to_others(programs):
            programs = _copy_programs(programs, package, ground)
    except OSError as error:
        raise LauncherError(
            f"PostgreSQL does not run as root, and the account 'nobody' cannot reach {folder.parent} ({error}). "
            "Run this as an ordinary user, or move the folder to a place such as /srv."
        ) from error
    for path in (_OPEN_GROUND, ground):
        path.chmod(0o711)
    return Placement(nobody(), programs, ground / folder.name)


def _copy_programs(programs: Path, package: tuple[Path, ...], ground: Path) -> Path:
    """Copy the installation; its libraries are found relative to it, so the folders keep their places."""
    root = Path(os.path.commonpath([part.parent for part in package]))
    for part in package:
        target = ground / part.relative_to(root)
        if not target.exists():
            shutil.copytree(part, target, symlinks=True)
    return ground / programs.relative_to(root)
