"""Test laws by property: examples, claims and equations on states that hypothesis draws.

`--mutants` tests the tests instead: would they notice a slip in the law?
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lawc.cli.mutants_report import below, judge, judge_rules, print_scores
from lawc.diagnostics.diagnostic import LawcError
from lawc.knowledge.base import KnowledgeBase
from lawc.knowledge.law import Law
from lawc.knowledge.rule import Rule
from lawc.lowering.refusing import refusal
from lawc.pipeline.checking import demand, read_library, read_paths
from lawc.pipeline.finding import knowledge_around
from lawc.pipeline.mutant_pool import Place
from lawc.pipeline.mutation import GOAL, Score
from lawc.pipeline.rules.testing import UNDECIDED, try_rule
from lawc.pipeline.testing import Tested, try_law
from lawc.project import shelves


def command(
    names: Annotated[
        list[str] | None, typer.Argument(help="Laws, files or folders; the library if left out.")
    ] = None,
    states: Annotated[
        int, typer.Option("--states", "-n", min=1, help="States to draw for each property.")
    ] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="Results as JSON.")] = False,
    mutants: Annotated[
        bool, typer.Option("--mutants", help="Make slips in each law and see who notices.")
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", "-j", min=1, help="Processes for --mutants; one a core by default."),
    ] = None,
) -> None:
    """Test the properties of laws and rules and print which held; claims of rules are proved."""
    console = Console(highlight=False, stderr=as_json)
    if mutants:
        _mutants(names or [], console, jobs, as_json)
        return
    results: list[Tested] = []
    for law in _laws(names or []):
        if isinstance(law, Rule):
            with console.status(law.identity):
                tested = try_rule(law)
            results.extend(tested)
            _print(console, law.identity, tested)
            continue
        reason = refusal(law)
        if reason:
            console.print(law.identity, style="bold")
            console.print(f"  – not tried: {reason}", markup=False)
            continue
        with console.status(law.identity):
            tested = try_law(law, states)
        results.extend(tested)
        _print(console, law.identity, tested)
    failed = sum(result.problem is not None for result in results)
    if as_json:
        print(json.dumps([result.to_json() for result in results], indent=1, ensure_ascii=False))
    open_still = sum(result.proof.startswith(UNDECIDED) for result in results)
    said = f", {open_still} are not decided" if open_still else ""
    remarks = sum(bool(result.remarks) for result in results)
    held = len(results) - failed - open_still - remarks
    console.print(f"{held} properties hold, {failed} do not{said}")
    if failed:
        raise typer.Exit(1)


def _print(console: Console, identity: str, tested: tuple[Tested, ...]) -> None:
    """Print what was found of a law or a rule."""
    console.print(identity, style="bold")
    for result in tested:
        mark = "✓" if result.problem is None else "✗"
        mark = "?" if result.proof.startswith(UNDECIDED) else mark
        mark = "·" if result.remarks else mark
        proof = f" ({result.proof})" if result.proof else ""
        console.print(f"  {mark} {result.name}{proof}", markup=False)
        for remark in result.remarks:
            console.print(f"      {remark}", markup=False)
        if result.problem is not None:
            console.print(f"      {result.problem}", style="red", markup=False)


def _mutants(names: list[str], console: Console, jobs: int | None, as_json: bool) -> None:
    files = [Path(name) for name in names if Path(name).exists()]
    others = [name for name in names if not Path(name).exists()]
    root = shelves.find_root(files[0] if files else Path.cwd())
    found: list[Score] = []
    if files:
        base, paths = read_paths(files)
        laws = [law for law in demand(base).laws.values() if law.place and law.place.path in paths]
        laws = _held(laws, console)
        place = Place(files=tuple(str(file.resolve()) for file in files))
        found += judge(laws, base, place, root=root, jobs=jobs, console=console)
        rules = [rule for rule in base.rules.values() if rule.place and rule.place.path in paths]
        found += judge_rules(rules, base, console)
        _show(found, base, console, as_json)
    if others or not names:
        base = demand(knowledge_around())
        named = [_named(base, name) for name in others] if others else _own(base)
        laws = [law for law in named if isinstance(law, Law)]
        # What no program can hold answers no example, so that every slip in it would survive.
        laws = _held(laws, console)
        place = Place(root=str(root or ""))
        rest = judge(laws, base, place, root=root, jobs=jobs, console=console)
        rest += judge_rules([rule for rule in named if not isinstance(rule, Law)], base, console)
        _show(rest, base, console, as_json)
        found += rest
    if as_json:
        print(json.dumps([score.to_json() for score in found], indent=1, ensure_ascii=False))


def _show(found: list[Score], base: KnowledgeBase, console: Console, as_json: bool) -> None:
    if found and not as_json:
        print_scores(console, found, base)
    low = below(found, base)
    if low:
        console.print(f"confirmed laws below {GOAL:.0%}: {', '.join(low)}", markup=False)


def _held(laws: list[Law], console: Console) -> list[Law]:
    """Return the laws that a program can hold, and say which ones are left out, and why."""
    held = [law for law in laws if not refusal(law)]
    for law in laws:
        if law not in held:
            line = f"{law.identity}: no score, {refusal(law)}"
            console.print(line, markup=False, soft_wrap=True)
    return held


def _own(base: KnowledgeBase) -> list[Law | Rule]:
    """Return what the project says, not what the library that it sees does; else all."""
    library = read_library()
    shipped = {key: library[key] for key in library}
    own = [base[key] for key in base if shipped.get(key) != base[key]]
    return own or [base[key] for key in base]


def _named(base: KnowledgeBase, identity: str) -> Law | Rule:
    try:
        return base[identity]
    except KeyError as problem:
        raise LawcError(problem.args[0]) from None


def _laws(names: list[str]) -> list[Law | Rule]:
    if not names:
        base = demand(read_library())
        return [base[key] for key in base]
    files = [Path(name) for name in names if Path(name).exists()]
    found: list[Law | Rule] = []
    if files:
        base, paths = read_paths(files)
        demand(base)
        every = [base[key] for key in base]
        found += [known for known in every if known.place and known.place.path in paths]
    others = [name for name in names if not Path(name).exists()]
    if others:
        base = demand(knowledge_around())
        found += [_named(base, name) for name in others]
    return found
