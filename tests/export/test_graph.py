"""The graph of knowledge joins laws by what they speak of, and is drawn and written whole."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET

import networkx as nx
import pytest

from lawc.diagnostics.diagnostic import LawcError
from lawc.export.graph_drawing import draw
from lawc.export.linked_data import linked_data
from lawc.pipeline.checking import read_library
from lawc.pipeline.graph import graph


@pytest.fixture(scope="module")
def whole() -> nx.DiGraph:
    return graph(read_library())


def kinds(made: nx.DiGraph, kind: str) -> set[str]:
    return {name for name, facts in made.nodes(data=True) if facts["kind"] == kind}


def test_every_law_stands_in_the_graph(whole: nx.DiGraph) -> None:
    assert kinds(whole, "law") == set(read_library().laws)


def test_a_quantity_of_the_whole_joins_at_least_two_laws(whole: nx.DiGraph) -> None:
    assert all(len(list(whole.predecessors(name))) > 1 for name in kinds(whole, "quantity"))


def test_quantities_that_measure_different_things_stay_apart(whole: nx.DiGraph) -> None:
    times = [name for name in kinds(whole, "quantity") if name.startswith("quantity:time:")]
    assert times == ["quantity:time:time"]


def test_a_law_alone_shows_all_its_quantities() -> None:
    base = read_library()
    law = base["damped-oscillator"]
    made = graph(base, identities=["damped-oscillator"])
    assert len(kinds(made, "quantity")) == len(law.quantities)
    links = made.out_edges(law.identity, data=True)
    assert {link["symbol"] for _, _, link in links if "symbol" in link} == set(law.quantities)


def test_an_unknown_law_is_refused_with_its_neighbours() -> None:
    with pytest.raises(LawcError, match="damped-oscillator"):
        graph(read_library(), identities=["damped-oscilator"])


def test_the_drawing_is_well_formed_and_names_every_law(whole: nx.DiGraph) -> None:
    text = draw(whole)
    root = ET.fromstring(text)
    titles = {element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}title")}
    for name in kinds(whole, "law"):
        assert any(title.startswith(name + "@") for title in titles)
    assert "<script" not in text


def test_labels_inside_the_circle_do_not_cover_each_other(whole: nx.DiGraph) -> None:
    found = re.findall(
        r'<text class="small" x="([-\d.]+)" y="([-\d.]+)" dominant-baseline="central">([^<]*)<',
        draw(whole),
    )
    boxes = [(float(x), float(y), 5.5 * len(words)) for x, y, words in found]
    covered = [
        (one, other)
        for i, one in enumerate(boxes)
        for other in boxes[i + 1 :]
        if abs(one[1] - other[1]) < 11
        and one[0] < other[0] + other[2]
        and other[0] < one[0] + one[2]
    ]
    assert covered == []


@pytest.mark.parametrize("identities", [["emax"], ["emax", "widmark"], []])
def test_linked_data_holds_every_node_and_edge(identities: list[str]) -> None:
    made = graph(read_library(), identities=identities)
    document = json.loads(linked_data(made))
    nodes = {node["@id"]: node for node in document["@graph"]}
    assert len(nodes) == made.number_of_nodes()
    links = [
        target
        for node in nodes.values()
        for key in ("speaksOf", "restsOn", "compiledFrom", "supersedes", "uses")
        for target in node.get(key, [])
    ]
    assert len(links) == made.number_of_edges()
    assert all((t["quantity"] if isinstance(t, dict) else t) in nodes for t in links)
    terms = {key for node in nodes.values() for key in node if not key.startswith("@")}
    assert terms - set(document["@context"]) <= {"kind"}
