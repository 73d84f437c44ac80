"""The page says what was found, needs nothing but itself, and takes its colours from its style."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from rich.console import Console
from torch import nn

from lawc.certificate.certify import certify
from lawc.demo import plots, run
from lawc.demo.experiment import Contender, Curve
from lawc.demo.project import Made
from lawc.demo.tasks import SETUPS, tables
from lawc.demo.verdict import Findings, headline, rows_text, sentences
from lawc.forms.formula import Formula
from lawc.knowledge.base import KnowledgeBase
from lawc.lowering.program import compile_law
from lawc.pipeline.building import tasks
from lawc.pipeline.checking import read_project
from lawc.pipeline.events import Event
from lawc.pipeline.freezing import freeze


def curve(kind: str, errors: dict[int, float]) -> Curve:
    contender = Contender(kind, kind, ("t",), lambda seed: nn.Identity())
    return Curve(contender, {n: (e,) * 5 for n, e in errors.items()}, torch.zeros(1), {})


def found(network: dict[int, float], law: dict[int, float], linked: dict[int, float]) -> Findings:
    setup = SETUPS[0]
    table = tables(None)[setup.key]
    return Findings(
        setup=setup,
        task=setup.read(table),
        table=table,
        made=None,  # pyright: ignore[reportArgumentType]
        check=None,  # pyright: ignore[reportArgumentType]
        network=curve("network", network),
        others=(),
        law=curve("law", law),
        linked=curve("linked", linked),
        rivals=(),
        rival_checks={},
        models={},
        outside={},
    )


def test_a_law_that_saves_measurements_is_said_to() -> None:
    one = found({3: 9.0, 10: 4.0, 30: 2.0}, {3: 2.0, 10: 1.0, 30: 1.0}, {3: 2.0, 10: 1.0, 30: 1.0})
    assert "3 measurements and the law reach an error of 2.00 mg/L" in headline(one)
    assert "needs 30" in headline(one)
    assert any("still 50% smaller" in text for text in sentences(one))


def test_a_law_that_does_not_help_is_said_not_to() -> None:
    same = {3: 4.0, 10: 2.0, 30: 1.0}
    said = " ".join(sentences(found(same, same, same)))
    assert "the network alone does as well with 3" in said
    assert "no longer helps" in said
    worse = {3: 5.0, 10: 3.0, 30: 2.0}
    assert "the law costs accuracy" in " ".join(sentences(found(same, worse, worse)))
    assert "never" not in rows_text(3.0, curve("network", same))
    assert rows_text(None, curve("network", same)) == "not with 30"


def test_a_network_that_harms_the_law_is_said_to() -> None:
    law = {3: 2.0, 10: 1.5, 30: 1.0}
    said = " ".join(sentences(found({3: 9.0, 10: 8.0, 30: 7.0}, law, {**law, 3: 3.0})))
    assert "The network beside the law does not help here: at 3 measurements" in said


@contextmanager
def silent(console: Console, count: int) -> Iterator[Callable[[Event], None]]:
    yield lambda event: None


def made_here(
    root: Path, base: KnowledgeBase, names: Sequence[str], report: Callable[[Event], None]
) -> dict[str, Made]:
    made = {}
    for task in tasks(root, base, names):
        program = compile_law(task.law, task.recipe.signature)
        assert program.closed_form is not None
        form = Formula(program.closed_form)
        certificate = certify(form, program, trained_on=())
        frozen = freeze(
            form, certificate, program, task.folder, name=task.module, provenance={"seconds": 1.0}
        )
        made[task.module] = Made(task.module, frozen, program, task.recipe.tolerance, "built")
    return made


@pytest.mark.usefixtures("short")
def test_the_whole_road_ends_in_a_page_that_needs_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(run, "SETUPS", tuple(dataclasses.replace(s, rivals=()) for s in SETUPS))
    monkeypatch.setattr(run, "make", made_here)
    monkeypatch.setattr(run, "check_laws", read_project)
    with (tmp_path / "terminal.txt").open("w", encoding="utf-8") as terminal:
        console = Console(file=terminal, width=160)
        report = run.run(None, tmp_path / "out", console, silent)
    shown = (tmp_path / "terminal.txt").read_text(encoding="utf-8")
    text = report.read_text(encoding="utf-8")
    assert str(report) in shown.replace("\n", "")
    assert "error on unseen subjects" in shown
    assert "measurements needed for the same error" in shown
    assert text.count("<svg") == 7
    assert "<math" in text
    assert "Teorell" in text
    assert "prefers-color-scheme: dark" in text
    # Nothing is fetched: what looks like an address is a name space or an anchor.
    fetched = re.findall(r"(?:src|href)=\"([^\"]*)\"", text)
    assert all(target.startswith("#") for target in fetched)
    assert not re.search(r"url\((?!#)", text)
    assert not any(colour in text for colour in plots.VARIABLES)
    identifiers = re.findall(r"\bid=\"([^\"]+)\"", text)
    shared = {name for name in identifiers if identifiers.count(name) > 1}
    assert not {target[1:] for target in fetched} & shared
