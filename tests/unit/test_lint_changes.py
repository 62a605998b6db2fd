"""What a change to the rules does to the findings: new, there already, gone."""

from __future__ import annotations

from dataclasses import replace

from builders import NOON, a_playbook, a_rule

from routing.lint.changes import Changes, compare
from routing.lint.findings import Kind
from routing.lint.lint import lint, lint_rules
from routing.playbook import Playbook
from routing.rules.occasions import occasions
from routing.rules.rule import Rule
from routing.tickets import Trigger

MAIL = {"field": "ticket.channel", "is": "mail"}
CHAT = {"field": "ticket.channel", "is": "chat"}
BOTH = {"all": [MAIL, CHAT]}


def book(*rules: Rule) -> Playbook:
    return a_playbook(rules=list(rules))


def change(before: Playbook, after: Playbook) -> Changes:
    names = ([rule.name for rule in one.rules] for one in (before, after))
    return compare(lint(before, NOON), lint(after, NOON), *names)


def kinds(changes: Changes) -> list[tuple[Kind, tuple[int, ...], bool]]:
    return [(one.kind, one.rules, new) for one, new in changes.found if one.kind is not Kind.GAP]


def test_moving_a_rule_makes_no_old_finding_a_new_one() -> None:
    never, mail, chat = a_rule("Never", BOTH), a_rule("Mail", MAIL), a_rule("Chat", CHAT)
    changes = change(book(never, mail, chat), book(mail, chat, never))
    assert kinds(changes) == [(Kind.NEVER, (3,), False)]
    assert changes.gone == ()


def test_another_rule_that_takes_all_its_tickets_is_no_news_for_one_that_never_fires() -> None:
    one, two, late = a_rule("One", MAIL), a_rule("Two", MAIL), a_rule("Late", MAIL)
    two = replace(two, when=one.when, then=replace(one.then, tags=("x",)))
    late = replace(late, then=replace(one.then, tags=("y",)))
    changes = change(book(one, late), book(two, late))
    assert kinds(changes) == [(Kind.SHADOWED, (2, 1), False)]


def test_the_other_way_round_one_finding_comes_and_one_goes() -> None:
    wide = a_rule("Wide", MAIL)
    narrow = a_rule("Narrow", {"all": [MAIL, {"field": "ticket.subject", "is": "x"}]})
    changes = change(book(narrow, wide), book(wide, narrow))
    assert kinds(changes) == [(Kind.SHADOWED, (2, 1), True)]
    back = change(book(wide, narrow), book(narrow, wide))
    assert kinds(back) == []
    assert [(one.kind, one.rules) for one in back.gone] == [(Kind.SHADOWED, (2, 1))]


def test_twins_are_the_same_twins_in_either_order() -> None:
    one, two = a_rule("One", MAIL), a_rule("Two", MAIL)
    assert kinds(change(book(one, two), book(two, one))) == [(Kind.DUPLICATE, (2, 1), False)]


def test_rules_for_one_occasion_are_found_the_same_alone_as_together() -> None:
    later = replace(a_rule("Later", BOTH), on=Trigger.REOPENED)
    playbook = book(a_rule("One", MAIL), a_rule("Two", MAIL), later)
    alone = [lint_rules(playbook, NOON, [one]) for one in occasions(playbook.rules)]
    assert [len(one) > 0 for one in alone] == [True, True]
    assert sum(alone, ()) == lint(playbook, NOON)
