"""A segment from the form to a new version of the playbook."""

from __future__ import annotations

from dataclasses import replace

import pytest
from world import NOON, PLAYBOOK, FakeClock, publish

from plugin.flows.playbook.edit_playbook import EditPlaybook
from plugin.flows.playbook.edit_segment import EditSegment
from plugin.pages.refusals import Conflict, NotThere
from plugin.records.customers import CustomerRecord
from plugin.records.work import Store
from plugin.views.people import Person, Role
from routing.errors import Invalid
from routing.playbook_file import read_playbook
from routing.segments.history import Changed
from routing.segments.segment import Persona
from routing.segments.templates import TEMPLATES
from routing.tickets import Fact

INES = Person(1, "ines@halden.example", "Ines Moreau", Role.LEAD)
PLAN = {"field": "customer.plan", "is": "Team"}


def editor(store: Store, clock: FakeClock) -> EditSegment:
    return EditSegment(store, clock, EditPlaybook(store, clock))


def text_of(store: Store, version: int) -> str:
    with store.look() as work:
        text = work.playbooks.text(version)
    assert text is not None
    return text


def customers(store: Store, count: int) -> None:
    records = [
        CustomerRecord(
            f"c{number}",
            f"c{number}@kontor.example",
            {
                "account.employees": Fact(float(number), "CRM"),
                "customer.plan": Fact("Team" if number % 2 else "Business", "CRM"),
            },
        )
        for number in range(count)
    ]
    with store.work() as work:
        work.customers.put("CRM", records, NOON)
        work.commit()


def test_a_draft_begins_as_the_segment_stands(published: Store, clock: FakeClock) -> None:
    draft = editor(published, clock).begin("Enterprise", None)
    assert (draft.based_on, draft.was, draft.place, draft.name) == (
        1,
        "Enterprise",
        1,
        "Enterprise",
    )
    assert draft.when == {"field": "account.employees", "at least": 500}
    assert draft.goal == "CSAT at least 90 %"


def test_what_is_not_there_cannot_be_begun(published: Store, clock: FakeClock) -> None:
    with pytest.raises(NotThere, match="no segment “Gone”"):
        editor(published, clock).begin("Gone", None)
    with pytest.raises(NotThere, match="no template “gone”"):
        editor(published, clock).begin(None, "gone")


def test_without_a_playbook_nothing_can_be_written(store: Store, clock: FakeClock) -> None:
    with pytest.raises(NotThere, match="No playbook is live"):
        editor(store, clock).begin(None, None)


@pytest.mark.parametrize("name", [one.name for one in TEMPLATES])
def test_each_template_can_be_published_as_it_is(
    published: Store, clock: FakeClock, name: str
) -> None:
    flow = editor(published, clock)
    draft = replace(flow.begin(None, name), note="From a template.")
    assert flow.look(draft, strict=True).problems == {}
    assert flow.publish(draft, INES) == 2
    assert read_playbook(text_of(published, 2)).segments[-1].name == draft.name


def test_only_the_segment_differs_in_the_new_version(published: Store, clock: FakeClock) -> None:
    flow = editor(published, clock)
    draft = replace(flow.begin("Enterprise", None), goal="CSAT at least 92 %", note="Higher.")
    assert flow.publish(draft, INES) == 2
    assert text_of(published, 2) == PLAYBOOK.replace("at least 90 %", "at least 92 %")
    with published.look() as work:
        newest = work.playbooks.versions()[0]
    assert (newest.note, newest.by) == ("Higher.", "Ines Moreau")


def test_a_new_name_is_followed_by_rules_notes_and_the_review(
    published: Store, clock: FakeClock
) -> None:
    with published.work() as work:
        work.segments.add_note("Enterprise", "A note.", "Mara", NOON)
        work.segments.review("Enterprise", "Mara", NOON)
        work.commit()
    flow = editor(published, clock)
    flow.publish(replace(flow.begin("Enterprise", None), name="Large", note="Shorter."), INES)
    assert text_of(published, 2) == PLAYBOOK.replace("name: Enterprise\n", "name: Large\n").replace(
        "is: Enterprise}", "is: Large}"
    )
    with published.look() as work:
        assert [note.text for note in work.segments.notes("Large")] == ["A note."]
        assert "Large" in work.segments.reviews()


