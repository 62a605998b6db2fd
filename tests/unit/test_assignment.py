"""From a queue to an agent: who is free, who speaks the language, whom the customer knows."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from builders import an_agent, some_facts
from hypothesis import given
from hypothesis import strategies as st

from routing.assignment.choose import Assignment, choose_agent
from routing.assignment.staff import Agent
from routing.tickets import Load


def chosen(agents: Sequence[Agent], queue: str = "General", **facts: object) -> Assignment:
    return choose_agent(queue, agents, some_facts(**facts))  # type: ignore[arg-type]


def test_a_queue_without_agents_gives_the_ticket_to_nobody() -> None:
    assert chosen([an_agent(queues=["Billing"])]) == Assignment(None, "No agent serves General.")


def test_the_least_loaded_agent_for_their_capacity_gets_the_ticket() -> None:
    agents = [an_agent("Mara", capacity=20), an_agent("Otto", capacity=4)]
    assert chosen(agents, loads={"Mara": Load(4), "Otto": Load(1)}).agent == "Mara"
    assert chosen(agents, loads={"Mara": Load(6), "Otto": Load(1)}).agent == "Otto"


def test_among_equals_the_first_in_the_playbook_gets_the_ticket() -> None:
    assert chosen([an_agent("Otto"), an_agent("Mara")]).agent == "Otto"


def test_an_agent_at_capacity_or_away_gets_nothing() -> None:
    agents = [an_agent("Mara", capacity=3), an_agent("Otto")]
    loads = {"Mara": Load(3), "Otto": Load(0, present=False)}
    assert chosen(agents, loads=loads) == Assignment(
        None, "Nobody in General has room now: Mara and Otto."
    )


def test_an_agent_above_capacity_gets_nothing() -> None:
    assert chosen([an_agent(capacity=3)], loads={"Mara": Load(5)}).agent is None


def test_agents_who_speak_the_language_come_first_even_when_they_are_busier() -> None:
    agents = [an_agent("Mara", languages=["en"]), an_agent("Otto", languages=["de"])]
    result = chosen(agents, language="de", loads={"Otto": Load(9)})
    assert result == Assignment("Otto", "Otto speaks German and had the lowest load. Load 9 of 10.")


def test_when_nobody_free_speaks_the_language_somebody_else_helps() -> None:
    agents = [an_agent("Mara", languages=["en"]), an_agent("Otto", languages=["de"], capacity=1)]
    result = chosen(agents, language="de", loads={"Otto": Load(1)})
    assert result.agent == "Mara"
    assert result.because.startswith("Nobody free speaks German")


def test_an_agent_without_languages_speaks_any() -> None:
    agents = [an_agent("Mara", languages=["en"]), an_agent("Otto")]
    result = chosen(agents, language="de")
    assert result == Assignment("Otto", "Otto had the lowest load. Load 0 of 10.")


def test_a_ticket_of_unknown_language_goes_by_load_alone() -> None:
    agents = [an_agent("Mara", languages=["en"]), an_agent("Otto", languages=["de"])]
    assert chosen(agents, language=None, loads={"Mara": Load(1)}).agent == "Otto"


def test_the_agent_the_customer_knows_comes_before_the_least_loaded() -> None:
    agents = [an_agent("Mara"), an_agent("Otto")]
    result = chosen(agents, last_agent="Otto", loads={"Otto": Load(9)})
    assert result.agent == "Otto"
    assert result.because == "Otto solved this customer's last ticket. Load 9 of 10."


@pytest.mark.parametrize(
    "load", [Load(10), Load(0, present=False)], ids=["who is full", "who is away"]
)
def test_the_agent_the_customer_knows(load: Load) -> None:
    agents = [an_agent("Mara"), an_agent("Otto")]
    assert chosen(agents, last_agent="Otto", loads={"Otto": load}).agent == "Mara"


def test_a_known_agent_of_another_queue_is_not_drawn_in() -> None:
    agents = [an_agent("Mara"), an_agent("Otto", queues=["Billing"])]
    assert chosen(agents, last_agent="Otto").agent == "Mara"


def test_the_ticket_s_language_comes_before_the_agent_the_customer_knows() -> None:
    agents = [an_agent("Mara", languages=["en"]), an_agent("Otto", languages=["de"])]
    assert chosen(agents, language="de", last_agent="Mara").agent == "Otto"


AGENTS = st.lists(
    st.builds(
        lambda name, queues, languages, capacity: an_agent(
            name, queues=queues, languages=languages, capacity=capacity
        ),
        st.sampled_from("ABCDEFG"),
        st.lists(st.sampled_from(["General", "Billing"]), unique=True),
        st.lists(st.sampled_from(["en", "de"]), unique=True),
        st.integers(1, 4),
    ),
    max_size=6,
    unique_by=lambda agent: agent.name,
)
LOADS = st.dictionaries(
    st.sampled_from("ABCDEFG"), st.builds(Load, st.integers(0, 5), st.booleans())
)


@given(
    AGENTS, LOADS, st.sampled_from([None, "en", "de", "fr"]), st.sampled_from([None, *"ABCDEFG"])
)
def test_whoever_is_chosen_serves_the_queue_is_present_and_has_room(
    agents: list[Agent], loads: dict[str, Load], language: str | None, last: str | None
) -> None:
    result = chosen(agents, loads=loads, language=language, last_agent=last)
    fit = [
        agent.name
        for agent in agents
        if "General" in agent.queues
        and (load := loads.get(agent.name, Load())).present
        and load.open < agent.capacity
    ]
    assert result.agent in fit if fit else result.agent is None
    assert result.because
