"""A long evolution is learned slab after slab: starts are exact, and a killed march goes on."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

import lawc
from lawc.backends.choosing import choose
from lawc.backends.statement import Block
from lawc.diagnostics.diagnostic import CompileError
from lawc.distillation.distil import distil
from lawc.forms.network import count, initial
from lawc.forms.slabs import Slabs
from lawc.lowering.program import Program
from lawc.lowering.statements import state
from lawc.training import descent, fields, marching
from lawc.training.budget import Budget
from lawc.training.checkpoint import CheckpointError, discard
from lawc.training.descent import Trained
from lawc.training.fields import TOO_SLOW, FieldTeacher, learn, leaves, problem_of, time_of
from lawc.training.judging import Judged, reference_rows
from lawc.training.marching import March, march
from lawc.training.problem import Errors
from lawc.training.recipe import Recipe, Train, read_recipe
from lawc.training.settings import Settings
from lawc.training.slab_statements import in_all
from lawc.training.trouble import TrainingError

WAVES = """
law waves@1.0.0
  title   "Waves of an oscillating medium"
  status  confirmed
  source  "I. S. Aranson, L. Kramer, Rev. Mod. Phys. 74 (2002) 99, equation 1"

  symbols
    t : time          [s]  0 .. 6
    x : place         [m]  0 .. 12.566370614359172
    u : real part (x, t)       [1]
    v : imaginary part (x, t)  [1]
    a : rate          [1/s] = 1
    d : spreading     [m^2/s] = 1

  equations
    real: ∂u/∂t = a*u + d*∂²u/∂x² - a*(u^2 + v^2)*(u - 2*v)
    imaginary: ∂v/∂t = a*v + d*∂²v/∂x² - a*(u^2 + v^2)*(v + 2*u)

  initial
    u = 0.8660254037844386*cos(x/(2 [m]))  at t = 0 [s]
    v = 0.8660254037844386*sin(x/(2 [m]))  at t = 0 [s]

  boundary
    u periodic in x
    v periodic in x
"""

FRONT = """
law front@1.0.0
  title   "A front that eats its way"
  status  draft

  symbols
    t  : time          [1]  0 .. 1
    x  : place         [1]  0 .. 1
    u  : share (x, t)  [1]

  equations
    motion: ∂u/∂t = ∂²u/∂x² + u*(1 - u)

  initial
    u = cos(pi*x/2)  at t = 0

  boundary
    ∂u/∂x = 0  at x = 0
    u = 0  at x = 1
