"""Accounts, roles and passwords: what administrators may do, and what nobody may."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.db import connection

from lims.actions import people
from lims.choices import Role
from lims.exceptions import InvalidInput, InvalidTransition, NotPermitted, ReauthenticationFailed
from lims.models import AuditEntry, RoleAssignment, User
from tests.conftest import PASSWORD
from tests.factories import lims as make
from tests.factories import people as make_people

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "a-fresh-long-pass-phrase"


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_create_person__gives_roles_and_a_password_for_once(administrator: User) -> None:
    user, password = people.create_person(
        by=administrator, username="wei.li", printed_name="Li Wei", roles=[Role.TECHNICIAN]
    )

    stored = fresh(user)
    assert stored.check_password(password)
    assert stored.must_change_password
    assert stored.roles == {Role.TECHNICIAN}
    assert len(password.replace("-", "")) == 20


def test_create_person__is_in_the_trail_without_the_password(administrator: User) -> None:
    user, _password = people.create_person(by=administrator, username="wei.li", printed_name="Li Wei")

    entry = AuditEntry.objects.get(object_type="lims_user", object_id=str(user.pk))
    assert (entry.actor, entry.action, entry.after["password"]) == ("administrator", "people.create_person", "•••")


def test_create_person__refuses_a_name_that_exists(administrator: User) -> None:
    with pytest.raises(InvalidInput) as refused:
        people.create_person(by=administrator, username="administrator", printed_name="Another")
    assert list(refused.value.fields) == ["username"]


def test_create_person__with_a_role_that_is_not_for_people_leaves_no_account(administrator: User) -> None:
    with pytest.raises(InvalidInput, match="not for this kind"):
        people.create_person(by=administrator, username="wei.li", printed_name="Li Wei", roles=[Role.MACHINE])
    assert not User.objects.filter(username="wei.li").exists()


def test_create_machine__can_not_log_in_and_holds_the_machine_role(administrator: User) -> None:
    machine = people.create_machine(by=administrator, username="novaseq-1", printed_name="NovaSeq 1")
    assert (fresh(machine).has_usable_password(), fresh(machine).roles) == (False, {Role.MACHINE})


def test_everything__is_refused_to_who_is_no_administrator(director: User, technician: User) -> None:
    refused: list[tuple[Any, dict[str, Any]]] = [
        (people.create_person, {"username": "x1", "printed_name": "X"}),
        (people.create_machine, {"username": "x2", "printed_name": "X"}),
        (people.deactivate, {"user": technician, "reason": "left"}),
        (people.activate, {"user": technician, "reason": "back"}),
        (people.grant_role, {"user": technician, "role": Role.DIRECTOR, "reason": "promoted"}),
        (people.revoke_role, {"user": technician, "role": Role.TECHNICIAN, "reason": "moved"}),
        (people.reset_password, {"user": technician, "reason": "forgotten"}),
    ]
    for act, fields in refused:
        with pytest.raises(NotPermitted):
            act(by=director, **fields)


def test_deactivate__takes_every_permission_and_says_why(administrator: User, technician: User) -> None:
    people.deactivate(by=administrator, user=technician, reason="left the laboratory")

    assert fresh(technician).permissions == frozenset()
    entry = AuditEntry.objects.filter(object_type="lims_user", operation="update").first()
    assert (entry.reason, entry.after) == ("left the laboratory", {"is_active": False})


@pytest.mark.parametrize("reason", ["", "   "])
def test_deactivate__without_a_reason_is_refused(administrator: User, technician: User, reason: str) -> None:
    with pytest.raises(InvalidInput, match="why"):
        people.deactivate(by=administrator, user=technician, reason=reason)
    assert fresh(technician).is_active


def test_deactivate__twice_is_refused_and_activate_gives_back(administrator: User, technician: User) -> None:
    people.deactivate(by=administrator, user=technician, reason="leave")
    with pytest.raises(InvalidTransition):
        people.deactivate(by=administrator, user=technician, reason="leave")
    people.activate(by=administrator, user=technician, reason="back")
    assert fresh(technician).roles == {Role.TECHNICIAN}
    with pytest.raises(InvalidTransition):
        people.activate(by=administrator, user=technician, reason="back")


def test_nobody__changes_their_own_roles_or_switches_themselves_off(administrator: User) -> None:
    make.person("other", Role.ADMINISTRATOR)
    with pytest.raises(NotPermitted, match="own roles"):
        people.grant_role(by=administrator, user=administrator, role=Role.DIRECTOR, reason="me")
    with pytest.raises(NotPermitted, match="own roles"):
        people.revoke_role(by=administrator, user=administrator, role=Role.ADMINISTRATOR, reason="me")
    with pytest.raises(NotPermitted, match="own account"):
        people.deactivate(by=administrator, user=administrator, reason="me")


def test_grant_and_revoke__are_kept_with_who_and_when(administrator: User, technician: User) -> None:
    people.grant_role(by=administrator, user=technician, role=Role.SUPERVISOR, reason="trained")
    people.revoke_role(by=administrator, user=technician, role=Role.SUPERVISOR, reason="moved")

    assignment = RoleAssignment.objects.get(user=technician, role=Role.SUPERVISOR)
    assert (assignment.granted_by, assignment.revoked_by) == (administrator, administrator)
    assert assignment.revoked_at is not None
    reasons = AuditEntry.objects.filter(object_type="lims_roleassignment", actor="administrator")
    assert list(reasons.order_by("id").values_list("action", "reason")) == [
        ("people.grant_role", "trained"),
        ("people.revoke_role", "moved"),
    ]


def test_grant__of_a_role_that_is_held_is_refused(administrator: User, technician: User) -> None:
    with pytest.raises(InvalidInput, match="already"):
        people.grant_role(by=administrator, user=technician, role=Role.TECHNICIAN, reason="again")


def test_grant__of_a_persons_role_to_a_machine_is_refused(administrator: User) -> None:
    with pytest.raises(InvalidInput, match="not for this kind"):
        people.grant_role(by=administrator, user=make_people.machine(), role=Role.DIRECTOR, reason="no")


def test_system_account__is_nobodys_to_change(administrator: User) -> None:
    system = people.system_account()
    with pytest.raises(NotPermitted, match="worker"):
        people.deactivate(by=administrator, user=system, reason="no")
    with pytest.raises(NotPermitted, match="worker"):
        people.grant_role(by=administrator, user=system, role=Role.MACHINE, reason="no")


def test_reset_password__lifts_the_lock_out(administrator: User, technician: User) -> None:
    AccessAttempt.objects.create(username="technician", ip_address="10.0.0.1", failures_since_start=9)
    password = people.reset_password(by=administrator, user=technician, reason="forgotten")

    assert fresh(technician).check_password(password)
    assert fresh(technician).must_change_password
    assert not AccessAttempt.objects.filter(username="technician").exists()


def test_change_password__needs_the_old_one(technician: User) -> None:
    with pytest.raises(ReauthenticationFailed):
        people.change_password(by=technician, old_password="wrong", new_password=NEW_PASSWORD)
    assert fresh(technician).check_password(PASSWORD)
    assert AccessAttempt.objects.get(username="technician").failures_since_start == 1


def test_change_password__ends_the_demand_to_change_it(technician: User) -> None:
    User.objects.filter(pk=technician.pk).update(must_change_password=True)
    people.change_password(by=technician, old_password=PASSWORD, new_password=NEW_PASSWORD)
    assert fresh(technician).check_password(NEW_PASSWORD)
    assert not fresh(technician).must_change_password


@pytest.mark.parametrize("password", ["short", "123456789012345", "technician-123", PASSWORD])
def test_change_password__refuses_a_poor_one(technician: User, password: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        people.change_password(by=technician, old_password=PASSWORD, new_password=password)
    assert list(refused.value.fields) == ["new_password"]
    assert fresh(technician).check_password(PASSWORD)


def test_first_administrator__is_made_only_while_there_is_none() -> None:
    system = people.system_account()
    admin, _password = people.create_first_administrator(by=system, username="first", printed_name="First")
    assert admin.roles == {Role.ADMINISTRATOR}
    with pytest.raises(InvalidTransition):
        people.create_first_administrator(by=system, username="second", printed_name="Second")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", [people.deactivate, people.revoke_role])
def test_two_administrators__cannot_relieve_each_other_at_the_same_moment(act: Any) -> None:
    first, second = make.person("first", Role.ADMINISTRATOR), make.person("second", Role.ADMINISTRATOR)
    start = threading.Barrier(2)
    refused: list[str] = []

    def relieve(by: User, user: User) -> None:
        assert by.roles  # what a request has read before the other one commits
        start.wait()
        role = {"role": Role.ADMINISTRATOR} if act is people.revoke_role else {}
        try:
            act(by=by, user=user, reason="coup", **role)
        except InvalidTransition as error:
            refused.append(str(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=relieve, args=pair) for pair in ((first, second), (second, first))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)

    assert refused == ["This is the last administrator. Make another one first."]
    held = RoleAssignment.objects.filter(role=Role.ADMINISTRATOR, revoked_at=None, user__is_active=True)
    assert held.count() == 1


@pytest.mark.parametrize("kind", ["person", "machine"])
def test_grant_role__gives_the_systems_role_to_nobody(administrator: User, kind: str) -> None:
    user = make.person("candidate", kind=kind)
    with pytest.raises(InvalidInput, match="not for this kind"):
        people.grant_role(by=administrator, user=user, role=Role.SYSTEM, reason="try")


def test_system_account__holds_the_systems_role_alone() -> None:
    assert people.system_account().roles == {Role.SYSTEM}
