"""A rule from the form to a new version of the playbook, and rules in another order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

import pytest
from world import PLAYBOOK, FakeClock, House, a_reading, claimed, publish

from plugin.flows.playbook.check_rules import MOST_WHILE_WRITING, CheckRules
from plugin.flows.playbook.edit_playbook import EditPlaybook
from plugin.flows.playbook.edit_rule import EditRule
from plugin.flows.playbook.try_rule import TryRule
from plugin.pages.refusals import Conflict, NotThere
from plugin.ports import Gathered, Refused, Requester
from plugin.records.connections import ConnectionRecord, SourceRecord
from plugin.records.customers import CustomerRecord
from plugin.records.work import Store
from plugin.views.people import Person, Role
from plugin.views.rules import DraftFindings, RuleOrder, TicketToTry
from routing.conditions.fields import Fields
from routing.errors import Invalid
from routing.lint.findings import Kind
from routing.playbook_file import read_playbook
from routing.rules.rule import After, State
from routing.rules.trace import Verdict
from routing.tickets import Fact

INES = Person(1, "ines@halden.example", "Ines Moreau", Role.LEAD)
LOST, LARGE = "Lost to Nowhere", "Enterprise to Priority"
MAIL = {"field": "ticket.channel", "is": "mail"}
NOTHING = TicketToTry()


def editor(store: Store, clock: FakeClock) -> EditRule:
    playbooks, trials = EditPlaybook(store, clock), TryRule(store, clock)
    return EditRule(store, clock, playbooks, trials, CheckRules(clock))


def text_of(store: Store, version: int) -> str:
    with store.look() as work:
        text = work.playbooks.text(version)
    assert text is not None
    return text


def rules_of(store: Store, version: int) -> list[str]:
    return [rule.name for rule in read_playbook(text_of(store, version)).rules]


class Sizes:
    """A source that knows how many employees each customer has, by the e-mail's number."""

    def gather(self, whos: Sequence[Requester], fields: Fields) -> Iterator[Gathered]:
        _ = fields
        for who in whos:
            count = float((who.email or "0").split("@")[0].strip("c"))
            yield Gathered({"account.employees": Fact(count, "CRM")})


def routed(house: House, subjects: Iterable[str]) -> EditRule:
    """Tickets of customers with 0, 100, 200 … employees, decided; and the editor over them."""
    house.customers = Sizes()
    with house.store.work() as work:
        work.connections.save_desk(
            ConnectionRecord("demo", "memory", "", {}, {}), house.clock.now()
        )
        work.commit()
    for number, subject in enumerate(subjects):
        key = str(100 + number)
        house.desk.add(a_reading(key, subject=subject, email=f"c{number * 100}@kontor.example"))
        # Nobody can bring a ticket to Nowhere, but it is decided all the same.
        with suppress(Refused):
            house.handle(claimed(key))
    return editor(house.store, house.clock)


def test_a_draft_begins_as_the_rule_stands(published: Store, clock: FakeClock) -> None:
    draft = editor(published, clock).begin(LARGE, None)
    assert (draft.based_on, draft.was, draft.place) == (1, LARGE, 2)
    assert draft.when == {"field": "segment", "is": "Enterprise"}
    assert (draft.queue, draft.priority, draft.tags) == ("Priority", "high", ("enterprise",))
    assert (draft.after, draft.state, draft.first_reply) == ("stop", "on", "")


def test_what_is_not_there_cannot_be_begun_or_taken_out(published: Store, clock: FakeClock) -> None:
    flow = editor(published, clock)
    for begin in (
        lambda: flow.begin("Gone", None),
        lambda: flow.begin(None, "Gone"),
        lambda: flow.without("Gone"),
    ):
        with pytest.raises(NotThere, match="no rule “Gone”"):
            begin()


def test_without_a_playbook_nothing_can_be_written(store: Store, clock: FakeClock) -> None:
    with pytest.raises(NotThere, match="No playbook is live"):
        editor(store, clock).begin(None, None)


