"""The first account of a new laboratory."""

from __future__ import annotations

import io
import re

import pytest
from django.core.management import CommandError, call_command

from lims.choices import Role
from lims.models import AuditEntry, User

pytestmark = pytest.mark.django_db


def test_first_administrator__gets_a_password_for_once() -> None:
    out = io.StringIO()
    call_command("create_administrator", "chief", "Chief Admin", stdout=out)

    user = User.objects.get(username="chief")
    password = re.search(r"password (\S+) and", out.getvalue())[1]
    assert user.check_password(password)
    assert (user.must_change_password, user.roles) == (True, {Role.ADMINISTRATOR})
    assert AuditEntry.objects.get(object_type="lims_user", object_id=str(user.pk)).actor == "exomark-system"


def test_second_administrator__is_made_by_the_first() -> None:
    call_command("create_administrator", "chief", "Chief Admin", stdout=io.StringIO())
    with pytest.raises(CommandError, match="There is an administrator already"):
        call_command("create_administrator", "other", "Other", stdout=io.StringIO())


def test_unusable_name__is_refused_with_what_is_wrong() -> None:
    with pytest.raises(CommandError, match="username: Use 2 to 63 lower-case letters"):
        call_command("create_administrator", "Chief Admin", "Chief", stdout=io.StringIO())
