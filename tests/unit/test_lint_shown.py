"""What lint finds, where people see it: on the page of rules, in the editor, in the terminal."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest
from builders import NOON, a_playbook, a_rule
from click.testing import CliRunner, Result
from page_samples import AGENT, LEAD, PLAYBOOK, Fakes, build, client_of, form_token, playbook_view

from plugin.cli import main
from plugin.flows.playbook.check_rules import MOST_TESTS, CheckRules
from routing.decide import decide
from routing.playbook_file import read_playbook
from routing.record import facts_in

HIDDEN = """\
  - name: Banks in the chat
    when: {all: [{field: account.industry, is: Banking}, {field: ticket.channel, is: chat}]}
    then: {queue: Priority}
"""
BROKEN = PLAYBOOK.replace("replies:\n", f"{HIDDEN}replies:\n", 1)
SAID = "Never fires: rule 4, Banks with a DPA, takes every ticket that reaches it."
WITNESS = "Rule 7 matches it, but rule 4 comes first and stops."


@dataclass(frozen=True)
class Standing:
    def now(self) -> datetime:
        return NOON


class TestOnPages:
    def fakes(self) -> Fakes:
        view = playbook_view()
        rules = (*view.rules, replace(view.rules[0], place=7, name="Banks in the chat"))
        return Fakes(playbook_now=replace(view, playbook=read_playbook(BROKEN, 41), rules=rules))

    def test_a_lead_sees_each_finding_at_its_rule_with_its_witness(self) -> None:
        html = client_of(build(self.fakes()), LEAD).get("/playbook").text
        after_the_rule = html.partition(">Banks in the chat<")[2]
        assert SAID in after_the_rule
        assert WITNESS in after_the_rule

    def test_an_agent_who_cannot_mend_it_does_not(self) -> None:
        html = client_of(build(self.fakes()), AGENT).get("/playbook").text
        assert "Banks in the chat" in html
        assert SAID not in html

    def test_rules_too_long_to_be_looked_through_say_so(self) -> None:
        html = client_of(build(Fakes(unread=True)), LEAD).get("/playbook").text
        assert "too long for this page to look for mistakes" in html

    def test_a_check_of_a_text_says_which_rule_a_finding_is_about(self) -> None:
        client = client_of(build(Fakes()), LEAD)
        data = {
            "csrf_token": form_token(client, "/playbook/import"),
            "text": BROKEN,
            "do": "check",
        }
        html = client.post("/playbook/import", data=data).text
        assert "No problems found." in html
        assert f"Rule 7. <b>{SAID}</b>" in html
        assert WITNESS in html


class TestInTheTerminal:
    def check(self, tmp_path: Path, text: str, *options: str) -> Result:
        file = tmp_path / "playbook.yaml"
        file.write_text(text, "utf-8")
        return CliRunner().invoke(main, ["playbook", "check", str(file), *options])

    def test_findings_follow_what_is_in_order(self, tmp_path: Path) -> None:
        result = self.check(tmp_path, BROKEN)
        assert result.exit_code == 0
        assert "playbook.yaml is in order: 4 segments, 7 rules" in result.output
        assert f"bad: rule 7, Banks in the chat: {SAID}" in result.output
        assert WITNESS in result.output

    @pytest.mark.parametrize(("text", "code"), [(BROKEN, 1), (PLAYBOOK, 0)])
    def test_rules_that_never_fire_make_a_strict_check_fail(
        self, tmp_path: Path, text: str, code: int
    ) -> None:
        assert self.check(tmp_path, text, "--strict").exit_code == code

    def test_as_json_the_facts_of_a_witness_can_be_decided_again(self, tmp_path: Path) -> None:
        printed = json.loads(self.check(tmp_path, BROKEN, "--json").stdout)
        (finding,) = [one for one in printed["findings"] if one["severity"] == "bad"]
        assert (finding["kind"], finding["rules"]) == ("shadowed", [7, 4])
        decision = decide(facts_in(finding["witness"]["facts"]), read_playbook(BROKEN))
        assert decision.trace[6].matched
        assert decision.fired[-1] == "Banks with a DPA"

    def test_as_json_problems_are_told_with_their_line(self, tmp_path: Path) -> None:
        result = self.check(tmp_path, BROKEN.replace("rules:", "rulez:"), "--json")
        assert result.exit_code == 1
        printed = json.loads(result.stdout)
        assert printed["findings"] == []
        assert "Did you mean rules?" in printed["problems"][0]["message"]
        assert printed["problems"][0]["line"] is not None


class TestTheFlow:
    def test_a_published_version_is_looked_through_once_and_a_draft_each_time(self) -> None:
        checks = CheckRules(Standing())
        published = read_playbook(BROKEN, 41)
        assert checks.findings(published) is checks.findings(published)
        draft = read_playbook(BROKEN)
        assert checks.findings(draft) == checks.findings(published)
        assert checks.findings(read_playbook(PLAYBOOK)) != checks.findings(draft)

    def test_more_tests_than_a_page_looks_through_are_left_to_the_command_line(self) -> None:
        tests = [{"field": "customer.orders", "is": place} for place in range(MOST_TESTS)]
        checks = CheckRules(Standing())
        assert checks.findings(a_playbook(rules=[a_rule(when={"any": tests})])) == ()
        more = a_rule(when={"field": "customer.orders", "is": 0})
        assert checks.findings(a_playbook(rules=[a_rule(when={"any": tests}), more])) is None
