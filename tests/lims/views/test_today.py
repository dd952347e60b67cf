"""The frame's own pages: Today, the search field's answers, the choice of language; and the error pages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils.functional import SimpleLazyObject

from config.errors import server_error
from lims.choices import JobState, Role
from lims.models import User
from tests.factories import lims as make

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


def test_today__shows_what_went_wrong_and_what_is_under_way(client_of: ClientOf, technician: User) -> None:
    place = make.run_library()
    make.job(state=JobState.FAILED, run_library=place, error_message="The BAM holds no read in the targets.")
    running = make.job(state=JobState.RUNNING, run_library=place)
    running.progress_fraction = 0.42
    running.save()
    page = client_of(technician).get("/").content.decode()
    assert "The BAM holds no read in the targets." in page
    assert '<progress max="100" value="42"' in page
    assert '<span class="count">1' in page


def test_today__its_jobs_refresh_themselves_while_some_are_unfinished(client_of: ClientOf, technician: User) -> None:
    client = client_of(technician)
    assert "every 3s" not in client.get("/").content.decode()
    make.job()
    part = client.get("/", headers={"HX-Request": "true"}).content.decode()
    assert part.strip().startswith('<div id="today-jobs" hx-get="/"')
    assert "<html" not in part


def test_today__asks_the_database_as_often_for_many_as_for_few(
    client_of: ClientOf, supervisor: User, django_assert_num_queries: Callable[..., object]
) -> None:
    client = client_of(supervisor)

    def add() -> None:
        make.job(state=JobState.FAILED, run_library=make.run_library())
        make.job(run_library=make.run_library())

    add()
    client.get("/")
    with CaptureQueriesContext(connection) as few:
        client.get("/")
    for _ in range(5):
        add()
    with django_assert_num_queries(len(few)):
        client.get("/")


@pytest.mark.parametrize("address", ["/", "/search/?q=x"])
def test_the_outsider_reads_which_role_is_missing_and_who_gives_it(
    client_of: ClientOf, outsider: User, person: Callable[..., User], address: str
) -> None:
    person("jie", Role.ADMINISTRATOR, printed_name="Chen Jie")
    answer = client_of(outsider).get(address)
    assert answer.status_code == 403
    assert "Administrator" in answer.content.decode()
    assert "Chen Jie" in answer.content.decode()


def test_search__goes_straight_to_the_record_meant(client_of: ClientOf, technician: User) -> None:
    sample = make.sample(code="NA12878-03")
    answer = client_of(technician).get("/search/", {"q": "NA12878-03\r"})
    assert (answer.status_code, answer["Location"]) == (302, sample.get_absolute_url())


def test_search__lists_what_may_be_meant(client_of: ClientOf, technician: User) -> None:
    first, second = make.sample(code="NA1"), make.sample(code="NA2")
    page = client_of(technician).get("/search/", {"q": "NA"}).content.decode()
    assert first.get_absolute_url() in page
    assert second.get_absolute_url() in page


def test_search__says_that_a_code_is_unknown_and_keeps_it(client_of: ClientOf, technician: User) -> None:
    answer = client_of(technician).get("/search/", {"q": 'TUBE-9"'})
    page = answer.content.decode()
    assert answer.status_code == 404
    assert "is not known here" in page
    assert 'value="TUBE-9&quot;"' in page


def test_language__is_kept_on_the_account_and_answers_follow_it(client_of: ClientOf, technician: User) -> None:
    client = client_of(technician)
    answer = client.post("/language/", {"language": "zh-hans", "next": "/search/?q="})
    assert (answer.status_code, answer["Location"]) == (302, "/search/?q=")
    assert User.objects.get(pk=technician.pk).language == "zh-hans"
    page = client.get("/").content.decode()
    assert '<html lang="zh-Hans"' in page
    assert "待您签名" in page


def test_language__of_the_anonymous_is_kept_in_the_browser(client: Client) -> None:
    client.post("/language/", {"language": "zh-hans"})
    assert client.cookies[settings.LANGUAGE_COOKIE_NAME].value == "zh-hans"
    assert client.get("/nowhere/")["Content-Language"] == "zh-hans"


@pytest.mark.parametrize("wanted", ["https://elsewhere.example/", "//elsewhere.example/", ""])
def test_language__leads_nowhere_else(client: Client, wanted: str) -> None:
    assert client.post("/language/", {"language": "en", "next": wanted})["Location"] == "/"


def test_language__refuses_what_is_not_offered(client: Client) -> None:
    assert client.post("/language/", {"language": "de"}).status_code == 422


def test_language__is_not_changed_by_a_link(client: Client) -> None:
    assert client.get("/language/", {"language": "en"}).status_code == 405


def test_a_page_that_is_not_there__stands_in_the_frame(client_of: ClientOf, technician: User) -> None:
    answer = client_of(technician).get("/nowhere/")
    assert answer.status_code == 404
    assert 'id="navigation"' in answer.content.decode()


def test_server_error__is_drawn_while_the_database_is_away(rf: RequestFactory) -> None:
    def away() -> None:
        raise OperationalError("the database is away")

    request = rf.get("/")
    request.user = SimpleLazyObject(away)
    request.request_id = "abcdef0123456789"  # type: ignore[attr-defined]
    assert b"abcdef0123456789" in server_error(request).content


def test_server_error__gives_the_request_id(
    technician: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: object) -> None:
        raise RuntimeError("the disk is gone")

    monkeypatch.setattr("lims.selectors.today.unfinished_jobs_for", fail)
    client = client_of(technician)
    client.raise_request_exception = False
    answer = client.get("/", headers={"X-Request-ID": "abcdef0123456789"})
    assert answer.status_code == 500
    assert "abcdef0123456789" in answer.content.decode()


def test_navigation__shows_only_what_the_roles_open(client_of: ClientOf, technician: User, administrator: User) -> None:
    labels = [item.label for item in client_of(technician).get("/").context["navigation"]]
    assert "Samples" in labels
    assert "People" not in labels
    labels = [item.label for item in client_of(administrator).get("/").context["navigation"]]
    assert "People" in labels
    assert "Samples" not in labels
