"""All other texts that are read and may come from anywhere, each spoilt in its own way."""

from __future__ import annotations

import json
import random
import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from fuzz_texts import ODD, ROOT, UNITS, spoilt, spoilt_bytes

from lawc.diagnostics.diagnostic import LawcError
from lawc.export.json_form import to_json
from lawc.export.json_reading import read_json
from lawc.importers.formats import import_file
from lawc.knowledge.law import Law
from lawc.pipeline.checking import read_library
from lawc.pipeline.events import from_line
from lawc.pipeline.memory import recall
from lawc.pipeline.mutation import MEMORY, Memory, key_of
from lawc.pipeline.verdict import from_text
from lawc.project.cache import FOLDER, NAME, Cache, Kept
from lawc.syntax.parsing import parse, read_source
from lawc.training.recipe import read_recipe
from lawc.units.problem import UnitProblem
from lawc.units.reading import parse_unit
from lawc.units.table import entries

CELLML = b"""<?xml version='1.0' encoding='UTF-8'?>
<model name="drawn" xmlns="http://www.cellml.org/cellml/1.0#"
 xmlns:cellml="http://www.cellml.org/cellml/1.0#">
<units name="per_s"><unit units="second" exponent="-1" prefix="milli" multiplier="2"/></units>
<component name="main"><variable name="t" units="second" public_interface="out"/>
<variable name="x" units="dimensionless" initial_value="1"/><variable name="k" units="per_s"
 initial_value="0.5"/><math xmlns="http://www.w3.org/1998/Math/MathML"><apply><eq/><apply><diff/>
<bvar><ci>t</ci></bvar><ci>x</ci></apply><apply><times/><apply><minus/><ci>k</ci></apply>
<piecewise><piece><ci>x</ci><apply><gt/><ci>x</ci><cn cellml:units="dimensionless" type="e-notation"
>1<sep/>-3</cn></apply></piece><otherwise><apply><power/><ci>x</ci><cn
 cellml:units="dimensionless">2</cn></apply></otherwise></piecewise></apply></apply></math>
</component><component name="other"><variable name="t" units="second" public_interface="in"/>
</component><connection><map_components component_1="main" component_2="other"/>
<map_variables variable_1="t" variable_2="t"/></connection></model>
"""
SBML = b"""<?xml version="1.0"?><sbml xmlns="http://www.sbml.org/sbml/level3/version2/core"
 level="3" version="2"><model id="drawn" substanceUnits="mole" timeUnits="second"
 extentUnits="mole" volumeUnits="litre"><listOfFunctionDefinitions><functionDefinition id="f"><math
 xmlns="http://www.w3.org/1998/Math/MathML"><lambda><bvar><ci>x</ci></bvar><apply><times/><ci>x</ci>
<ci>x</ci></apply></lambda></math></functionDefinition></listOfFunctionDefinitions>
<listOfCompartments><compartment id="V" spatialDimensions="3" size="2" constant="false"/>
</listOfCompartments><listOfSpecies><species id="S" compartment="V" initialAmount="1"
 hasOnlySubstanceUnits="false"/></listOfSpecies><listOfParameters><parameter id="k" value="1e-2"/>
</listOfParameters><listOfRules><rateRule variable="V"><math
 xmlns="http://www.w3.org/1998/Math/MathML"><cn>0.1</cn></math></rateRule></listOfRules>
<listOfReactions><reaction id="R" reversible="false"><listOfReactants><speciesReference species="S"
 stoichiometry="2"/></listOfReactants><kineticLaw><math xmlns="http://www.w3.org/1998/Math/MathML">
<apply><times/><ci>k</ci><apply><ci>f</ci><ci>S</ci></apply></apply></math></kineticLaw></reaction>
</listOfReactions></model></sbml>
"""
TABLE = (
    b"Filename,Number,Output,Formula,# variables,v1_name,v1_low,v1_high,v2_name,v2_low,v2_high\n"
    b"I.6.2,1,f,exp(-(theta/sigma)**2/2)/(sqrt(2*pi)*sigma),2,sigma,1,3,theta,1,3\n"
    b"I.12.1,2,F,mu*Nn,2,mu,1,5,Nn,1,5\n"
)
RECIPE = (ROOT / "modules" / "chemistry" / "arrhenius.toml").read_bytes()


@dataclass(frozen=True)
class Reader:
    """One kind of text: how a case is made, what reads it, and how that may refuse."""

    name: str
    make: Callable[[random.Random], bytes]
    run: Callable[[bytes], bool]
    refusals: tuple[type[Exception], ...] = ()

    def case(self, number: int, case: int) -> bytes:
        """Return the bytes of a case."""
        return self.make(random.Random(f"{number}/{self.name}/{case}"))


@cache
def _forms() -> tuple[Any, ...]:
    found = []
    for path in sorted(ROOT.glob("knowledge/**/*.law")):
        source, _ = read_source(path.name, path.read_bytes())
        assert source is not None
        form = to_json(parse(source)[0])
        found += [{**form, "blocks": [block]} for block in form["blocks"]]
    return tuple(found)