def test_only_the_rule_differs_in_the_new_version(published: Store, clock: FakeClock) -> None:
    flow = editor(published, clock)
    draft = replace(flow.begin(LARGE, None), priority="urgent", note="Sooner.")
    assert flow.publish(draft, INES) == 2
    assert text_of(published, 2) == PLAYBOOK.replace("priority: high", "priority: urgent")
    with published.look() as work:
        newest = work.playbooks.versions()[0]
    assert (newest.note, newest.by) == ("Sooner.", "Ines Moreau")


def test_a_copy_has_a_name_of_its_own_and_stands_behind(published: Store, clock: FakeClock) -> None:
    flow = editor(published, clock)
    draft = flow.begin(None, LOST)
    assert (draft.was, draft.name, draft.place) == (None, f"{LOST}, copy", 2)
    flow.publish(replace(draft, note="A copy."), INES)
    assert rules_of(published, 2) == [LOST, f"{LOST}, copy", LARGE]
    assert flow.begin(None, LOST).name == f"{LOST}, copy 2"


def test_a_new_rule_with_everything_is_what_was_written(published: Store, clock: FakeClock) -> None:
    flow = editor(published, clock)
    draft = replace(
        flow.begin(None, None),
        name="Mail",
        when=MAIL,
        place=1,
        agent="Mara Lindqvist",
        tags=("a", "b"),
        first_reply="30 min",
        after="go on",
        state="off",
        owner="Ines",
        why="For a while.",
        note="New.",
    )
    assert flow.look(draft, NOTHING, strict=True).problems == {}
    flow.publish(draft, INES)
    rule = read_playbook(text_of(published, 2)).rules[0]
    assert (rule.name, rule.then.agent, rule.then.tags) == ("Mail", "Mara Lindqvist", ("a", "b"))
    assert (rule.after, rule.state, rule.owner) == (After.GO_ON, State.OFF, "Ines")
    assert rule.note == "For a while."


def test_who_publishes_later_is_told_and_what_changed_meanwhile(
    published: Store, clock: FakeClock
) -> None:
    flow = editor(published, clock)
    draft = replace(flow.begin(LARGE, None), queue="General", note="Mine.")
    publish(published, PLAYBOOK.replace("contains: lost", "contains: stolen"), clock.now(), 1)
    with pytest.raises(Conflict) as caught:
        flow.publish(draft, INES)
    assert (caught.value.version, caught.value.by) == (2, "Ines Moreau")
    review = flow.review(draft)
    assert review.meanwhile == (
        "Rule “Lost to Nowhere”: when was “subject contains lost”, is “subject contains stolen”.",
    )
    assert review.words == ("Rule “Enterprise to Priority”: queue was Priority, is General.",)
    assert flow.publish(replace(draft, based_on=review.version), INES) == 3
    assert "contains: stolen" in text_of(published, 3)


def test_a_review_shows_the_changed_lines(published: Store, clock: FakeClock) -> None:
    flow = editor(published, clock)
    review = flow.review(replace(flow.begin(LARGE, None), queue="General"))
    changed = [line for line in review.lines if line[0] in "+-"]
    assert changed == [
        "-    then: {queue: Priority, priority: high, tags: [enterprise]}",
        "+    then: {queue: General, priority: high, tags: [enterprise]}",
    ]
    assert review.meanwhile == ()


def test_problems_stand_at_the_part_of_the_form_they_belong_to(
    published: Store, clock: FakeClock
) -> None:
    flow = editor(published, clock)
    draft = flow.begin(LARGE, None)
    found = {
        "name": replace(draft, name=LOST),
        "when.1": replace(draft, when={"all": [MAIL, {"field": "account.employees", "is": "x"}]}),
        "queue": replace(draft, queue="Gone"),
        "agent": replace(draft, agent="Gone"),
        "first_reply": replace(draft, first_reply="soon"),
        "then": replace(draft, queue="", priority="", tags=()),
        "why": replace(draft, why="x" * 3_000),
        "waits": replace(draft, on="waiting", waits="soon"),
        "on": replace(draft, on="waiting"),
        "share": replace(draft, state="canary", share="900"),
    }
    for place, wrong in found.items():
        view = flow.look(wrong, NOTHING, strict=True)
        assert set(view.problems) == {place}, view.elsewhere
        with pytest.raises(Invalid):
            flow.publish(replace(wrong, note="x"), INES)
    share = flow.look(found["share"], NOTHING, strict=True).problems["share"]
    assert share == "Write a number below 100."
    some = replace(draft, state="canary", share="some")
    assert flow.look(some, NOTHING, strict=True).problems["share"] == "Here belongs a number."


