"""Commands are imported when they are called, and say what is missing."""

from __future__ import annotations

import sys

import pytest
from click.testing import CliRunner

from plugin.cli import main
from plugin.commands.lazy import LazyGroup

FIND = "plugin.commands.find_segments"


def test_every_command_of_the_table_is_where_it_says() -> None:
    assert isinstance(main, LazyGroup)
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    for name in main.places:
        assert name in result.output


def test_a_command_whose_package_is_not_installed_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in (FIND, "plugin.flows.segments.find_segments", "routing.population.clusters"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "sklearn.cluster", None)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    result = CliRunner().invoke(main, ["segments", "find"])
    assert result.exit_code == 1
    assert "“find” needs sklearn, which is not installed" in result.output
    assert 'pip install "deskroute[analysis]"' in result.output


def test_a_module_of_our_own_that_is_missing_is_no_question_of_installing() -> None:
    group = LazyGroup("some", places={"gone": "plugin.commands.not_there:gone"})
    with pytest.raises(ModuleNotFoundError, match="not_there"):
        CliRunner().invoke(group, ["gone"], catch_exceptions=False)


def test_an_unknown_command_is_refused() -> None:
    assert CliRunner().invoke(main, ["nothing"]).exit_code == 2