def test_a_new_segment_stands_at_its_priority(published: Store, clock: FakeClock) -> None:
    flow = editor(published, clock)
    draft = replace(
        flow.begin(None, None),
        name="Teams",
        model="firmographic",
        place=1,
        when=PLAN,
        persona=Persona(tone="Short"),
        note="New.",
    )
    flow.publish(draft, INES)
    playbook = read_playbook(text_of(published, 2))
    assert [one.name for one in playbook.segments] == ["Teams", "Enterprise"]
    assert playbook.segments[0].persona.tone == "Short"


def test_who_publishes_later_is_told_and_what_changed_meanwhile(
    published: Store, clock: FakeClock
) -> None:
    flow = editor(published, clock)
    draft = replace(flow.begin("Enterprise", None), owner="Priya", note="Mine.")
    publish(published, PLAYBOOK.replace("at least: 500", "at least: 250"), clock.now(), 1)
    with pytest.raises(Conflict) as caught:
        flow.publish(draft, INES)
    assert (caught.value.version, caught.value.by) == (2, "Ines Moreau")
    assert flow.since(draft) == (
        Changed("definition", "employees is at least 500", "employees is at least 250"),
    )
    assert flow.publish(replace(draft, based_on=2), INES) == 3
    (segment,) = read_playbook(text_of(published, 3)).segments
    assert segment.owner == "Priya"


def test_problems_stand_at_the_part_of_the_form_they_belong_to(
    published: Store, clock: FakeClock
) -> None:
    flow = editor(published, clock)
    when = {"all": [PLAN, {"field": "account.employees", "at least": "many"}]}
    draft = replace(flow.begin(None, None), name="Enterprise", when=when, note="x")
    view = flow.look(draft, strict=True)
    assert set(view.problems) == {"name", "when.1"}
    assert "not a number" in view.problems["when.1"]
    assert (view.looked, view.sentence) == (None, None)
    with pytest.raises(Invalid):
        flow.publish(draft, INES)


@pytest.mark.parametrize("name", ["new", "overlaps", "a/edit"])
def test_a_name_whose_page_would_be_hidden_is_refused(
    published: Store, clock: FakeClock, name: str
) -> None:
    flow = editor(published, clock)
    view = flow.look(replace(flow.begin("Enterprise", None), name=name))
    assert "cannot be a name" in view.problems["name"]


def test_a_condition_that_was_just_added_is_no_mistake_until_publishing(
    published: Store, clock: FakeClock
) -> None:
    flow = editor(published, clock)
    draft = replace(flow.begin("Enterprise", None), when={"all": [PLAN, {"field": ""}]})
    assert flow.look(draft).problems == {}
    assert set(flow.look(draft, strict=True).problems) == {"when.1"}


def test_what_the_playbook_refuses_stands_at_its_field(published: Store, clock: FakeClock) -> None:
    flow = editor(published, clock)
    draft = replace(flow.begin("Enterprise", None), goal="x" * 3_000, note="Too long.")
    view = flow.look(draft, strict=True)
    assert set(view.problems) == {"goal"}


def test_the_count_and_the_counts_of_each_part_are_of_the_customers(
    published: Store, clock: FakeClock
) -> None:
    customers(published, 1_000)
    flow = editor(published, clock)
    when = {"all": [{"field": "account.employees", "at least": 500}, PLAN]}
    view = flow.look(replace(flow.begin("Enterprise", None), when=when))
    assert view.looked is not None
    assert (view.looked.members, view.known) == (250, 1_000)
    assert view.counts == {"when": 250, "when.0": 500, "when.1": 500}
    assert view.sentence == "employees is at least 500, and plan is Team"
    assert len(view.looked.outside) == 10


def test_the_form_offers_the_values_that_customers_have(published: Store, clock: FakeClock) -> None:
    customers(published, 20)
    flow = editor(published, clock)
    view = flow.look(replace(flow.begin("Enterprise", None), when=PLAN))
    (value,) = view.form.inputs
    assert set(value.choices) == {"Team", "Business"}


def test_a_field_chosen_anew_gets_an_operator_that_fits(published: Store, clock: FakeClock) -> None:
    pairs = [("when.field", "account.employees"), ("when.op", "contains"), ("when.value", "7")]
    settled = editor(published, clock).condition(pairs, "preview")
    assert settled["field"] == "account.employees"
    assert "contains" not in settled
    grown = editor(published, clock).condition(pairs, "add-test when")
    assert grown["all"][1] == {"field": ""}
