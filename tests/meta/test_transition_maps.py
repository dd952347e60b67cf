"""The transition maps of the policies are the edges that the database's triggers allow, no more and no less."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection

from lims.choices import FileState, JobState
from lims.policies import FILE_TRANSITIONS, JOB_TRANSITIONS
from validation.choices import StudyState
from validation.policies import STUDY_TRANSITIONS

pytestmark = pytest.mark.django_db

MAPS: dict[tuple[str, str], tuple[type, dict[Any, frozenset[Any]]]] = {
    ("lims_datafile", "state"): (FileState, FILE_TRANSITIONS),
    ("lims_job", "state"): (JobState, JOB_TRANSITIONS),
    ("validation_study", "state"): (StudyState, STUDY_TRANSITIONS),
}


def guarded() -> dict[tuple[str, str], tuple[list[str], dict[str, list[str]]]]:
    """Return table and column of every guarded state with its initial states and edges, as the trigger has them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, string_to_array(encode(tgargs, 'escape'), '\\000') FROM pg_trigger"
            " JOIN pg_class ON pg_class.oid = tgrelid WHERE tgname = 'guard_transition' AND tgenabled = 'O'"
        )
        return {
            (table, column): (json.loads(initial), json.loads(edges))
            for table, (column, initial, edges, *_rest) in cursor.fetchall()
        }


def test_every_guarded_state__has_a_map_and_the_other_way_round() -> None:
    assert set(guarded()) == set(MAPS)


@pytest.mark.parametrize("place", sorted(MAPS), ids=lambda place: place[0])
def test_map__has_the_edges_of_the_trigger(place: tuple[str, str]) -> None:
    _initial, edges = guarded()[place]
    states, transitions = MAPS[place]
    in_code = {
        before.value: sorted(after.value for after in targets) for before, targets in transitions.items() if targets
    }
    assert in_code == {before: sorted(targets) for before, targets in edges.items()}
    assert set(transitions) == set(states)


@pytest.mark.parametrize("place", sorted(MAPS), ids=lambda place: place[0])
def test_every_state__can_be_reached(place: tuple[str, str]) -> None:
    initial, edges = guarded()[place]
    reached, waiting = set(initial), list(initial)
    while waiting:
        for after in edges.get(waiting.pop(), []):
            if after not in reached:
                reached.add(after)
                waiting.append(after)
    assert reached == {state.value for state in MAPS[place][0]}
