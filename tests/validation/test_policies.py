"""Who may do what with a study, in which state: the whole table, written out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lims.choices import Role
from lims.exceptions import InvalidTransition, NotPermitted
from lims.models import User
from lims.policies import can, why_not
from tests.factories import lims as make
from validation import policies
from validation.choices import StudyState
from validation.models import Study

D, L, S, A, R, W, X = (
    StudyState.DRAFT,
    StudyState.LOCKED,
    StudyState.SUBMITTED,
    StudyState.APPROVED,
    StudyState.REJECTED,
    StudyState.WITHDRAWN,
    StudyState.RETIRED,
)
# step: (the roles that may, the states in which they may)
TABLE: dict[Callable[[User, Study], None], tuple[set[Role], set[StudyState]]] = {
    policies.check_can_edit_plan: ({Role.TECHNICIAN, Role.SUPERVISOR}, {D}),
    policies.check_can_lock: ({Role.SUPERVISOR, Role.DIRECTOR}, {D}),
    policies.check_can_collect: ({Role.TECHNICIAN, Role.SUPERVISOR}, {L}),
    policies.check_can_submit: ({Role.TECHNICIAN, Role.SUPERVISOR}, {L}),
    policies.check_can_decide: ({Role.DIRECTOR}, {S}),
    policies.check_can_reopen: ({Role.TECHNICIAN, Role.SUPERVISOR}, {R}),
    policies.check_can_withdraw: ({Role.TECHNICIAN, Role.SUPERVISOR}, {D, L, R}),
}
CASES = [
    pytest.param(check, role, state, id=f"{check.__name__}-{role}-{state}")
    for check in TABLE
    for role in Role
    for state in StudyState
]


@pytest.fixture(scope="module")
def people() -> dict[Role, User]:
    """People with their roles read: nothing is asked of the database afterwards."""
    found = {}
    for role in Role:
        user = User(username=role.value, printed_name=role.label, pk=1)
        user._roles = frozenset({role})
        found[role] = user
    return found


@pytest.mark.parametrize(("check", "role", "state"), CASES)
def test_step__is_open_to_whom_and_when(
    check: Callable[[User, Study], None], role: Role, state: StudyState, people: dict[Role, User]
) -> None:
    roles, states = TABLE[check]
    study = Study(code="VS-1", state=state, created_by_id=99, submitted_by_id=98)
    assert can(check, people[role], study) is (role in roles and state in states)


def test_refusal__by_role_comes_before_the_state(people: dict[Role, User]) -> None:
    study = Study(code="VS-1", state=W, created_by_id=99)
    with pytest.raises(NotPermitted):
        policies.check_can_decide(people[Role.TECHNICIAN], study)
    with pytest.raises(InvalidTransition):
        policies.check_can_decide(people[Role.DIRECTOR], study)


@pytest.mark.parametrize(
    ("check", "role", "state", "field"),
    [
        (policies.check_can_lock, Role.SUPERVISOR, D, "created_by_id"),
        (policies.check_can_decide, Role.DIRECTOR, S, "created_by_id"),
        (policies.check_can_decide, Role.DIRECTOR, S, "submitted_by_id"),
    ],
)
def test_signer__is_no_author(
    check: Callable[[User, Study], None], role: Role, state: StudyState, field: str, people: dict[Role, User]
) -> None:
    study = Study(code="VS-1", state=state, **{"created_by_id": 99, "submitted_by_id": 98, field: people[role].pk})
    sentence = why_not(check, people[role], study)
    assert sentence is not None
    assert "Somebody else must" in sentence


@pytest.mark.django_db
def test_inactive_account__may_do_nothing() -> None:
    person = make.person("gone", Role.TECHNICIAN, is_active=False)
    assert not can(policies.check_can_plan, person)
