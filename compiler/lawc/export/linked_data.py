"""The graph of knowledge as JSON-LD: laws, quantities, constants and modules by identity."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import networkx as nx

CONTEXT: dict[str, Any] = {
    "schema": "https://schema.org/",
    "lawc": "urn:lawc:",
    "label": "schema:name",
    "note": "schema:description",
    "citation": "schema:citation",
    "version": "schema:version",
    "discipline": "schema:about",
    "unit": "schema:unitText",
    "symbol": "lawc:symbol",
    "quantity": {"@id": "lawc:quantity", "@type": "@id"},
    "speaksOf": {"@id": "lawc:speaks-of"},
    "restsOn": {"@id": "lawc:rests-on", "@type": "@id"},
    "compiledFrom": {"@id": "lawc:compiled-from", "@type": "@id"},
    "supersedes": {"@id": "lawc:supersedes", "@type": "@id"},
    "uses": {"@id": "lawc:uses", "@type": "@id"},
}

_TYPES = {
    "law": "Law",
    "rule": "Rule",
    "quantity": "Quantity",
    "constants": "Constants",
    "module": "Module",
}
_FIELDS = {"sources": "citation"}
_LINKS = {
    "rests on": "restsOn",
    "compiled from": "compiledFrom",
    "supersedes": "supersedes",
}


def linked_data(graph: nx.DiGraph) -> str:
    """Return a graph of knowledge as the text of one JSON-LD document."""
    nodes = [_node(graph, name) for name in sorted(graph)]
    document = {"@context": CONTEXT, "@graph": nodes}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _node(graph: nx.DiGraph, name: str) -> dict[str, Any]:
    facts = dict(graph.nodes[name])
    found: dict[str, Any] = {"@id": _id(name), "@type": f"lawc:{_TYPES[facts.pop('kind')]}"}
    for key, value in facts.items():
        if value:
            found[_FIELDS.get(key, key)] = list(value) if isinstance(value, tuple) else value
    for _, target, link in sorted(graph.out_edges(name, data=True), key=lambda edge: edge[1]):
        relation = str(link["relation"])
        if relation == "speaks of":
            said = {"quantity": _id(target), "symbol": link["symbol"]}
            found.setdefault("speaksOf", []).append(said)
        else:
            found.setdefault(_LINKS.get(relation, "uses"), []).append(_id(target))
    return found


def _id(name: str) -> str:
    return "lawc:" + quote(name, safe=":/.@-")
