"""Groups in the data, as leads see them; the looking itself is done in a process of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Protocol

from plugin.flows.customers.trusted import trusted
from plugin.flows.playbook.edit_segment import SAMPLED
from plugin.pages.refusals import NotThere
from plugin.records.customers import CustomerSample
from plugin.records.work import Store
from plugin.views.segments import FoundGroup, FoundGroups, GroupSearch, NumberField
from routing.conditions.fields import Fields
from routing.conditions.form import to_pairs
from routing.conditions.tree import read_condition
from routing.conditions.values import say
from routing.conditions.wording import sentence
from routing.playbook import Playbook
from routing.population.groups import (
    LEAST_CUSTOMERS,
    LEAST_FIELDS,
    LEAST_GROUPS,
    LEAST_KNOWN,
    MOST_FIELDS,
    MOST_GROUPS,
    SENSELESS,
    Draft,
    Groups,
    numbers,
)


class Find(Protocol):
    """``deskroute segments find --json`` with these options, in a process of its own."""

    def __call__(self, *options: str) -> bytes | None:
        """What it said; None if it ended badly or took too long."""
        ...


@dataclass(frozen=True, slots=True)
class SeeGroups:
    """Offers the fields to look in, and tells what was found in them.

    ``is_able`` says whether what the search needs is installed. A search takes much memory, so
    each process starts only one at a time.
    """

    store: Store
    run: Find
    is_able: bool
    busy: Lock = field(default_factory=Lock, compare=False)

    def search(self) -> GroupSearch | None:
        """What can be looked in; None while no playbook is live."""
        with self.store.look() as work:
            playbook = work.playbooks.live()
            if playbook is None:
                return None
            sources = [trusted(record) for record in work.connections.sources()]
            names = numbers(playbook.fields)
            sample = work.segments.sample(sources, names, SAMPLED)
        fields = [_known(name, playbook.fields, sample) for name in names]
        usable = tuple(one for one in fields if _is_enough(one))
        too_few = tuple(one for one in fields if one.customers and not _is_enough(one))
        return GroupSearch(usable, too_few, sample.total, self.is_able)

    def find(self, names: Sequence[str], count: int | None) -> FoundGroups:
        """The groups in these fields: so many, or as many as stand apart best. Raises NotThere."""
        with self.store.look() as work:
            playbook = work.playbooks.live()
        if playbook is None:
            raise NotThere("No playbook is live yet, so there are no fields to look in.")
        known = [name for name in numbers(playbook.fields) if name in set(names)]
        problem = self._problem(known, count)
        if problem:
            return FoundGroups(problem)
        if not self.busy.acquire(blocking=False):
            return FoundGroups("Somebody else is looking for groups. Try again in a minute.")
        try:
            said = self.run("--fields", ",".join(known), *_asked(count))
        finally:
            self.busy.release()
        if said is None:
            return FoundGroups(
                "The search took too long, or failed. Choose fewer fields, or run "
                "`deskroute segments find` on the server."
            )
        return found_in(json.loads(said), playbook)

    def _problem(self, names: Sequence[str], count: int | None) -> str:
        if not self.is_able:
            return 'The search needs more packages: pip install "deskroute[analysis]".'
        if not LEAST_FIELDS <= len(names) <= MOST_FIELDS:
            chosen = f"{len(names)} field{'s are' if len(names) != 1 else ' is'} chosen"
            return f"{chosen}; it takes {LEAST_FIELDS} to {MOST_FIELDS}."
        if count is not None and not LEAST_GROUPS <= count <= MOST_GROUPS:
            return f"{count} groups are asked for; it can be {LEAST_GROUPS} to {MOST_GROUPS}."
        return ""


def _asked(count: int | None) -> tuple[str, ...]:
    return () if count is None else ("--groups", str(count))


def _known(name: str, fields: Fields, sample: CustomerSample) -> NumberField:
    """Of how many customers a field is known, estimated from those in the sample."""
    seen = len(sample.customers)
    share = sum(name in one.facts for one in sample.customers) / seen if seen else 0.0
    customers = round(share * sample.total)
    return NumberField(name, fields[name].says, customers, share, name not in SENSELESS)


def _is_enough(one: NumberField) -> bool:
    return one.share >= LEAST_KNOWN and one.customers >= LEAST_CUSTOMERS


def found_out(groups: Groups, drafts: Sequence[Draft]) -> str:
    """What a search found, as one JSON text."""
    return json.dumps(
        {
            "customers": groups.customers,
            "silhouette": groups.silhouette,
            "agreement": groups.agreement,
            "left_out": dict(groups.left_out),
            "without_rule": groups.without_rule,
            "groups": [
                {
                    **draft.entry(),
                    "customers": draft.group.customers,
                    "precision": draft.group.precision,
                    "recall": draft.group.recall,
                    "means": dict(draft.group.means),
                }
                for draft in drafts
            ],
        }
    )


def found_nothing(problem: str) -> str:
    """Why a search found nothing, as one JSON text."""
    return json.dumps({"problem": problem})


def found_in(raw: Mapping[str, Any], playbook: Playbook) -> FoundGroups:
    """What a search found, from the JSON that ``found_out`` or ``found_nothing`` wrote."""
    if "problem" in raw:
        return FoundGroups(raw["problem"])
    fields = playbook.fields
    return FoundGroups(
        customers=raw["customers"],
        silhouette=raw["silhouette"],
        agreement=raw["agreement"],
        groups=tuple(_group(one, fields) for one in raw["groups"]),
        left_out=tuple((_says(name, fields), why) for name, why in raw["left_out"].items()),
        without_rule=tuple(raw["without_rule"]),
        based_on=playbook.version,
        place=len(playbook.segments) + 1,
    )


def _group(raw: Mapping[str, Any], fields: Fields) -> FoundGroup:
    means = ((_says(name, fields), _rounded(mean)) for name, mean in raw["means"].items())
    return FoundGroup(
        name=raw["name"],
        sentence=sentence(read_condition(raw["when"], fields)),
        pairs=tuple(to_pairs(raw["when"])),
        customers=raw["customers"],
        precision=raw["precision"],
        recall=raw["recall"],
        means=tuple(means),
    )


def _says(name: str, fields: Fields) -> str:
    return fields[name].says if name in fields else name


def _rounded(mean: float) -> str:
    return say(float(f"{mean:.3g}"))
