"""A blend starts as the law, sums its parts, and never extrapolates silently."""

from __future__ import annotations

import io

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.console import Console
from speakers import Fall, Rate, network, wake
from torch import nn

from lawc.diagnostics.diagnostic import DomainError, LawcError, ShapeError
from lawc.forms.answer import Answer
from lawc.linking.blend import Blend
from lawc.linking.latents import Latent
from lawc.linking.trace import Trace

DATA = {
    "S": torch.logspace(-1, 0, 12, dtype=torch.float64),
    "v": torch.linspace(20, 90, 12, dtype=torch.float64),
    "temperature": torch.linspace(280, 310, 12, dtype=torch.float64),
}
HOWS = ("scale", "sum", "gate")


def rate_blend(how: str = "scale", **options: object) -> Blend:
    settings = {"free": ("Vmax", "Km"), "support": DATA, **options}
    return Blend(Rate(), network(1), how, **settings)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("how", ["scale", "sum"])
def test_a_blend_starts_as_the_law(how: str) -> None:
    blend = rate_blend(how)
    population = {k: torch.full_like(DATA["S"], v) for k, v in blend.population().items()}
    law = Rate()({"S": DATA["S"], **population}).value
    assert torch.equal(blend({"S": DATA["S"]}), law)


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("with_fallback", [False, True])
def test_contributions_sum_to_the_output(how: str, with_fallback: bool) -> None:
    blend = rate_blend(how, fallback=network(1) if with_fallback else None)
    wake(blend)
    columns = {"S": torch.logspace(-4, 3, 50, dtype=torch.float64)}
    trace = blend.trace(columns)
    total = sum(one.value for one in trace.contributions)
    assert torch.equal(trace.total, blend(columns))
    assert float((total - blend(columns)).detach().abs().max()) <= 1e-12
    assert {one.name for one in trace.contributions} >= {"tests.rate", "net"}
    assert sum(trace.shares().values()) == pytest.approx(1)


@given(st.lists(st.floats(0.01, 10.0), min_size=1, max_size=5))
def test_a_printed_trace_says_what_each_contributed(asked: list[float]) -> None:
    blend = rate_blend("sum")
    trace = blend.trace({"S": torch.tensor(asked, dtype=torch.float64)})
    said = printed(trace)
    assert f"({len(asked)} row{'s' if len(asked) > 1 else ''})" in said
    law = trace.contributions[0].value.detach()
    (line,) = [line for line in said.splitlines() if line.strip("│ ").startswith("tests.rate ")]
    shown = line.strip("│ ").replace("│", " ").split()
    figures = [f"{float(one):.4g}" for one in (law.mean(), law.min(), law.max())]
    assert shown == ["tests.rate", "100.0%", *figures, "umol/L/min", "100%"]
    assert "speaker share mean smallest largest unit inside" in " ".join(
        said.replace("┃", " ").split()
    )
    assert "(1 row)" in printed(blend.trace({"S": 1.0}))


def printed(trace: Trace) -> str:
    console = Console(width=200, file=io.StringIO())
    console.print(trace)
    return console.file.getvalue()  # pyright: ignore


def test_a_network_says_nothing_new_beyond_its_data() -> None:
    blend = rate_blend()
    wake(blend)
    far = torch.tensor([1.0, 2.0, 5.0, 9.0], dtype=torch.float64)
    population = {k: torch.full_like(far, v) for k, v in blend.population().items()}
    ratio = blend({"S": far}) / Rate()({"S": far, **population}).value
    assert torch.allclose(ratio, ratio[0].expand(4), rtol=1e-12)
    inside = blend({"S": torch.tensor([0.2, 0.5], dtype=torch.float64)})
    assert inside.shape == (2,)


def test_a_law_is_asked_at_the_edge_of_its_domain_and_the_error_grows() -> None:
    blend = rate_blend()
    wake(blend)
    edge, beyond = blend.answer(
        {"S": torch.tensor([10.0, 40.0], dtype=torch.float64)}
    ).value.detach()
    answer = blend.answer({"S": torch.tensor([10.0, 12.0, 40.0], dtype=torch.float64)})
    assert edge == beyond
    assert answer.inside[0] == 1 > answer.inside[1] > answer.inside[2]
    assert answer.error[0] < answer.error[1] < answer.error[2]


def test_a_fallback_speaks_outside_the_domain_alone() -> None:
    fallback = network(1)
    blend = rate_blend(fallback=fallback)
    wake(blend)
    plain = rate_blend()
    plain.load_state_dict({k: v for k, v in blend.state_dict().items() if "fallback" not in k})
    columns = {"S": torch.tensor([0.5, 1e4], dtype=torch.float64)}
    said = blend.centre + blend.spread * fallback(blend.support(columns))[:, 0]
    with torch.no_grad():
        assert blend(columns)[0] == plain(columns)[0]
        assert torch.allclose(blend(columns)[1], said[1], rtol=1e-9)