def test_a_name_that_is_still_to_come_is_no_mistake_before_publishing(
    published: Store, clock: FakeClock
) -> None:
    flow = editor(published, clock)
    draft = replace(flow.begin(None, None), when=MAIL, queue="General")
    assert flow.look(draft, NOTHING).problems == {}
    assert set(flow.look(draft, NOTHING, strict=True).problems) == {"name"}


def test_while_it_is_written_a_rule_shows_what_is_wrong_with_it(
    published: Store, clock: FakeClock
) -> None:
    flow = editor(published, clock)
    hidden = replace(
        flow.begin(None, None),
        place=3,
        when={"all": [{"field": "segment", "is": "Enterprise"}, MAIL]},
        queue="General",
    )
    found = flow.look(hidden, NOTHING).findings
    assert found is not None
    ((finding, new),) = [(one.finding, one.new) for one in found.own]
    assert (finding.kind, finding.rules, new) == (Kind.SHADOWED, (3, 2), True)
    assert finding.says == f"Never fires: rule 2, {LARGE}, takes every ticket that reaches it."
    assert "channel mail" in finding.witness.says
    assert found.elsewhere == ()


def test_while_it_is_written_a_rule_shows_what_it_does_to_others(
    published: Store, clock: FakeClock
) -> None:
    flow = editor(published, clock)
    everything = replace(flow.begin(None, None), place=2, when="always", queue="General")
    found = flow.look(everything, NOTHING).findings
    assert found is not None
    assert found.own == ()
    (finding,) = found.elsewhere
    assert (finding.kind, finding.rules) == (Kind.SHADOWED, (3, 2))
    assert "rule 2, the new rule, takes every ticket" in finding.says
    # For another occasion it meets none of them.
    later = flow.look(replace(everything, on="reopened"), NOTHING).findings
    assert later is not None
    assert (later.own, later.elsewhere) == ((), ())


def test_what_is_wrong_already_is_told_from_what_a_change_brings_and_mends(
    published: Store, clock: FakeClock
) -> None:
    flow = editor(published, clock)
    rule = (
        "  - {name: Late, when: {field: segment, is: Enterprise}, then: {queue: General}}\nreplies"
    )
    publish(published, PLAYBOOK.replace("replies", rule, 1), clock.now(), 1)
    draft = flow.begin("Late", None)
    renamed = flow.look(replace(draft, name="Later"), NOTHING).findings
    assert renamed is not None
    assert [(one.finding.kind, one.new) for one in renamed.own] == [(Kind.SHADOWED, False)]
    first = flow.look(replace(draft, place=1), NOTHING).findings
    assert first is not None
    assert first.own == ()
    assert [one.rules for one in first.gone] == [(3, 2)]
    assert [(one.kind, one.rules) for one in first.elsewhere] == [(Kind.SHADOWED, (3, 1))]
    review = flow.review(replace(draft, place=1))
    assert review.findings == first
    # A condition that cannot be read yet says nothing about any rule.
    assert flow.look(replace(draft, when={"field": ""}), NOTHING).findings is None


def test_rules_too_long_for_each_pause_are_looked_through_before_publishing(
    published: Store, clock: FakeClock
) -> None:
    flow = editor(published, clock)
    tests = [{"field": "ticket.subject", "is": f"s{n}"} for n in range(MOST_WHILE_WRITING - 1)]
    draft = replace(flow.begin(LARGE, None), when={"any": tests})
    found = flow.look(draft, NOTHING).findings
    assert found is not None
    assert not found.unread
    longer = replace(draft, when={"any": [*tests, MAIL]})
    found = flow.look(longer, NOTHING).findings
    assert found == DraftFindings(unread=True)
    assert not flow.review(longer).findings.unread


