"""Rules on trial, shadows and canaries: how they do, and the end of a canary that does harm."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from plugin.ports import Clock
from plugin.records.trials import Tried
from plugin.records.work import Store, Work
from routing.playbook import Playbook
from routing.playbook_file import read_playbook
from routing.rules.guard import Watched, watch
from routing.rules.rule import Rule, State
from routing.rules.written import with_state

log = logging.getLogger(__name__)

OURSELVES = "Deskroute"
"""Who publishes a playbook in which a canary was stopped."""

MOST_VERSIONS = 50
"""Versions that are looked back at for when a trial began."""


@dataclass(frozen=True, slots=True)
class WatchTrials:
    """Measures rules on trial, and turns canaries off that do harm."""

    store: Store
    clock: Clock

    def told(self) -> dict[str, tuple[str, ...]]:
        """How each shadow and canary of the live playbook does, in sentences, by its name."""
        with self.store.look() as work:
            playbook = work.playbooks.live()
            if playbook is None:
                return {}
            return {
                rule.name: tuple(self._says(work, playbook, rule))
                for rule in playbook.rules
                if rule.state in {State.SHADOW, State.CANARY}
            }

    def __call__(self) -> tuple[str, ...]:
        """Turn off the canaries that do harm, each as a new version; returns their names.

        The version says why. That somebody has to approve what is published, or that saved cases
        must hold, does not keep harm from being ended.
        """
        ended = []
        for rule, harm in self._harmful():
            if self._end(rule, harm):
                ended.append(rule.name)
        return tuple(ended)

    def _harmful(self) -> list[tuple[Rule, list[Watched]]]:
        with self.store.look() as work:
            playbook = work.playbooks.live()
            if playbook is None:
                return []
            canaries = [rule for rule in playbook.rules if rule.state is State.CANARY]
            found = [(one, self._guards(work, playbook, one)) for one in canaries]
        return [(rule, harm) for rule, seen in found if (harm := [one for one in seen if one.stop])]

    def _end(self, rule: Rule, harm: Sequence[Watched]) -> bool:
        now = self.clock.now()
        with self.store.work() as work:
            live = work.playbooks.live()
            text = None if live is None else work.playbooks.text(live.version)
            if live is None or text is None or rule not in live.rules:
                return False  # It was mended or removed meanwhile; the figures are not its own.
            off = with_state(text, rule.name, State.OFF)
            read_playbook(off)
            why = f"Stopped the canary “{rule.name}”. {'. '.join(map(str, harm))}."
            version = work.playbooks.publish(off, why, OURSELVES, now, live.version)
            if version is None:
                return False  # Somebody published meanwhile; the next look sees what they did.
            work.audit.note(OURSELVES, f"published playbook {version}: {why}", now)
            work.commit()
        log.warning("the canary %s is stopped", rule.name)
        return True

    def _guards(self, work: Work, playbook: Playbook, rule: Rule) -> tuple[Watched, ...]:
        if not rule.canary.guards:
            return ()
        tried = work.trials.tried(rule.name, _began(work, playbook, rule))
        acted = [one.result for one in tried if one.effect]
        watched = [one.result for one in tried if not one.effect]
        return watch(rule.canary.guards, acted, watched)

    def _says(self, work: Work, playbook: Playbook, rule: Rule) -> list[str]:
        tried = work.trials.tried(rule.name, _began(work, playbook, rule))
        if rule.state is State.SHADOW:
            return list(_of_shadow(rule, tried, playbook))
        acted = [one.result for one in tried if one.effect]
        watched = [one.result for one in tried if not one.effect]
        guards = watch(rule.canary.guards, acted, watched) if rule.canary.guards else ()
        counted = f"Canary: fired for {len(acted):,} tickets, watched {len(watched):,} others."
        return [counted, *(f"{one}." for one in guards)]


def _began(work: Work, playbook: Playbook, rule: Rule) -> int:
    """The version in which the rule began to be on trial as it is now."""
    began = playbook.version
    for version in range(playbook.version - 1, max(0, playbook.version - MOST_VERSIONS), -1):
        before = work.playbooks.get(version)
        same = None if before is None else next((r for r in before.rules if _same(r, rule)), None)
        if same is None:
            break
        began = version
    return began


def _same(before: Rule, rule: Rule) -> bool:
    return (before.name, before.when, before.then, before.on, before.state) == (
        rule.name,
        rule.when,
        rule.then,
        rule.on,
        rule.state,
    )


def _of_shadow(rule: Rule, tried: Sequence[Tried], playbook: Playbook) -> list[str]:
    counted = f"Shadow: would have fired for {len(tried):,} tickets."
    queue = rule.then.leads_to
    if queue is None or not tried:
        return [counted]
    elsewhere = [one for one in tried if one.queue_name != queue]
    ended = [playbook.queue_of(one.connection, one.queue) for one in elsewhere]
    right = sum(name == queue for name in ended)
    stayed = sum(name == one.queue_name for name, one in zip(ended, elsewhere, strict=True))
    told = f"{right:,} ended in {queue} all the same, {stayed:,} stayed where they were sent"
    return [counted, f"{len(elsewhere):,} of them went elsewhere: {told}."]
