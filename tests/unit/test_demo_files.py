"""What the demo says of the data it plays with."""

from __future__ import annotations

from pathlib import Path

from plugin.demo.stage import Files

THEIRS = Path("theirs.csv")


def test_a_demo_with_nothing_but_samples_says_so() -> None:
    assert Files().origin() == ("All data is sample data, invented for this demo.",)


def test_a_demo_with_a_users_own_files_says_what_is_theirs_and_what_is_invented() -> None:
    assert Files(customers=THEIRS).origin() == (
        "Yours         theirs.csv",
        "Invented      playbook, tickets, what agents answer, how customers rate",
    )
    own = Files(playbook=Path("book.yaml"), customers=THEIRS, tickets=Path("asked.csv"))
    assert own.origin() == (
        "Yours         book.yaml, theirs.csv, asked.csv",
        "Invented      what agents answer, how customers rate",
    )
