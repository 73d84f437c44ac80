"""Several speakers on one quantity: a frozen law, and a network for what the law leaves out.

`scale`  y = law(x)·(1 + r(x))      an effect in proportion, such as a systematic gain
`sum`    y = law(x) + s·r(x)        an effect in absolute terms; s is the spread of the output
`gate`   y = m·law(x) + (1 - m)·net(x)   with m = inside(x)·gate(x)

There are two clamps and two domains. The law is asked inside the domain in which it is certified;
the network is told features inside the support of its data. So a blend never extrapolates
silently: beyond the data it is the law with the last known correction, and beyond the law's
domain it is the fallback where one is given, else the law at the edge with a growing error.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn

from lawc.diagnostics.diagnostic import DomainError, LawcError
from lawc.forms.answer import Answer, as_bound
from lawc.forms.columns import column_tensor, same_units
from lawc.linking.latents import Latent, Latents
from lawc.linking.precise import Precise
from lawc.linking.speaker import Column, Port, Speaker, as_outputs, gather, in_precision
from lawc.linking.start import start_at_zero
from lawc.linking.support import Support
from lawc.linking.trace import Contribution, Trace

How = Literal["scale", "sum", "gate"]

GATE_START = 4.0
"""The first logit of a gate that no network decides: the law speaks 98 % of the answer."""


class Blend(Precise):
    """Link a frozen module with a network that learns what the law leaves out.

    Columns are mappings from names to tensors of one shape (*batch,), in declared units; lists,
    arrays and columns of a data frame will do, and further columns are left alone. The result has
    shape (*batch,) for one output and (*batch, m) for several.

    Args:
        module: A frozen module, or a blend.
        net: Maps features (*batch, k), one tensor, clamped to the support and scaled to mean 0 and
            spread 1, to (*batch, m), or (*batch,) for one output. Its last linear layer is set to
            zero, so that the blend starts as the law; for `gate` it is left as it is. None gives
            the law alone, with its free inputs.
        how: `scale`, law·(1 + net), for an effect in proportion; `sum`, law + s·net with s the
            spread of the output; `gate`, m·law + (1 - m)·net with m = inside·gate.
        features: What the net is told; by default the module's inputs that data must give. Names
            that the module does not have, such as a covariate, must be columns of `support`.
        support: Columns of the data that will train the net; their 1–99 % range of each feature is
            where the net may vary. Without it the declared ranges serve. If it has the outputs,
            their mean and spread scale what the net says.
        free: Inputs of the module that data do not give: learned inside their declared ranges.
        fixed: Inputs of the module that are one known number, in declared units.
        individual: A net from features to as many numbers as there are free inputs; it shifts
            them row by row, still inside their ranges. It starts at zero too.
        gate: For `gate`: a net from features to one logit; one learned number without it.
        fallback: A net from features to outputs (in spreads of the output about its mean) that
            takes over outside the law's domain.

    Raises:
        LawcError: An input is neither given, free nor fixed; a feature has no support; or a net
            does not start at zero and has no last linear layer to set to zero.
        DomainError: An input is fixed outside its range.
    """

    centre: Tensor
    spread: Tensor

    def __init__(
        self,
        module: Speaker,
        net: nn.Module | None,
        how: How = "scale",
        *,
        features: Sequence[str] | None = None,
        support: Mapping[str, Any] | None = None,
        free: Sequence[str | Latent] = (),
        fixed: Mapping[str, float] | None = None,
        individual: nn.Module | None = None,
        gate: nn.Module | None = None,
        fallback: nn.Module | None = None,
    ) -> None:
        super().__init__()
        if how not in ("scale", "sum", "gate"):
            raise LawcError(f"expected how = 'scale', 'sum' or 'gate', got {how!r}")
        if not isinstance(module, nn.Module):
            raise LawcError(f"expected a frozen module or a blend, got {type(module).__name__}")
        self.module = module
        self.how = how
        if support is not None:
            ports_of = (*module.inputs, *module.outputs)
            same_units(support, {port.name: port.unit for port in ports_of})
        ports = {port.name: port for port in module.inputs}
        self.latents = Latents(free, ports, individual)
        self.fixed = dict(fixed or {})
        _check_inputs(ports, self.latents.names, self.fixed)
        self.given = tuple(
            name for name in ports if name not in self.latents.names and name not in self.fixed
        )
        asked = tuple(name for name in self.given if ports[name].default is None)
        self.features = tuple(features) if features is not None else asked
        log = {name for name in self.features if name in ports and ports[name].log}
        answered = (port.name for port in module.outputs)
        known = {*ports, *self.features, *self.latents.needs, *answered}
        data = None if support is None else _tensors(support, known)
        if data is None:
            self.support = Support.of_ports(self.features, ports)
        else:
            self.support = Support.of_columns(self.features, data, log)
        self.net = net
        self.gate = gate
        self.fallback = fallback
        for part in (net if how != "gate" else None, individual):
            if part is not None:
                start_at_zero(part, self.features)
        self.gate_logit = None
        if how == "gate" and gate is None:
            self.gate_logit = nn.Parameter(torch.tensor(GATE_START, dtype=torch.float64))
        self.needed = tuple(
            name
            for name in dict.fromkeys((*self.given, *self.features, *self.latents.needs))
            if name not in ports or ports[name].default is None or name in self.features
        )
        self.register_buffer("centre", torch.zeros(len(module.outputs), dtype=torch.float64))
        self.register_buffer("spread", torch.ones(len(module.outputs), dtype=torch.float64))
        if fallback is not None or (net is not None and how != "scale"):
            self._measure_outputs(data)

    @property
    def identity(self) -> str:
        """What is linked and how, as one name."""
        speakers = [self.module.identity, *(["net"] if self.net is not None else [])]
        return f"blend[{self.how}]({', '.join(speakers)})"

    @property
    def citation(self) -> str:
        """The source of the law that speaks."""
        return self.module.citation

    @property
    def inputs(self) -> tuple[Port, ...]:
        """The columns a blend is asked with; free and fixed inputs are its own."""
        ports = {port.name: port for port in self.module.inputs}
        names = dict.fromkeys((*self.given, *self.features, *self.latents.needs))
        return tuple(ports[name] if name in ports else Column(name) for name in names)

    @property
    def outputs(self) -> tuple[Port, ...]:
        """The outputs of the module."""
        return self.module.outputs

    def forward(self, columns: Mapping[str, Any]) -> Tensor:
        """Return the blended value in the units of the outputs."""
        pieces = self._pieces(columns)
        return self._squeezed(_total(pieces))

    def answer(self, columns: Mapping[str, Tensor]) -> Answer:
        """Return value, error and membership, as a frozen module does.

        The error is that of the law's part, carried through the blend and growing outside the
        law's domain; nothing is claimed of what was learned.
        """
        columns, first = gather(columns, self._wanted(columns), self.identity, self.centre.device)
        features = self.support(columns)
        asked = self._module_columns(columns, first, features)
        raw = _answer(self.module, asked)
        # Outside its domain the law is asked at the edge, and is off by what it would say beyond.
        moved = (raw.value - _value(self.module, self._clamped(asked))).abs()
        off = raw.error + as_bound(moved)
        error = as_outputs(off, first, len(self.outputs), self.module.identity)
        if self.how == "scale" and self.net is not None:
            error = error * (1 + self._said(self.net, features, first)).abs()
        return Answer(self.forward(columns), self._squeezed(as_bound(error)), raw.inside)

    def trace(self, columns: Mapping[str, Tensor]) -> Trace:
        """Return who contributed what; the contributions sum to the output.

        `inside` of a law is its membership in the certified domain, that of a net its membership
        in the support of the data.
        """
        columns, first = gather(columns, self._wanted(columns), self.identity, self.centre.device)
        features = self.support(columns)
        module_columns = self._module_columns(columns, first, features)
        in_domain, in_support = self._inside(module_columns), self.support.inside(columns)
        pieces = self._pieces(columns)
        unit = ", ".join(port.unit for port in self.outputs)
        contributions = tuple(
            Contribution(
                name=self.module.identity if who == "law" else who,
                value=self._squeezed(value),
                unit=unit,
                citation=self.citation if who == "law" else "learned from the data",
                inside=in_domain if who == "law" else in_support,
            )
            for who, value in pieces
        )
        return Trace(contributions, self._squeezed(_total(pieces)), ", ".join(self._output_names()))

    def population(self) -> dict[str, float]:
        """Return the learned values of the free inputs, in declared units."""
        return self.latents.population()

    def groups(
        self, *, lr: float = 1e-3, weight_decay: float = 0.0, latent_lr: float | None = None
    ) -> list[dict[str, Any]]:
        """Return optimizer groups: the free inputs without weight decay, the networks with it.

        The frozen module has no parameters and is in none of them.
        """
        parts = (self.net, self.gate, self.fallback, self.latents.individual)
        networks = [
            parameter for part in parts if part is not None for parameter in part.parameters()
        ]
        own = [self.latents.z, *([self.gate_logit] if self.gate_logit is not None else [])]
        free = {
            "name": "free inputs",
            "params": [parameter for parameter in own if parameter.numel()],
            "lr": lr if latent_lr is None else latent_lr,
            "weight_decay": 0.0,
        }
        nets = {"name": "networks", "params": networks, "lr": lr, "weight_decay": weight_decay}
        inner = (
            self.module.groups(lr=lr, weight_decay=weight_decay, latent_lr=latent_lr)
            if (isinstance(self.module, Blend))
            else []
        )
        return [group for group in (free, nets, *inner) if group["params"]]

    def _wanted(self, columns: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the columns that are needed, and those that replace a default."""
        same_units(columns, {port.name: port.unit for port in self.module.inputs})
        return (*self.needed, *(n for n in self.given if n not in self.needed and n in columns))

    def _pieces(self, columns: Mapping[str, Tensor]) -> list[tuple[str, Tensor]]:
        """Return who says what, each of shape (*batch, m); their sum is the output."""
        columns, first = gather(columns, self._wanted(columns), self.identity, self.centre.device)
        features = self.support(columns)
        module_columns = self._module_columns(columns, first, features)
        said = _value(self.module, self._clamped(module_columns))
        law = as_outputs(said, first, len(self.outputs), self.module.identity)
        pieces = [("law", law)]
        inside = None
        if self.fallback is not None or self.how == "gate":
            inside = self._inside(module_columns).unsqueeze(-1)
        if self.net is not None:
            learned = self._said(self.net, features, first)
            if self.how == "scale":
                pieces.append(("net", law * learned))
            elif self.how == "sum":
                pieces.append(("net", self.spread * learned))
            else:
                assert inside is not None
                share = inside * torch.sigmoid(self._gate(features, first))
                own = self.centre + self.spread * learned
                pieces = [("law", share * law), ("net", (1 - share) * own)]
        if self.fallback is not None and inside is not None:
            outside = self.centre + self.spread * self._said(self.fallback, features, first)
            pieces = [(who, inside * value) for who, value in pieces]
            pieces.append(("fallback", (1 - inside) * outside))
        return pieces

    def _module_columns(
        self, columns: Mapping[str, Tensor], first: Tensor, features: Tensor
    ) -> dict[str, Tensor]:
        """Return all inputs of the module: given, by default, fixed, and free."""
        full = {}
        latents = self.latents(columns, first, features) if self.latents.names else {}
        for port in self.module.inputs:
            name = port.name
            if name in latents:
                full[name] = latents[name]
            elif name in self.fixed:
                full[name] = torch.full_like(first, self.fixed[name], dtype=torch.float64)
            elif name in columns:
                full[name] = columns[name].to(torch.float64)
            elif port.default is not None:
                full[name] = torch.full_like(first, port.default, dtype=torch.float64)
        return full

    def _clamped(self, module_columns: Mapping[str, Tensor]) -> dict[str, Tensor]:
        clamped = dict(module_columns)
        for port in self.module.inputs:
            if port.name in clamped and (port.low is not None or port.high is not None):
                clamped[port.name] = torch.clamp(clamped[port.name], port.low, port.high)
        return clamped

    def _inside(self, module_columns: Mapping[str, Tensor]) -> Tensor:
        return _answer(self.module, module_columns).inside

    def _said(self, net: nn.Module, features: Tensor, first: Tensor) -> Tensor:
        return as_outputs(in_precision(net, features), first, len(self.outputs), "the network")

    def _gate(self, features: Tensor, first: Tensor) -> Tensor:
        if self.gate is not None:
            return as_outputs(in_precision(self.gate, features), first, 1, "`gate`")
        assert self.gate_logit is not None
        return self.gate_logit

    def _output_names(self) -> tuple[str, ...]:
        return tuple(port.name for port in self.outputs)

    def _squeezed(self, value: Tensor) -> Tensor:
        return value.squeeze(-1) if len(self.outputs) == 1 else value

    def _measure_outputs(self, data: Mapping[str, Tensor] | None) -> None:
        """Take mean and spread of the outputs from data, else from the law over the support."""
        if data is None:
            raise LawcError(
                f"how = {self.how!r} needs `support`, the columns of the data, to know the scale "
                "of the output"
            )
        with torch.no_grad():
            if all(name in data for name in self._output_names()):
                values = torch.stack([data[name].flatten() for name in self._output_names()], -1)
            else:
                asked, first = gather(data, self._wanted(data), self.identity, self.centre.device)
                full = self._module_columns(asked, first, self.support(asked))
                said = _value(self.module, self._clamped(full))
                values = as_outputs(said, first, len(self.outputs), self.module.identity)
            spread = values.std(0, correction=0)
            self.centre.copy_(values.mean(0))
            self.spread.copy_(torch.where(spread > 0, spread, 1.0))