def test_an_order_shows_what_it_does_and_each_step_can_be_undone(
    published: Store, clock: FakeClock
) -> None:
    flow = editor(published, clock)
    rule = "  - {name: Rest, when: always, then: {queue: General}}\nreplies"
    publish(published, PLAYBOOK.replace("replies", rule, 1), clock.now(), 1)
    up = flow.arrange(RuleOrder(2, None), "put 3 1")
    assert [(one.finding.kind, one.finding.rules, one.new) for one in up.findings.own] == [
        (Kind.SHADOWED, (2, 1), True),
        (Kind.SHADOWED, (3, 1), True),
    ]
    less = flow.arrange(up.change, "remove 1")
    assert less.change.order == (3, 2)
    assert f"Rule “{LOST}” is gone; it was at place 1." in less.words
    again = flow.arrange(less.change, "undo")
    assert (again.change.order, again.change.future) == ((3, 1, 2), ((1, 0),))
    back = flow.arrange(again.change, "undo")
    assert (back.change.order, back.change.past, back.words) == ((1, 2, 3), (), ())
    assert flow.arrange(back.change, "redo").change.order == (3, 1, 2)
    # Steps over another playbook, or over rules that it does not have, are none.
    assert flow.arrange(replace(up.change, based_on=1), "undo").change.past == ()
    assert flow.arrange(RuleOrder(2, None, past=((9, 1),)), "undo").change.order == (1, 2, 3)


def test_a_rule_is_counted_over_past_tickets_and_so_is_each_part(house: House) -> None:
    flow = routed(house, ["lost card", "lost key", "hello", "hello", "hello", "lost", "x", "x"])
    when = {"any": [{"field": "account.employees", "at least": 500}, {"field": ""}]}
    view = flow.look(replace(flow.begin(LARGE, None), when=when), NOTHING)
    assert (view.known, view.counts) == (8, {"when.0": 3})
    assert view.sentence is None
    whole = {
        "all": [
            {"field": "segment", "is": "Enterprise"},
            {"not": {"field": "ticket.subject", "contains": "y"}},
        ]
    }
    view = flow.look(replace(flow.begin(LARGE, None), when=whole), NOTHING)
    assert view.counts == {"when": 3, "when.0": 3, "when.1": 7}
    assert (view.rehearsed.matched, view.rehearsed.fired) == (3, 2)
    assert view.then == ("Priority", "priority high", "tag enterprise", "stop")
    off = flow.look(replace(flow.begin(LARGE, None), state="off"), NOTHING)
    assert (off.rehearsed.matched, off.rehearsed.fired) == (3, 0)


def test_a_decided_ticket_shows_which_test_fails(house: House) -> None:
    flow = routed(house, ["hello", "lost", "hello"])
    draft = flow.begin(LARGE, None)
    large = replace(draft, when={"field": "account.employees", "at least": 500})
    for key in ("102", "demo/102"):
        tried = flow.look(large, TicketToTry(id=key)).tried
        assert tried is not None
        assert tried.seen is not None
        assert tried.seen.verdict is Verdict.NOT_MATCHED
        assert [one.result for one in tried.seen.tests] == [False]
        assert (tried.queue, tried.queue_before) == ("General", "General")
    small = replace(draft, when={"field": "account.employees", "at least": 100})
    tried = flow.look(small, TicketToTry(id="102")).tried
    assert tried is not None
    assert tried.seen is not None
    assert (tried.seen.verdict, tried.queue) == (Verdict.FIRED, "Priority")
    assert tried.queue_before == "General"
    stopped = flow.look(small, TicketToTry(id="101")).tried
    assert stopped is not None
    assert stopped.seen is not None
    assert (stopped.seen.verdict, stopped.seen.matched) == (Verdict.AFTER_STOP, True)
    off = flow.look(replace(small, state="off"), TicketToTry(id="102")).tried
    assert off is not None
    assert off.seen is not None
    assert (off.seen.verdict, off.queue) == (Verdict.FIRED, "General")


@pytest.mark.parametrize("key", ["999", "other/100", "nobody/100", "/", "demo/"])
def test_a_ticket_that_was_not_decided_is_told(house: House, key: str) -> None:
    flow = routed(house, ["hello"])
    tried = flow.look(flow.begin(LARGE, None), TicketToTry(id=key)).tried
    assert tried is not None
    assert tried.problem.startswith(f"No decision is kept of a ticket {key}.")