@settings(deadline=None, max_examples=30)
@given(z=st.lists(st.floats(-60, 60), min_size=2, max_size=2))
def test_free_inputs_stay_inside_their_declared_ranges(z: list[float]) -> None:
    blend = rate_blend()
    with torch.no_grad():
        blend.latents.z.copy_(torch.tensor(z))
    values = blend.population()
    assert 1.0 * (1 - 1e-12) <= values["Vmax"] <= 1000 * (1 + 1e-12)
    assert 0.01 * (1 - 1e-12) <= values["Km"] <= 10 * (1 + 1e-12)


def test_a_free_input_starts_where_it_is_told_to() -> None:
    blend = rate_blend(free=(Latent("Vmax", start=212.7), Latent("Km", start=0.064)))
    assert blend.population() == pytest.approx({"Vmax": 212.7, "Km": 0.064})
    with pytest.raises(DomainError, match=r"'Km' starts at 99, outside 0.01 .. 10 \[mmol/L\]"):
        rate_blend(free=("Vmax", Latent("Km", start=99.0)))


def test_a_free_input_follows_the_column_that_scales_it() -> None:
    latent = Latent("Vmax", start=100.0, scaled_by="mass", reference=70.0, power=0.75)
    blend = rate_blend(free=(latent, "Km"))
    columns = {"S": torch.full((3,), 0.5), "mass": torch.tensor([35.0, 70.0, 140.0])}
    law = blend({k: v.double() for k, v in columns.items()})
    assert torch.allclose(law / law[1], torch.tensor([0.5, 1, 2]).double() ** 0.75)


def test_individual_values_follow_the_features_and_start_at_the_population() -> None:
    blend = Blend(
        Rate(),
        None,
        features=("S", "temperature"),
        support=DATA,
        free=("Vmax", "Km"),
        individual=network(2, 2),
    )
    columns = {k: DATA[k] for k in ("S", "temperature")}
    start = blend(columns)
    assert torch.equal(start, rate_blend()(columns))
    wake(blend.latents.individual)  # pyright: ignore[reportArgumentType]
    assert not torch.equal(blend(columns), start)


def test_free_inputs_and_network_train_together_and_the_law_stays() -> None:
    blend = rate_blend("sum")
    before = {k: v.clone() for k, v in blend.module.state_dict().items()}
    target = 212.7 * DATA["S"] / (0.064 + DATA["S"])
    optimizer = torch.optim.AdamW(blend.groups(lr=1e-2, weight_decay=1e-3, latent_lr=0.1))
    losses = []
    for _ in range(150):
        optimizer.zero_grad()
        loss = (blend({"S": DATA["S"]}) - target).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.05 * losses[0]
    assert all(torch.equal(v, before[k]) for k, v in blend.module.state_dict().items())


def test_groups_hold_every_parameter_once() -> None:
    blend = rate_blend("gate", fallback=network(1), individual=network(1, 2))
    grouped = [id(p) for group in blend.groups() for p in group["params"]]
    assert sorted(grouped) == sorted(id(p) for p in blend.parameters())
    assert next(iter(blend.groups(weight_decay=1.0)))["weight_decay"] == 0.0


def test_several_outputs_keep_their_order() -> None:
    support = {"t": torch.linspace(0, 1, 9).double()}
    blend = Blend(Fall(), network(1, 2), "sum", support=support)
    columns = {"t": torch.tensor([1.0, 2.0], dtype=torch.float64)}
    assert blend(columns).detach().tolist() == [[4.9, 9.8], [19.6, 19.6]]
    assert blend.answer(columns).error.shape == (2, 2)


def test_a_blend_of_a_blend_is_a_blend() -> None:
    inner = rate_blend("scale")
    outer = Blend(inner, network(1), "sum", support=DATA)  # pyright: ignore[reportArgumentType]
    wake(outer)
    columns = {"S": DATA["S"]}
    assert outer.answer(columns).value.shape == (12,)
    assert isinstance(outer.answer(columns), Answer)
    parts = [one.value for one in outer.trace(columns).contributions]
    assert float((sum(parts) - outer(columns)).detach().abs().max()) <= 1e-12


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ({"S": torch.ones(3, 1), "temperature": torch.ones(3)}, r'for "temperature", got \(3,\)'),
        (
            {"S": torch.ones(3), "temperature": torch.ones(1)},
            r'expected shape \(3,\) or \(\) for "temperature", got \(1,\)',
        ),
        ({"S": "0.5", "temperature": torch.ones(1)}, 'expected numbers for "S", got str'),
    ],
)
def test_a_shape_that_would_broadcast_is_refused_by_name(
    columns: dict[str, torch.Tensor], text: str
) -> None:
    blend = Blend(
        Rate(), network(2), features=("S", "temperature"), support=DATA, free=("Vmax", "Km")
    )
    with pytest.raises(ShapeError, match=text):
        blend(columns)