"""

QUICK = Settings(seconds=600.0, points=250, steps=360, slabs=3, redraw=60)
RADIUS = math.sqrt(0.75)


def compiled(text: str, signature: str, folder: Path) -> Program:
    (folder / "law.law").write_text(text, encoding="utf-8")
    own = {law.name: law for law in lawc.load(folder).laws.values()}
    return lawc.compile(own[text.split()[1].partition("@")[0]], signature)


@pytest.fixture(scope="module")
def waves(tmp_path_factory: pytest.TempPathFactory) -> Program:
    return compiled(WAVES, "x t -> u v", tmp_path_factory.mktemp("waves"))


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Program:
    return compiled(FRONT, "x t -> u", tmp_path_factory.mktemp("front"))


def exact(x: Tensor, t: Tensor) -> dict[str, Tensor]:
    """Return the plane wave that solves the law of waves."""
    return {"u": RADIUS * torch.cos(x / 2 - 1.5 * t), "v": RADIUS * torch.sin(x / 2 - 1.5 * t)}


def known(seed: int) -> Judged:
    generator = torch.Generator().manual_seed(seed)
    x, t = torch.rand(2, 600, generator=generator, dtype=torch.float64)
    given = {"x": x * 4 * math.pi, "t": t * 6.0}
    truth = exact(**given)
    return given, truth, {name: torch.full_like(x, RADIUS) for name in truth}


def marched(program: Program, slabs: int, widths: tuple[int, ...] = (6,)) -> March:
    time = time_of(program)
    assert time is not None
    settings = replace(QUICK, slabs=slabs)
    stated = state(program, widths, march=True)
    return March(stated, lambda seed: reference_rows(program, seed, 64), time, settings, 0.25)


def hold_alike(program: Program, what: March) -> None:
    """Check that each slab is trained on the residual of all slabs together."""
    size = count(what.stated.sizes)
    local = [initial(what.stated.sizes, seed) for seed in range(len(what.slabs))]
    assert len(local[0]) == size
    thetas = [in_all(t, what.stated.sizes, s) for t, s in zip(local, what.slabs, strict=True)]
    form = what.form(thetas)
    for number, slab in enumerate(what.slabs):
        problem = what.problem(slab, thetas[:number], None)
        site = problem.sites[0]
        points = site.draw(40, 5)
        found = choose([Block(site.statement, points)]).by_row(local[number])
        columns = dict(zip(site.statement.inputs, points.values.unbind(1), strict=True))
        assert float(columns["t"].min()) >= slab.low
        assert float(columns["t"].max()) <= slab.high
        residual = program.residual(what.stated.ansatz.answers(form))(columns)  # type: ignore[arg-type]
        for (_, row), values in found.items():
            ratio = values.detach() / residual[row].detach()
            # Both are the same terms over their size; the sizes may be taken differently.
            assert torch.allclose(ratio, ratio[0].expand(40), rtol=1e-8) or torch.allclose(
                values, residual[row], rtol=1e-8, atol=1e-10
            )


@pytest.mark.parametrize("name", ["waves", "front"])
def test_what_a_slab_is_trained_on_is_the_residual_of_all_slabs_together(
    name: str, request: pytest.FixtureRequest
) -> None:
    program = request.getfixturevalue(name)
    hold_alike(program, marched(program, 3))


def test_starts_and_ends_hold_for_any_weights(waves: Program, front: Program) -> None:
    x = torch.linspace(0, 1, 11, dtype=torch.float64)
    for seed in range(5):
        what = marched(front, 4)
        size = count(what.stated.sizes)
        form = what.form(list(5 * initial((size - 1, 4), seed).reshape(4, -1)[:, :size]))
        begun = form({"x": x, "t": torch.zeros_like(x)})["u"]
        assert torch.allclose(begun, torch.cos(math.pi * x / 2), atol=1e-14)
        ended = form({"x": torch.ones_like(x), "t": x})["u"]
        assert float(ended.abs().max()) < 1e-14
    what = marched(waves, 2)
    form = what.form([initial(what.stated.sizes, k) for k in range(2)])
    around = 4 * math.pi * torch.tensor([0.0, 1.0]).double()
    both = form({"x": around, "t": torch.full((2,), 4.0).double()})["u"]
    assert float(both[0]) == pytest.approx(float(both[1]), abs=1e-12)


def test_slabs_follow_a_wave_that_is_known(waves: Program, tmp_path: Path) -> None:
    settings = replace(QUICK, steps=2400, goal=1e-3, measure="largest")
    teacher = learn(waves, (10, 10), settings, rows=known)
    assert isinstance(teacher.form, Slabs)
    given, truth, _ = known(9)
    said = teacher.form(given)
    assert float((said["u"] - truth["u"]).abs().max()) < 5e-3
    assert max(teacher.trained.errors.largest.values()) < 5e-3  # type: ignore[union-attr]
    recipe = Recipe(law="waves", signature="x t -> u v", tolerance=0.02)
    student = distil(teacher, recipe)
    certificate = lawc.certify(student, points=128)
    module = lawc.freeze(student, certificate, tmp_path / "waves")
    answer = module({"x": torch.tensor([1.0]).double(), "t": torch.tensor([5.0]).double()})
    at = exact(torch.tensor([1.0]).double(), torch.tensor([5.0]).double())
    assert answer.value.reshape(-1).tolist() == pytest.approx(
        [float(v) for v in at.values()], abs=0.01
    )


def test_a_march_that_is_killed_goes_on_bit_for_bit(
    front: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    what = marched(front, 3)
    quiet = lambda fraction, error, detail: None  # noqa: E731
    _, whole = march(what, quiet)
    kept = tmp_path / "front.safetensors"
    calls = 0

    def killed(problem, settings, progress, keep, *, real=marching.descend):  # type: ignore[no-untyped-def]
        nonlocal calls
        calls += 1
        if calls == 2:
            # Half of its steps, with a checkpoint, and then the end.
            real(problem, replace(settings, steps=60), progress, keep)
            raise KeyboardInterrupt
        return real(problem, settings, progress, keep)

    with monkeypatch.context() as patch:
        patch.setattr(marching, "descend", killed)
        with pytest.raises(KeyboardInterrupt):
            march(what, quiet, kept)
    form, again = march(what, quiet, kept)
    assert torch.equal(again.theta, whole.theta)
    assert again.steps == whole.steps
    assert torch.equal(form.get_buffer("bias0"), march(what, quiet, kept)[0].get_buffer("bias0"))
    with pytest.raises(CheckpointError, match="other settings"):
        march(marched(front, 4), quiet, kept)


def test_a_recipe_may_ask_for_slabs_and_auto_takes_them_where_one_network_is_too_slow(
    waves: Program,
) -> None:
    text = 'law = "waves"\nsignature = "x t -> u v"\n[train]\nslabs = 6\n'
    assert read_recipe(text).to_json()["train"]["slabs"] == 6
    assert "slabs" not in Recipe(law="a", signature="x -> u", train=Train()).to_json()["train"]
    slow = [(50 * k, float(k), 1.0, 0.9) for k in range(1, 9)]
    assert leaves(1e-3)(slow, 0.5) == TOO_SLOW
    assert leaves(1e-3)(slow, 0.3) == ""
    assert leaves(1e-3)(slow, 0.95) == ""
    # Where nothing was seen yet, or no number, another start comes before slabs.
    assert leaves(1e-3)([], 0.5) == ""
    assert leaves(1e-3)([(50, 1.0, 1.0, math.inf)], 0.5) == ""
    quick = [(50 * k, float(k), 1.0, 10.0**-k) for k in range(1, 9)]
    assert leaves(1e-9)(quick, 0.5) == ""
    settings = Settings(seconds=3.0, points=250, goal=1e-9, measure="largest")
    teacher = learn(waves, (5,), settings, rows=known)
    assert isinstance(teacher.form, Slabs) or teacher.trained.why == TOO_SLOW


def test_what_waits_for_the_machine_is_left_in_time_too(
    waves: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Waited(Budget):
        """A budget of which the clock has half, and the thread nothing yet."""

        @property
        def fraction(self) -> float:
            return 0.5

    monkeypatch.setattr(descent, "Budget", Waited)
    shares: list[float] = []
    problem = problem_of(waves, state(waves, (4,)), known)
    descent.descend(problem, replace(QUICK, steps=100), leave=lambda _, s: shares.append(s) or "")
    assert shares and set(shares) == {0.5}


def test_what_cannot_be_marched_says_why(tmp_path: Path) -> None:
    text = FRONT.replace("∂u/∂t = ∂²u/∂x²", "∂³u/∂t³ = ∂²u/∂x²").replace(
        "  boundary", "    ∂u/∂t = 0  at t = 0\n    ∂²u/∂t² = 0  at t = 0\n\n  boundary"
    )
    program = compiled(text, "x t -> u", tmp_path)
    with pytest.raises(CompileError, match=r"no slabs of time are made for .*its start `d2u/dt2"):
        state(program, (4,), march=True)


def test_slabs_begin_where_the_law_starts(waves: Program) -> None:
    with pytest.raises(CompileError, match=r"starts at t = 0 and its range begins at 2"):
        state(waves.within({"t": (2.0, 6.0)}), (4,), march=True)


def judged(waves: Program, monkeypatch: pytest.MonkeyPatch, slabs: FieldTeacher) -> FieldTeacher:
    """Return what is made of one network that was left, beside these slabs."""
    monkeypatch.setattr(fields, "leaves", lambda goal: lambda history, share: TOO_SLOW)
    monkeypatch.setattr(fields, "_marched", lambda *given: slabs)
    return learn(waves, (5,), replace(QUICK, slabs=None, goal=1e-9), rows=known)


def test_what_accepts_does_not_choose_between_one_network_and_slabs(
    waves: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    what = marched(waves, 2)
    form = what.form([initial(what.stated.sizes, k) for k in range(2)])
    lucky = Errors({"u": 0.0}, {"u": 0.0}, {})
    trained = Trained(torch.zeros(1), lucky, True, 1, 1.0, (), "")
    far = FieldTeacher(waves, form, trained, ())
    assert judged(waves, monkeypatch, far).trained.why == TOO_SLOW


def test_one_network_stands_where_no_slab_begins(
    waves: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*given: object) -> None:
        raise TrainingError("no start led to a network")

    monkeypatch.setattr(fields, "march", fails)
    monkeypatch.setattr(fields, "leaves", lambda goal: lambda history, share: TOO_SLOW)
    teacher = learn(waves, (5,), replace(QUICK, slabs=None, goal=1e-9), rows=known)
    assert teacher.trained.why == TOO_SLOW


def test_a_checkpoint_goes_with_what_slabs_keep_beside_it(tmp_path: Path) -> None:
    kept = tmp_path / "ab.safetensors"
    names = ("ab.safetensors", "ab.slabs.safetensors", "ab.slabs.slab3.safetensors")
    for name in (*names, "abc.safetensors"):
        (tmp_path / name).write_bytes(b"")
    discard(kept)
    assert [path.name for path in tmp_path.iterdir()] == ["abc.safetensors"]