def test_a_ticket_typed_in_is_tried_with_what_is_kept_of_the_customer(
    published: Store, clock: FakeClock
) -> None:
    with published.work() as work:
        work.connections.save_source(SourceRecord("CRM", "uploaded", {}, {}), clock.now())
        facts = {"account.employees": Fact(900.0, "CRM")}
        work.customers.put("CRM", [CustomerRecord("1", "lena@kontor.example", facts)], clock.now())
        work.commit()
    flow = editor(published, clock)
    draft = flow.begin(LARGE, None)
    known = flow.look(draft, TicketToTry(subject="Hello", email="lena@kontor.example")).tried
    unknown = flow.look(draft, TicketToTry(subject="Hello", email="x@y.example")).tried
    assert known is not None
    assert known.seen is not None
    assert (known.seen.verdict, known.queue) == (Verdict.FIRED, "Priority")
    assert unknown is not None
    assert unknown.seen is not None
    assert unknown.seen.verdict is not Verdict.FIRED


def test_rules_in_another_order_are_published_with_nothing_else_changed(
    published: Store, clock: FakeClock
) -> None:
    flow = editor(published, clock)
    draft = flow.arrange(RuleOrder(1, None), "move-up 2")
    assert draft.change == RuleOrder(1, (2, 1), past=((2, 2),))
    assert [(line.place, line.name) for line in draft.view.rules] == [(1, LARGE), (2, LOST)]
    assert draft.words == ("Rule “Enterprise to Priority” moved from place 2 to 1.",)
    flow.publish(replace(draft.change, note="First things first."), INES)
    assert rules_of(published, 2) == [LARGE, LOST]
    assert sorted(text_of(published, 2).splitlines()) == sorted(PLAYBOOK.splitlines())


def test_a_rule_is_taken_out(published: Store, clock: FakeClock) -> None:
    flow = editor(published, clock)
    change = flow.without(LOST)
    assert flow.review(change).words == ("Rule “Lost to Nowhere” is gone; it was at place 1.",)
    flow.publish(replace(change, note="Found."), INES)
    assert rules_of(published, 2) == [LARGE]


def test_an_order_made_of_an_older_playbook_keeps_what_is_new(
    published: Store, clock: FakeClock
) -> None:
    flow = editor(published, clock)
    rule = "  - {name: New, when: always, then: {tags: [x]}}\nreplies"
    publish(published, PLAYBOOK.replace("replies", rule, 1), clock.now(), 1)
    change = RuleOrder(1, (2, 1), "Mine.")
    with pytest.raises(Conflict):
        flow.publish(change, INES)
    draft = flow.arrange(change)
    assert [line.name for line in draft.view.rules] == [LARGE, "New", LOST]
    flow.publish(draft.change, INES)
    assert rules_of(published, 3) == [LARGE, "New", LOST]


@pytest.mark.parametrize("order", [(9, 0, 2, 2, 1), (2, 1)])
def test_places_that_are_none_are_left_out_of_an_order(
    published: Store, clock: FakeClock, order: tuple[int, ...]
) -> None:
    draft = editor(published, clock).arrange(RuleOrder(1, order))
    assert draft.change.order == (2, 1)


def test_an_order_of_a_playbook_that_never_was_is_not_found(
    published: Store, clock: FakeClock
) -> None:
    flow = editor(published, clock)
    with pytest.raises(NotThere, match="no playbook 7"):
        flow.arrange(RuleOrder(7, (1,)))
    with pytest.raises(NotThere, match="no playbook 7"):
        flow.review(RuleOrder(7, (1,)))


def test_each_version_says_in_words_what_it_changed(published: Store, clock: FakeClock) -> None:
    flow = editor(published, clock)
    flow.publish(replace(flow.begin(LARGE, None), state="off", note="Off."), INES)
    playbooks = EditPlaybook(published, clock)
    assert playbooks.changed(1) == ("The first one.",)
    assert playbooks.changed(2) == ("Rule “Enterprise to Priority”: state was on, is off.",)
    assert playbooks.changed(3) is None