def test_what_cannot_be_linked_is_refused_with_the_reason() -> None:
    with pytest.raises(LawcError, match="needs a column for 'Vmax'"):
        Blend(Rate(), network(3))({"S": DATA["S"]})
    with pytest.raises(LawcError, match="has no input 'kcat'"):
        rate_blend(free=("kcat",))
    with pytest.raises(LawcError, match="both free and fixed"):
        rate_blend(fixed={"Km": 1.0})
    with pytest.raises(LawcError, match="no declared range"):
        Blend(Rate(), network(1), features=("temperature",), free=("Vmax", "Km"))
    with pytest.raises(LawcError, match="does not start at zero"):
        Blend(Rate(), _Stubborn(), support=DATA, free=("Vmax", "Km"))
    with pytest.raises(ShapeError, match=r"expected shape \(12, 1\), got \(12, 2\) from the net"):
        Blend(Rate(), network(1, 2), support=DATA, free=("Vmax", "Km"))({"S": DATA["S"]})


class _Stubborn(nn.Module):
    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return features.sum(-1) + 1


def test_a_plain_number_means_the_same_for_all_rows() -> None:
    blend = Blend(
        Rate(), network(2), features=("S", "temperature"), support=DATA, free=("Vmax", "Km")
    )
    wake(blend)
    one = {"S": DATA["S"], "temperature": 300}
    assert torch.equal(blend(one), blend({**one, "temperature": torch.full_like(DATA["S"], 300)}))


@pytest.mark.parametrize("how", HOWS)
def test_one_row_is_a_batch_without_a_length(how: str) -> None:
    blend = rate_blend(how)
    wake(blend)
    batch = blend({"S": DATA["S"]})
    assert torch.allclose(blend({"S": DATA["S"][3]}), batch[3], rtol=1e-14)


@pytest.mark.parametrize("how", HOWS)
def test_a_blend_runs_under_vmap(how: str) -> None:
    blend = rate_blend(how, fallback=network(1))
    wake(blend)
    rows = DATA["S"]
    mapped = torch.func.vmap(lambda s: blend({"S": s}))(rows)
    assert torch.allclose(mapped, blend({"S": rows}), rtol=1e-13)


@pytest.mark.parametrize("how", HOWS)
def test_a_blend_exports_and_answers_the_same(how: str) -> None:
    blend = rate_blend(how, fallback=network(1))
    wake(blend)
    columns = {"S": DATA["S"]}
    exported = torch.export.export(blend, (columns,)).module()
    assert torch.allclose(exported(columns), blend(columns), rtol=1e-13)


@pytest.mark.parametrize("how", HOWS)
def test_a_blend_compiles_as_one_graph(how: str) -> None:
    blend = rate_blend(how, fallback=network(1))
    wake(blend)
    compiled = torch.compile(blend, backend="aot_eager", fullgraph=True)
    assert torch.allclose(compiled({"S": DATA["S"]}), blend({"S": DATA["S"]}), rtol=1e-13)


@pytest.mark.parametrize("how", HOWS)
@given(asked=st.floats(width=16), says=st.floats(-1.0, 1.0))
@example(asked=float("inf"), says=-1.0)
def test_an_error_of_a_blend_is_never_no_number(how: str, asked: float, says: float) -> None:
    """Also where the law is asked without end and the network takes all of it away."""
    blend = rate_blend(how)
    last = blend.net[2]  # pyright: ignore
    with torch.no_grad():
        last.weight.zero_()
        last.bias.fill_(says)
    error = blend.answer({"S": torch.tensor([asked], dtype=torch.float16)}).error
    assert not error.isnan().any()
    assert asked == asked or error.isinf().all()


@pytest.mark.parametrize("how", ["scale", "sum"])
def test_a_cast_of_the_host_moves_neither_law_nor_ranges(how: str) -> None:
    blend = rate_blend(how)
    before = blend({"S": DATA["S"]})
    blend.half()
    assert next(blend.net.parameters()).dtype == torch.float16  # pyright: ignore
    assert torch.equal(blend({"S": DATA["S"]}), before)
    wake(blend)
    assert blend({"S": DATA["S"]}).dtype == torch.float64


def test_a_network_in_single_precision_is_asked_in_its_own() -> None:
    net = nn.Sequential(nn.Linear(1, 4), nn.Tanh(), nn.Linear(4, 1))
    blend = Blend(Rate(), net, support=DATA, free=("Vmax", "Km"))
    wake(net)
    assert blend({"S": DATA["S"]}).dtype == torch.float64


def test_a_network_of_another_width_is_refused_by_the_names_of_the_features() -> None:
    with pytest.raises(LawcError, match=r"a network of 1 features \(S\)"):
        Blend(Rate(), network(3), "scale", free=("Vmax", "Km"), support=DATA)
