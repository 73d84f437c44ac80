"""Draw how laws, quantities, constants and modules hang together, or write it as JSON-LD."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lawc.diagnostics.diagnostic import LawcError
from lawc.export.graph_drawing import draw
from lawc.export.linked_data import linked_data
from lawc.pipeline.finding import knowledge_around
from lawc.pipeline.graph import graph
from lawc.project import shelves


def command(
    laws: Annotated[
        list[str] | None,
        typer.Argument(help="Laws, drawn with all their quantities; all laws if left out."),
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The file: .svg, or .jsonld for data.")
    ] = Path("knowledge.svg"),
) -> None:
    """Draw the graph of knowledge as SVG, or write it as JSON-LD."""
    if output.suffix not in (".svg", ".jsonld", ".json"):
        raise LawcError(f"expected a file that ends in .svg or .jsonld, got {output}")
    made = graph(knowledge_around(), shelves.find_root(Path.cwd()), laws or ())
    text = draw(made) if output.suffix == ".svg" else linked_data(made)
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise LawcError(f"{output} cannot be written: {problem.strerror}") from problem
    kinds = [facts["kind"] for _, facts in made.nodes(data=True)]
    count = ", ".join(
        f"{kinds.count(kind)} {word}"
        for kind, word in {
            "law": "laws",
            "rule": "rules",
            "quantity": "quantities",
            "constants": "blocks of constants",
            "module": "modules",
        }.items()
        if kind in kinds
    )
    print(f"wrote {output}: {count}")
