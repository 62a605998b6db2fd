"""Drafts, and the second person who approves what the first one wrote."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner
from world import KEY, NOON, ON_SQLITE, PLAYBOOK, FakeClock, at_once, dump

from plugin.cli import main
from plugin.flows.people.audit import SeeAudit
from plugin.flows.playbook.check_rules import CheckRules
from plugin.flows.playbook.drafts import SeeDrafts
from plugin.flows.playbook.edit_case import EditCase
from plugin.flows.playbook.edit_playbook import EditPlaybook
from plugin.flows.playbook.edit_rule import EditRule
from plugin.flows.playbook.edit_segment import EditSegment
from plugin.flows.playbook.try_rule import TryRule
from plugin.flows.see_frame import SeeFrame
from plugin.pages.refusals import AskedForApproval, Conflict, NotThere, RedCases
from plugin.ports import Refused
from plugin.records.work import Store
from plugin.store.database import Database
from plugin.views.cases import CaseDraft
from plugin.views.people import Person, Role
from plugin.views.playbook import DraftState, DraftView, ToPublish
from routing.errors import Invalid

INES = Person(2, "ines@halden.example", "Ines Moreau", Role.LEAD)
SAM = Person(4, "samuel@halden.example", "Samuel Okoro", Role.LEAD)
RUBEN = Person(3, "ruben@halden.example", "Ruben Haas", Role.ADMIN)
MARA = Person(1, "mara@halden.example", "Mara Lindqvist", Role.AGENT)

GUARDED = f"""\
{PLAYBOOK}cases:
  - name: An enterprise comes first
    ticket: {{subject: Cannot sign in, language: en}}
    customer: {{account.employees: 900}}
    expect: {{queue: Priority}}
