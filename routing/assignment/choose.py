"""Which agent of a queue gets a ticket: the familiar one if free, else the least loaded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from routing.assignment.staff import Agent
from routing.conditions.values import join_or
from routing.languages import language_name
from routing.tickets import Facts, Load


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who gets the ticket, and why. ``agent`` None is a result too: nobody is free."""

    agent: str | None
    because: str


def choose_agent(queue: str, agents: Iterable[Agent], facts: Facts) -> Assignment:
    """The agent of this queue who should get the ticket.

    Capacity is never exceeded. Agents who speak the ticket's language come first; among equals
    the one this customer knows from last time, then the least loaded for their capacity, then
    the one first in the playbook, so that the choice is the same for the same facts.
    """
    team = [agent for agent in agents if queue in agent.queues]
    if not team:
        return Assignment(None, f"No agent serves {queue}.")
    free = [agent for agent in team if _free(agent, facts)]
    if not free:
        names = join_or([agent.name for agent in team], "and")
        return Assignment(None, f"Nobody in {queue} has room now: {names}.")
    speaking = [agent for agent in free if _speaks(agent, facts.language)]
    pool = speaking or free
    familiar = next((agent for agent in pool if agent.name == facts.last_agent), None)
    if familiar is not None:
        load = _load(familiar, facts).open
        return Assignment(
            familiar.name,
            f"{familiar.name} solved this customer's last ticket. "
            f"Load {load} of {familiar.capacity}.",
        )
    chosen = min(pool, key=lambda agent: _load(agent, facts).open / agent.capacity)
    return Assignment(chosen.name, _why(chosen, facts, spoken=bool(speaking)))


def _load(agent: Agent, facts: Facts) -> Load:
    return facts.loads.get(agent.name, Load())


def _free(agent: Agent, facts: Facts) -> bool:
    load = _load(agent, facts)
    return load.present and load.open < agent.capacity


def _speaks(agent: Agent, language: str | None) -> bool:
    return not agent.languages or language is None or language in agent.languages


def _why(agent: Agent, facts: Facts, *, spoken: bool) -> str:
    load = f"Load {_load(agent, facts).open} of {agent.capacity}."
    if facts.language is None or not agent.languages:
        return f"{agent.name} had the lowest load. {load}"
    language = language_name(facts.language)
    if spoken:
        return f"{agent.name} speaks {language} and had the lowest load. {load}"
    return f"Nobody free speaks {language}; {agent.name} had the lowest load. {load}"
