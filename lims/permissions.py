"""Who may do what: the permission table of the whole product."""

from __future__ import annotations

from enum import StrEnum

from lims.choices import Role


class Permission(StrEnum):
    """One act or one kind of reading."""

    LAB_READ = "lab_read"  # samples, libraries, runs, files, jobs, measurements
    MATERIAL_WRITE = "material_write"  # samples, libraries, runs
    REGISTER_WRITE = "register_write"  # assays, reference materials, genomes, truth sets
    FILE_WRITE = "file_write"  # upload, register by path
    FILE_DOWNLOAD = "file_download"
    JOB_START = "job_start"
    JOB_CANCEL = "job_cancel"
    STUDY_READ = "study_read"
    STUDY_WRITE = "study_write"  # plan, evidence, submit
    STUDY_LOCK = "study_lock"  # sign the plan
    STUDY_APPROVE = "study_approve"  # sign the study
    REPORT_READ = "report_read"
    AUDIT_READ = "audit_read"
    PEOPLE_READ = "people_read"
    PEOPLE_WRITE = "people_write"  # accounts and roles
    KEY_WRITE = "key_write"  # machine keys
    LABORATORY_WRITE = "laboratory_write"  # name and address of the laboratory


_READ = frozenset({Permission.LAB_READ, Permission.STUDY_READ, Permission.REPORT_READ})
_BENCH = frozenset(
    {
        Permission.MATERIAL_WRITE,
        Permission.FILE_WRITE,
        Permission.FILE_DOWNLOAD,
        Permission.JOB_START,
        Permission.JOB_CANCEL,
    }
)

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.TECHNICIAN: _READ | _BENCH | {Permission.STUDY_WRITE},
    Role.SUPERVISOR: _READ
    | _BENCH
    | {Permission.REGISTER_WRITE, Permission.STUDY_WRITE, Permission.STUDY_LOCK, Permission.PEOPLE_READ},
    Role.DIRECTOR: _READ
    | {
        Permission.FILE_DOWNLOAD,
        Permission.REGISTER_WRITE,
        Permission.STUDY_LOCK,
        Permission.STUDY_APPROVE,
        Permission.AUDIT_READ,
        Permission.PEOPLE_READ,
    },
    Role.DATA_STEWARD: _READ,
    Role.COMMITTEE_MEMBER: frozenset(),
    Role.AUDITOR: _READ | {Permission.FILE_DOWNLOAD, Permission.AUDIT_READ, Permission.PEOPLE_READ},
    Role.ADMINISTRATOR: frozenset(
        {Permission.PEOPLE_READ, Permission.PEOPLE_WRITE, Permission.KEY_WRITE, Permission.LABORATORY_WRITE}
    ),
    Role.MACHINE: frozenset(
        {
            Permission.LAB_READ,
            Permission.MATERIAL_WRITE,
            Permission.FILE_WRITE,
            Permission.FILE_DOWNLOAD,
            Permission.JOB_START,
            Permission.JOB_CANCEL,
        }
    ),
    # The one account that workers and set-up commands act as; it is given to no person.
    Role.SYSTEM: frozenset(
        {
            Permission.LAB_READ,
            Permission.MATERIAL_WRITE,
            Permission.FILE_WRITE,
            Permission.JOB_START,
            Permission.REGISTER_WRITE,
            Permission.LABORATORY_WRITE,
        }
    ),
}


def roles_with(permission: Permission) -> tuple[Role, ...]:
    """Return the roles of people and machines that hold `permission`, in the order of the table."""
    held = (role for role, permissions in ROLE_PERMISSIONS.items() if permission in permissions)
    return tuple(role for role in held if role != Role.SYSTEM)