"""
CHANGED = GUARDED.replace("tags: [enterprise]", "tags: [enterprise, big]")
RED = GUARDED.replace("then: {queue: Priority,", "then: {queue: General,")


@pytest.fixture
def playbooks(store: Store, clock: FakeClock) -> EditPlaybook:
    made = EditPlaybook(store, clock)
    made.publish(GUARDED, "The first.", 0, INES)
    return made


@pytest.fixture
def drafts(store: Store, clock: FakeClock, playbooks: EditPlaybook) -> SeeDrafts:
    return SeeDrafts(store, clock, playbooks, CheckRules(clock).findings)


@pytest.fixture
def demanded(drafts: SeeDrafts, store: Store) -> SeeDrafts:
    """Publishing needs a second person."""
    with store.work() as work:
        for one in (INES, SAM, RUBEN, MARA):
            work.people.save(one.email, one.name, one.role, "x", NOON)
        work.commit()
    drafts.demand(RUBEN, demanded=True)
    return drafts


def did(store: Store) -> list[tuple[str, str]]:
    with store.look() as work:
        return [(one.by, one.did) for one in work.audit.links(0, 1_000)]


def asked(drafts: SeeDrafts, text: str = CHANGED, by: Person = INES) -> int:
    """A draft that its author asks an approval of."""
    with pytest.raises(AskedForApproval) as asked:
        drafts.playbooks.publish(text, "Big ones are tagged.", 1, by)
    return asked.value.draft


def seen(drafts: SeeDrafts, draft: int, person: Person) -> DraftView:
    return drafts.view(draft, person)


# Drafts, where nobody has to approve them.


def test_a_draft_is_kept_listed_opened_changed_and_published(
    drafts: SeeDrafts, playbooks: EditPlaybook, store: Store, clock: FakeClock
) -> None:
    key = drafts.keep(ToPublish("not whole: [", "", 1), INES)
    (line,) = drafts.every(SAM)
    assert (line.id, line.by, line.at, line.based_on) == (key, "Ines Moreau", NOON, 1)
    assert (line.mine, drafts.every(INES)[0].mine) == (False, True)
    assert drafts.view(key, INES).problems
    clock.turn(minutes=5)
    assert drafts.keep(ToPublish(CHANGED, "Big ones are tagged.", 1, draft=key), INES) == key
    view = drafts.view(key, SAM)
    assert view.text == CHANGED
    assert view.words == (
        "Rule “Enterprise to Priority”: tags was enterprise, is enterprise, big.",
    )
    assert [line for line in view.lines if line.startswith("+")] != []
    assert [one.green for one in view.proofs] == [True]
    assert view.findings is not None
    assert (view.moved_on, view.demanded, view.may) == (False, False, {"publish"})
    assert drafts.publish(key, view.seal, SAM) == 2
    assert playbooks.text(2) == CHANGED
    assert drafts.every(INES) == ()
    with pytest.raises(NotThere):
        drafts.view(key, INES)
    assert [one for _, one in did(store)][-3:] == [
        f"kept draft {key}: ",
        f"kept draft {key}: Big ones are tagged.",
        "published playbook 2: Big ones are tagged.",
    ]


def test_whoever_changes_somebody_elses_draft_keeps_one_of_their_own(drafts: SeeDrafts) -> None:
    key = drafts.keep(ToPublish(GUARDED, "Mine.", 1), INES)
    other = drafts.keep(ToPublish(CHANGED, "Better.", 1, draft=key), SAM)
    assert other != key
    assert drafts.view(key, INES).text == GUARDED
    assert drafts.view(other, SAM).line.mine


def test_a_text_published_from_its_draft_leaves_none_behind_but_somebody_elses(
    drafts: SeeDrafts, playbooks: EditPlaybook
) -> None:
    mine = drafts.keep(ToPublish(GUARDED, "Mine.", 1), INES)
    other = drafts.keep(ToPublish(GUARDED, "Theirs.", 1), SAM)
    playbooks.publish_draft(ToPublish(f"{GUARDED}# 2\n", "A", 1, draft=mine), INES)
    playbooks.publish_draft(ToPublish(f"{GUARDED}# 3\n", "B", 2, draft=other), INES)
    assert [one.id for one in drafts.every(INES)] == [other]


def test_a_draft_is_discarded_by_its_author_or_an_admin(drafts: SeeDrafts) -> None:
    first, second = (drafts.keep(ToPublish(GUARDED, "Mine.", 1), INES) for _ in range(2))
    with pytest.raises(Refused):
        drafts.discard(first, SAM)
    drafts.discard(first, INES)
    drafts.discard(second, RUBEN)
    assert drafts.every(INES) == ()
    with pytest.raises(NotThere):
        drafts.discard(first, INES)
    # No later one is taken for it.
    assert drafts.keep(ToPublish(GUARDED, "Mine.", 1), INES) > second


@pytest.mark.parametrize(
    ("text", "note", "trouble"),
    [(RED, "Why", RedCases), ("- 1", "Why", Invalid), (CHANGED, "", Refused)],
)
def test_a_draft_is_published_only_as_what_may_be_published(
    drafts: SeeDrafts, text: str, note: str, trouble: type[Exception]
) -> None:
    key = drafts.keep(ToPublish(text, note, 1), INES)
    with pytest.raises(trouble):
        drafts.publish(key, drafts.view(key, INES).seal, INES)
    assert len(drafts.every(INES)) == 1


def test_a_draft_that_live_has_left_behind_is_a_conflict_until_it_is_put_on_top(
    drafts: SeeDrafts, playbooks: EditPlaybook
) -> None:
    key = drafts.keep(ToPublish(CHANGED, "Why", 1), INES)
    playbooks.publish(f"{GUARDED}# More.\n", "Meanwhile.", 1, SAM)
    view = drafts.view(key, INES)
    assert view.moved_on
    assert view.live is not None
    assert view.live.by == "Samuel Okoro"
    with pytest.raises(Conflict):
        drafts.publish(key, view.seal, INES)
    drafts.keep(ToPublish(CHANGED, "Why", 2, draft=key), INES)
    assert drafts.publish(key, drafts.view(key, INES).seal, INES) == 3


# Approvals.


def test_the_whole_way_of_a_change_that_needs_a_second_person(
    demanded: SeeDrafts, playbooks: EditPlaybook, store: Store, clock: FakeClock
) -> None:
    key = asked(demanded)
    assert playbooks.text(1) == GUARDED
    with pytest.raises(NotThere):
        playbooks.text(2)
    frames = SeeFrame(store)
    assert [frames.frame(one).asked for one in (INES, SAM, RUBEN, MARA)] == [0, 1, 1, 0]
    assert frames.frame(INES).approvals
    own = seen(demanded, key, INES)
    assert own.may == {"discard"}
    with pytest.raises(Refused, match="did not write it"):
        demanded.approve(key, own.seal, INES)
    with pytest.raises(Refused, match="needs the approval"):
        demanded.publish(key, own.seal, SAM)
    view = seen(demanded, key, SAM)
    assert view.may == {"approve", "send-back"}
    demanded.send_back(key, "Which ones are big?", SAM)
    back = seen(demanded, key, INES)
    assert (back.line.state, back.line.judge, back.line.reason) == (
        DraftState.SENT_BACK,
        "Samuel Okoro",
        "Which ones are big?",
    )
    with pytest.raises(Refused, match="once they are asked"):
        demanded.approve(key, view.seal, SAM)
    better, better_note = CHANGED.replace("big]", "over-500]"), "Those over 500 are tagged."
    demanded.keep(ToPublish(better, better_note, 1, draft=key), INES)
    kept = seen(demanded, key, INES)
    assert kept.may == {"ask", "discard"}
    demanded.ask(key, kept.seal, INES)
    view = seen(demanded, key, SAM)
    assert demanded.approve(key, view.seal, SAM) == 2
    assert playbooks.text(2) == better
    with store.look() as work:
        line = work.playbooks.versions()[0]
    assert (line.by, line.note) == (
        "Ines Moreau",
        "Those over 500 are tagged. Approved by Samuel Okoro.",
    )
    assert demanded.every(SAM) == ()
    assert did(store)[1:] == [
        (
            RUBEN.email,
            "decided that publishing needs the approval of a second person from now on",
        ),
        (INES.email, f"asked for an approval of draft {key}: Big ones are tagged."),
        (SAM.email, f"sent draft {key} of {INES.email} back: Which ones are big?"),
        (INES.email, f"kept draft {key}: Those over 500 are tagged."),
        (INES.email, f"asked for an approval of draft {key}: Those over 500 are tagged."),
        (
            SAM.email,
            f"approved draft {key} of {INES.email} and published playbook 2: {better_note}",
        ),
    ]
    assert SeeAudit(store, clock).verify().broken is None


def by_text(playbooks: EditPlaybook, _store: Store, _clock: FakeClock) -> None:
    playbooks.publish(CHANGED, "Why", 2, INES)


def by_roll_back(playbooks: EditPlaybook, _store: Store, _clock: FakeClock) -> None:
    playbooks.roll_back(1, INES)


def by_rule(playbooks: EditPlaybook, store: Store, clock: FakeClock) -> None:
    edit = EditRule(store, clock, playbooks, TryRule(store, clock), CheckRules(clock))
    edit.publish(replace(edit.begin("Enterprise to Priority", None), tags=("big",)), INES)


def by_order(playbooks: EditPlaybook, store: Store, clock: FakeClock) -> None:
    edit = EditRule(store, clock, playbooks, TryRule(store, clock), CheckRules(clock))
    edit.publish(edit.without("Lost to Nowhere"), INES)


def by_segment(playbooks: EditPlaybook, store: Store, clock: FakeClock) -> None:
    edit = EditSegment(store, clock, playbooks)
    edit.publish(replace(edit.begin("Enterprise", None), name="Big ones", note="Why"), INES)


def by_case(playbooks: EditPlaybook, store: Store, clock: FakeClock) -> None:
    edit = EditCase(store, clock, playbooks)
    draft = edit.begin(None, None)
    values = {**draft.values, "name": "New", "expect.queue": "General"}
    edit.publish(CaseDraft(draft.based_on, None, values, "Why"), INES)


def by_case_removed(playbooks: EditPlaybook, store: Store, clock: FakeClock) -> None:
    edit = EditCase(store, clock, playbooks)
    edit.remove(edit.begin("An enterprise comes first", None), INES)


WAYS = [by_text, by_roll_back, by_rule, by_order, by_segment, by_case, by_case_removed]


@pytest.mark.parametrize("way", WAYS)
def test_no_way_of_publishing_goes_round_the_approval(
    demanded: SeeDrafts,
    playbooks: EditPlaybook,
    store: Store,
    clock: FakeClock,
    way: Callable[[EditPlaybook, Store, FakeClock], None],
) -> None:
    playbooks.publish_draft(ToPublish(f"{GUARDED}# 2\n", "", 1, forced=True), RUBEN)
    with pytest.raises(AskedForApproval) as waits:
        way(playbooks, store, clock)
    with store.look() as work:
        assert len(work.playbooks.versions()) == 2
    view = seen(demanded, waits.value.draft, SAM)
    assert view.line.state is DraftState.ASKED
    assert demanded.approve(view.line.id, view.seal, SAM) == 3
    assert playbooks.text(3) == view.text


def test_every_flow_that_publishes_is_among_those_ways() -> None:
    flows = Path(__file__).parents[2] / "plugin" / "flows"
    publishing = {
        path.stem for path in flows.rglob("*.py") if "playbooks.publish" in path.read_text("utf-8")
    }
    # What ends harm by itself asks nobody: a canary that does harm is turned off at once.
    assert publishing == {
        "watch_trials",
        "edit_playbook",
        "edit_rule",
        "edit_segment",
        "edit_case",
        "drafts",
    }


def test_notes_of_a_segment_follow_it_when_the_change_is_approved(
    demanded: SeeDrafts, playbooks: EditPlaybook, store: Store, clock: FakeClock
) -> None:
    with store.work() as work:
        work.segments.add_note("Enterprise", "They pay late.", "Ines Moreau", NOON)
        work.commit()
    edit = EditSegment(store, clock, playbooks)
    draft = replace(edit.begin("Enterprise", None), name="Big ones", note="Why")
    with pytest.raises(AskedForApproval) as waits:
        edit.publish(draft, INES)
    with store.look() as work:
        assert len(work.segments.notes("Enterprise")) == 1
    # Its text is edited before it is approved.
    key = waits.value.draft
    text = seen(demanded, key, INES).text
    demanded.keep(ToPublish(f"{text}# Looked over.\n", "Why", 1, draft=key), INES)
    demanded.ask(key, seen(demanded, key, INES).seal, INES)
    demanded.approve(key, seen(demanded, key, SAM).seal, SAM)
    with store.look() as work:
        assert len(work.segments.notes("Big ones")) == 1
        assert work.segments.notes("Enterprise") == []


def test_what_is_approved_is_what_was_seen(demanded: SeeDrafts, playbooks: EditPlaybook) -> None:
    key = asked(demanded)
    view = seen(demanded, key, SAM)
    # The author changes it while the other one reads, and asks again.
    sly = CHANGED.replace("big]", "big, free-of-charge]")
    demanded.keep(ToPublish(sly, view.line.note, 1, draft=key), INES)
    with pytest.raises(Refused, match="changed since you opened it"):
        demanded.approve(key, view.seal, SAM)
    demanded.ask(key, seen(demanded, key, INES).seal, INES)
    with pytest.raises(Refused, match="changed since you opened it"):
        demanded.approve(key, view.seal, SAM)
    assert demanded.approve(key, seen(demanded, key, SAM).seal, SAM) == 2
    assert playbooks.text(2) == sly


def test_an_approval_of_what_live_has_left_behind_is_a_conflict(
    demanded: SeeDrafts, playbooks: EditPlaybook
) -> None:
    key = asked(demanded)
    playbooks.publish_draft(ToPublish(f"{GUARDED}# More.\n", "", 1, forced=True), RUBEN)
    view = seen(demanded, key, SAM)
    assert view.moved_on
    with pytest.raises(Conflict) as conflict:
        demanded.approve(key, view.seal, SAM)
    assert conflict.value.version == 2
    assert seen(demanded, key, SAM).line.state is DraftState.ASKED
    # And a change to what was live before is not even asked for.
    with pytest.raises(Conflict):
        playbooks.publish(CHANGED, "Why", 1, INES)


def test_an_approval_of_what_turned_red_meanwhile_is_refused(
    demanded: SeeDrafts, clock: FakeClock
) -> None:
    timed = CHANGED.replace(
        "    then: {queue: Nowhere}",
        "    then: {queue: Nowhere}\n"
        "  - name: Until spring\n"
        "    when: {field: time.month, at least: 4}\n"
        "    then: {queue: General}",
    )
    key = asked(demanded, timed)
    clock.turn(days=40)
    with pytest.raises(RedCases):
        demanded.approve(key, seen(demanded, key, SAM).seal, SAM)


def test_of_many_who_approve_at_once_one_publishes(demanded: SeeDrafts, store: Store) -> None:
    key = asked(demanded)
    seal = seen(demanded, key, SAM).seal

    def approve(person: Person) -> int | None:
        try:
            return demanded.approve(key, seal, person)
        except (NotThere, Conflict):
            return None

    made = at_once(6, [partial(approve, one) for one in (SAM, RUBEN) * 3])
    assert [one for one in made if one] == [2]
    with store.look() as work:
        assert len(work.playbooks.versions()) == 2


def test_an_agent_may_do_nothing_and_an_admin_needs_a_second_person_too(
    demanded: SeeDrafts,
) -> None:
    key = asked(demanded, by=RUBEN)
    assert seen(demanded, key, MARA).may == frozenset()
    for act in (demanded.approve, demanded.publish, demanded.ask):
        with pytest.raises(Refused):
            act(key, seen(demanded, key, MARA).seal, MARA)
        with pytest.raises(Refused):
            act(key, seen(demanded, key, RUBEN).seal, RUBEN)
    with pytest.raises(Refused):
        demanded.send_back(key, "No.", MARA)
    with pytest.raises(Refused, match="reason is empty"):
        demanded.send_back(key, "", SAM)


def test_an_author_who_signs_in_under_another_name_is_still_the_author(
    demanded: SeeDrafts,
) -> None:
    key = asked(demanded)
    renamed = replace(INES, id=99, name="I. Moreau", role=Role.ADMIN)
    with pytest.raises(Refused):
        demanded.approve(key, seen(demanded, key, renamed).seal, renamed)


def test_whether_approvals_are_demanded_is_an_admins_to_say_and_needs_two_people(
    drafts: SeeDrafts, store: Store, database: Database
) -> None:
    with store.work() as work:
        work.people.save(INES.email, INES.name, Role.LEAD, "x", NOON)
        work.people.save(MARA.email, MARA.name, Role.AGENT, "x", NOON)
        work.commit()
    before = dump(database)
    with pytest.raises(Refused, match="Only one person may publish"):
        drafts.demand(RUBEN, demanded=True)
    with pytest.raises(Refused, match="Only an admin"):
        drafts.demand(INES, demanded=True)
    assert dump(database) == before
    with store.work() as work:
        work.people.save(SAM.email, SAM.name, Role.LEAD, "x", NOON)
        work.commit()
    drafts.demand(RUBEN, demanded=True)
    drafts.demand(RUBEN, demanded=True)
    assert drafts.demanded()
    with pytest.raises(Refused):
        drafts.demand(INES, demanded=False)
    drafts.demand(RUBEN, demanded=False)
    assert [one for by, one in did(store) if by == RUBEN.email] == [
        "decided that publishing needs the approval of a second person from now on",
        "decided that publishing needs no approval from now on",
    ]


def test_no_playbook_switches_approvals_off(demanded: SeeDrafts, playbooks: EditPlaybook) -> None:
    with pytest.raises(Invalid, match="no key “approvals”"):
        playbooks.publish(f"{GUARDED}approvals: off\n", "", 1, INES)
    key = asked(demanded)
    demanded.approve(key, seen(demanded, key, SAM).seal, SAM)
    assert demanded.demanded()


def test_a_draft_that_waited_while_approvals_were_switched_off_is_published_by_any_lead(
    demanded: SeeDrafts,
) -> None:
    key = asked(demanded)
    demanded.demand(RUBEN, demanded=False)
    view = seen(demanded, key, SAM)
    assert view.may == {"publish", "send-back"}
    assert demanded.publish(key, view.seal, SAM) == 2


def test_a_forgotten_customer_is_taken_out_of_drafts_too(drafts: SeeDrafts, store: Store) -> None:
    lena = "lena@kontor.example"
    key = drafts.keep(ToPublish(f"# Ask {lena}\n{GUARDED}", f"As {lena} said.", 1), INES)
    with store.work() as work:
        work.privacy.forget(lena, NOON)
        work.commit()
    view = drafts.view(key, INES)
    assert lena not in view.text
    assert lena not in view.line.note
    assert view.line.mine


@ON_SQLITE
def test_the_command_line_refuses_without_the_approval_and_notes_when_it_is_forced(
    demanded: SeeDrafts,
    store: Store,
    url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DESKROUTE_DATABASE_URL", url)
    monkeypatch.setenv("DESKROUTE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("DESKROUTE_KEYS", KEY)
    file = tmp_path / "changed.yaml"
    file.write_text(CHANGED, encoding="utf-8")

    def run(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(main, words)
        return result.exit_code, result.output

    assert demanded.demanded()
    code, told = run("playbook", "publish", str(file), "--note", "Why")
    assert code == 1
    assert "needs the approval of a second lead or admin" in told
    assert demanded.every(INES) == ()
    code, told = run("playbook", "publish", str(file), "--note", "Why", "--force")
    assert (code, "is live as playbook 2" in told) == (0, True)
    assert did(store)[-1] == (
        "command line",
        "published playbook 2: Why (forced, without the approval that is demanded)",
    )
    assert "the approval of a second" in run("playbook", "approvals")[1]
    assert run("playbook", "approvals", "off") == (0, "Publishing needs no approval.\n")
    assert run("playbook", "approvals", "on")[0] == 0
    assert did(store)[-1][0] == "command line"