def _spoilt_data(chance: random.Random, data: Any) -> Any:
    """Return plain data with one part of it replaced, left out, doubled or renamed."""
    if isinstance(data, dict) and data and chance.random() < 0.85:
        key = chance.choice(sorted(data))
        if chance.random() < 0.08:
            return {k: v for k, v in data.items() if k != key}
        if chance.random() < 0.05:
            return {chance.choice((*ODD, "place")) if k == key else k: v for k, v in data.items()}
        return {k: _spoilt_data(chance, v) if k == key else v for k, v in data.items()}
    if isinstance(data, list) and data and chance.random() < 0.85:
        at = chance.randrange(len(data))
        middle = chance.choice(([], data[at : at + 1] * 2, [_spoilt_data(chance, data[at])]))
        return [*data[:at], *middle, *data[at + 1 :]]
    if isinstance(data, str) and data and chance.random() < 0.8:
        return spoilt(chance, data)
    return chance.choice(
        (None, True, 0, -1, 1.5, 1e308, 10**30, "", "a", "x = 1", [], {}, [[]], {"a": 1}, ODD[20])
    )


def _json(chance: random.Random) -> bytes:
    form = chance.choice(_forms())
    if chance.random() < 0.2:
        return spoilt_bytes(chance, [json.dumps(form).encode()])
    for _ in range(chance.choice((1, 1, 2))):
        form = _spoilt_data(chance, form)
    return json.dumps(form).encode("utf-8", "surrogatepass")


def _read_json(data: bytes) -> bool:
    read_json("drawn.json", data)
    return True


def _bytes(*corpus: bytes) -> Callable[[random.Random], bytes]:
    return lambda chance: spoilt_bytes(chance, corpus)


@cache
def _unit_names() -> tuple[str, ...]:
    return tuple(sorted({text for entry in entries() for text in (*entry.symbols, *entry.names)}))


def _unit(chance: random.Random) -> bytes:
    names = _unit_names()
    parts = [
        chance.choice((chance.choice(names), chance.choice(UNITS)[1:-1], chance.choice(ODD), "2"))
        + chance.choice(("", "", "²", "^2", "^-1", "-1", "^(1/2)", "2", "{x}"))
        for _ in range(chance.choice((1, 2, 3, 8)))
    ]
    text = chance.choice(("*", "/", ".", " ", "·", "")).join(parts)
    return (spoilt(chance, text) if chance.random() < 0.6 else text).encode()


def _read_unit(data: bytes) -> bool:
    return not isinstance(parse_unit(data.decode("utf-8", "replace")), UnitProblem)


def _in_a_file(name: str, read: Callable[[Path], Any]) -> Callable[[bytes], bool]:
    def run(data: bytes) -> bool:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / FOLDER / name
            path.parent.mkdir()
            path.write_bytes(data)
            return bool(read(path))

    return run


@cache
def _database() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        cache = Cache(Path(folder))
        cache.store({f"{n}.law": Kept("k" * 64, "[[],[]]" * 40) for n in range(40)}, ())
        path = Path(folder) / FOLDER / NAME
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return path.read_bytes()


def _read_database(path: Path) -> bool:
    cache = Cache(path.parent.parent)
    kept = cache.load()
    cache.store({"a.law": Kept("k", "text")}, ["a.law"])
    return bool(kept)


def _text(read: Callable[[str], Any]) -> Callable[[bytes], bool]:
    def run(data: bytes) -> bool:
        read(data.decode("utf-8", "replace"))
        return True

    return run


def _imported(name: str) -> Callable[[bytes], bool]:
    def run(data: bytes) -> bool:
        import_file(name, data)
        return True

    return run


VERDICT = b'[[[],[],[["a","b","c"]],["x.law"],["s"]],[["a.b","law",0,9,"d",[],"e",[]]]]'
HELD = b'["0123456789abcdef0123456789abcdef","0123456789abcdef0123456789abcde0"]'


@cache
def _scores() -> tuple[Law, bytes]:
    """Return a law, and a file of its score."""
    law = next(iter(read_library().laws.values()))
    shipped = json.loads((ROOT / "knowledge" / MEMORY).read_bytes())
    score = shipped.get(key_of(law)) or next(iter(shipped.values()))
    return law, json.dumps({key_of(law): score}).encode()


def _read_scores(path: Path) -> bool:
    return Memory(path.parent.parent).score_of(_scores()[0]) is not None


EVENT = (
    b'{"kind": "progress", "module": "a/b", "stage": "reference", "fraction": 0.5, "detail": ""}'
)

READERS: Sequence[Reader] = (
    Reader("json", _json, _read_json, (LawcError,)),
    Reader("cellml", _bytes(CELLML), _imported("drawn.cellml"), (LawcError,)),
    Reader("sbml", _bytes(SBML), _imported("drawn.xml"), (LawcError,)),
    Reader("table", _bytes(TABLE), _imported("drawn.csv"), (LawcError,)),
    Reader("unit", _unit, _read_unit),
    Reader("recipe", _bytes(RECIPE), _text(read_recipe), (LawcError,)),
    Reader("verdict", _bytes(VERDICT), _text(lambda t: from_text("a.law", t)), (ValueError,)),
    Reader("held", _bytes(HELD, b"[" * 5_000), _in_a_file("held.json", recall)),
    Reader(
        "scores",
        lambda chance: spoilt_bytes(chance, [_scores()[1]]),
        _in_a_file(MEMORY, _read_scores),
    ),
    Reader("event", _bytes(EVENT), _text(from_line), (ValueError,)),
    Reader(
        "database",
        lambda chance: spoilt_bytes(chance, [_database()]),
        _in_a_file(NAME, _read_database),
    ),
)
