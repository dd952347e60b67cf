"""The people of the demonstration laboratory. Their passwords are made here, once, and kept beside the data."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from lims.actions import people
from lims.choices import Role
from lims.models import User


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who works in the demonstration laboratory."""

    username: str
    printed_name: str
    role: Role


MEMBERS = (
    Member("wang.fang", "王芳 Wang Fang", Role.TECHNICIAN),
    Member("chen.jie", "陈杰 Chen Jie", Role.SUPERVISOR),
    Member("li.wei", "李伟 Li Wei", Role.DIRECTOR),
    Member("zhao.min", "赵敏 Zhao Min", Role.AUDITOR),
)
ADMINISTRATOR = Member("admin", "系统管理员 Administrator", Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class Staff:
    """The accounts by role, and their passwords by user name."""

    technician: User
    supervisor: User
    director: User
    passwords: dict[str, str]


def log_ins_path() -> Path:
    """Return where the demonstration's log-ins are kept."""
    return Path(settings.STORAGE_DIR) / "demonstration-log-ins.json"


def engage() -> Staff:
    """Make the accounts that are missing, and return them with their passwords."""
    passwords = _read_passwords()
    administrator = _administrator(passwords)
    for member in MEMBERS:
        if not User.objects.filter(username=member.username).exists():
            _engage(administrator, member, passwords)
    return Staff(
        technician=User.objects.get(username="wang.fang"),
        supervisor=User.objects.get(username="chen.jie"),
        director=User.objects.get(username="li.wei"),
        passwords=passwords,
    )


def log_in_lines() -> list[str]:
    """Return the demonstration's log-ins as lines to print."""
    passwords = _read_passwords()
    members = [member for member in (*MEMBERS, ADMINISTRATOR) if member.username in passwords]
    return [f"  {member.username:<10} {passwords[member.username]:<16} {member.role.value}" for member in members]


def _administrator(passwords: dict[str, str]) -> User:
    found = User.objects.filter(username=ADMINISTRATOR.username).first()
    if found is not None:
        return found
    user, one_time = people.create_first_administrator(
        by=people.system_account(), username=ADMINISTRATOR.username, printed_name=ADMINISTRATOR.printed_name
    )
    _choose_password(user, one_time, passwords)
    return user


def _engage(administrator: User, member: Member, passwords: dict[str, str]) -> None:
    user, one_time = people.create_person(
        by=administrator, username=member.username, printed_name=member.printed_name, roles=[member.role]
    )
    _choose_password(user, one_time, passwords)


def _choose_password(user: User, one_time: str, passwords: dict[str, str]) -> None:
    """Written down before it is set: a crash in between leaves an unused line, not an account that nobody can enter."""
    passwords[user.username] = f"demo-{secrets.token_hex(5)}"
    _write_passwords(passwords)
    people.change_password(by=user, old_password=one_time, new_password=passwords[user.username])


def _read_passwords() -> dict[str, str]:
    path = log_ins_path()
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def _write_passwords(passwords: dict[str, str]) -> None:
    path = log_ins_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(passwords, stream, indent=1)
