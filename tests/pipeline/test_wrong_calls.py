"""A wrong call of the API is refused by what was expected and what was given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest
import torch

import lawc
from lawc.artifact.module import FrozenModule
from lawc.knowledge.base import KnowledgeBase
from lawc.knowledge.law import Law
from lawc.lowering.program import Program

LENGTHS, SWINGS = np.array([1.0, 2.0]), np.array([0.1, 0.2])


@pytest.fixture(scope="module")
def library() -> KnowledgeBase:
    return lawc.library()


@pytest.fixture(scope="module")
def program(library: KnowledgeBase) -> Program:
    law = library["physics.mechanics.pendulum-period"]
    assert isinstance(law, Law)
    return lawc.compile(law, "L theta -> T")


@pytest.fixture(scope="module")
def module(program: Program, tmp_path_factory: pytest.TempPathFactory) -> FrozenModule:
    student = lawc.distil(program)
    return lawc.freeze(student, lawc.certify(student), tmp_path_factory.mktemp("m") / "pendulum")


def test_columns_answer_however_they_are_held(program: Program, module: FrozenModule) -> None:
    wanted = program.reference({"L": LENGTHS, "theta": SWINGS})["T"]
    twice = np.repeat(LENGTHS, 2)[::2], np.repeat(SWINGS, 2)[::2]
    ways: list[Any] = [
        {"L": LENGTHS.tolist(), "theta": SWINGS.tolist()},
        {"L": torch.tensor(LENGTHS, requires_grad=True), "theta": torch.tensor(SWINGS)},
        {"L": twice[0], "theta": twice[1]},
        {"L": LENGTHS.astype(np.int64), "theta": SWINGS},
        pandas.DataFrame({"L": LENGTHS, "theta": SWINGS}, index=[5, 9]),
    ]
    for way in ways:
        assert program.reference(way)["T"].tolist() == wanted.tolist()
        assert module(way).value.tolist() == pytest.approx(wanted.tolist(), rel=1e-13)
    noted: Any = pandas.DataFrame({"L": LENGTHS, "theta": SWINGS, "seen by": ["A", "B"]})
    assert program.reference(noted)["T"].tolist() == wanted.tolist()
    half = torch.tensor([1.0, 2.0], dtype=torch.bfloat16)
    assert np.isfinite(program.reference({"L": half, "theta": half / 8})["T"]).all()


def test_a_number_of_rows_may_be_one_of_numpy(program: Program) -> None:
    assert program.sample(int(np.int64(8)), seed=3) == program.sample(np.int64(8), seed=3)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [-1, 1.5, "a", None, True])
def test_a_seed_that_is_no_whole_number_is_refused(program: Program, seed: Any) -> None:
    for what in ("domain", "iid", "faces"):
        with pytest.raises(ValueError, match="whole number of at least 0 for seed, got"):
            program.sample(3, seed, what=what)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"tolerance": "x"}, "^tolerance: "),
        ({"tolerance": float("nan")}, "^tolerance: "),
        ({"tolerance": 0}, "^tolerance: .*greater than 0"),
        ({"seconds": -1}, r"^train\.seconds: .*greater than 0"),
    ],
)
def test_what_a_training_cannot_follow_is_named(
    program: Program, given: dict[str, Any], said: str
) -> None:
    for make in (lawc.train, lawc.distil):
        with pytest.raises(lawc.LawcError, match=said):
            make(program, **given)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ([LENGTHS, SWINGS], "expected columns by name"),
        (None, "got NoneType"),
        ({"L": ["a", "b"], "theta": SWINGS}, "expected numbers for \"L\", got 'a'"),
        ({"L": [True, False], "theta": SWINGS}, 'expected numbers for "L", got True'),
        ({"L": [None, 1.0], "theta": SWINGS}, 'expected numbers for "L", got None'),
        ({"L": LENGTHS}, '"theta"'),
        ({"L": LENGTHS, "theta": np.ones(3)}, 'got (3,) for "theta"'),
        ({"L": LENGTHS[:, None], "theta": SWINGS[:, None]}, 'got (2, 1) for "L"'),
    ],
)
def test_columns_of_another_kind_are_refused(program: Program, columns: Any, said: str) -> None:
    with pytest.raises(lawc.ShapeError) as refusal:
        program.reference(columns)
    assert said in str(refusal.value)


@pytest.mark.parametrize("given", [torch.ones(3, 2), None, [1.0, 2.0]])
def test_a_module_takes_columns_by_name(module: FrozenModule, given: Any) -> None:
    with pytest.raises(lawc.ShapeError, match="columns by name"):
        module(given)


def test_what_is_no_number_is_not_inside(module: FrozenModule) -> None:
    answer = module({"L": [float("nan"), 1.0], "theta": 0.1})
    assert answer.value.isnan().tolist() == [True, False]
    assert answer.inside.tolist() == [0.0, 1.0]


def test_a_network_that_takes_one_tensor_is_told_to_stack(program: Program) -> None:
    with pytest.raises(lawc.ShapeError, match=r"by name, \{L, theta\}.*stack them"):
        program.residual(torch.nn.Linear(2, 1))
    with pytest.raises(lawc.ShapeError, match="network that can be called, got int"):
        program.residual(3)  # type: ignore[arg-type]


def test_a_loss_of_no_rows_is_refused(program: Program) -> None:
    none = torch.zeros(0)
    with pytest.raises(lawc.ShapeError, match="no row"):
        program.loss(lambda columns: columns["L"], {"L": none, "theta": none})


def test_things_in_the_wrong_place_are_named(program: Program, library: KnowledgeBase) -> None:
    student = lawc.distil(program)
    certificate = lawc.certify(student)
    calls: list[tuple[Callable[..., object], tuple[Any, ...], str]] = [
        (lawc.compile, (3, "a -> b"), "got int"),
        (lawc.compile, (library, "a -> b"), "got KnowledgeBase"),
        (lawc.certify, (program,), "got Program"),
        (lawc.freeze, (certificate, student, Path("x")), "got Certificate and Student"),
    ]
    for call, arguments, said in calls:
        with pytest.raises(lawc.LawcError, match=said):
            call(*arguments)


def test_a_name_that_is_part_of_one_is_answered_with_it(library: KnowledgeBase) -> None:
    with pytest.raises(KeyError, match=r"near to it: physics\.mechanics\.pendulum-period"):
        _ = library["pendulum"]
    with pytest.raises(KeyError, match=r"near to it: medicine\.kidney\.ckd-risk"):
        _ = library["ckd-rsk"]
    with pytest.raises(KeyError, match="identity of a law"):
        _ = library[3]  # type: ignore[index]