def _check_inputs(
    ports: Mapping[str, Port], free: Sequence[str], fixed: Mapping[str, float]
) -> None:
    for name in fixed:
        if name not in ports:
            raise LawcError(f"the module has no input {name!r} to fix; it has {', '.join(ports)}")
        if name in free:
            raise LawcError(f"the input {name!r} cannot be both free and fixed")
        port, value = ports[name], fixed[name]
        below = port.low is not None and value < port.low
        if below or not math.isfinite(value) or (port.high is not None and value > port.high):
            raise DomainError(
                f"{name!r} is fixed at {value:g}, outside {port.low} .. {port.high} [{port.unit}]"
            )


def _tensors(columns: Mapping[str, Any], known: set[str]) -> dict[str, Tensor]:
    """Return the columns that mean something here; a table may have others, of words too."""
    return {
        name: column_tensor(name, columns[name]).detach().to(torch.float64)
        for name in columns
        if name in known
    }


def _total(pieces: Sequence[tuple[str, Tensor]]) -> Tensor:
    total = pieces[0][1]
    for _, value in pieces[1:]:
        total = total + value
    return total


def _answer(module: nn.Module, columns: Mapping[str, Tensor]) -> Answer:
    return module.answer(columns) if isinstance(module, Blend) else module(columns)


def _value(module: nn.Module, columns: Mapping[str, Tensor]) -> Tensor:
    return module(columns) if isinstance(module, Blend) else module(columns).value
