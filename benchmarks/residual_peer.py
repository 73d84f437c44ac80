# ruff: noqa: PLC0415
# pyright: reportMissingImports=false
"""One contender of `residual_peers.py`, in an environment of its own: it steps when told to.

    python residual_peer.py CONTENDER

Reads one JSON line per request on standard input and answers with one. A step is the mean square of
the residuals of a law and its gradient by all weights, on one thread; its time is the process's own
CPU time. Contenders take derivatives in the way that their own documentation gives for a PINN.
"""

from __future__ import annotations

import ctypes
import gc
import json
import math
import os
import sys
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

torch.set_num_threads(1)

NU = 0.01 / math.pi
REYNOLDS = 100.0
SIZES = {
    "Burgers": (2, 1),
    "Poisson": (2, 1),
    "wave": (3, 1),
    "Kuramoto-Sivashinsky": (2, 1),
    "biharmonic": (2, 1),
    "Navier-Stokes": (2, 3),
    "5 species": (1, 5),
}
"""Inputs and outputs of the network of each law; t stands before x and y."""

Step = Callable[[], tuple[Tensor, list[Tensor]]]
"""Return the cost, and the gradient by matrix and offset of each layer."""
Derive = Callable[..., Any]
"""Take an output's number and those of the inputs it is differentiated by, one after another."""


class NotPossibleError(Exception):
    """The library has no words for this law."""


def sizes(law: str) -> list[int]:
    inputs, outputs = SIZES[law]
    return [inputs, 64, 64, 64, 64, outputs]


def rows(law: str, d: Derive, x: Sequence[Any], sin: Callable[[Any], Any]) -> list[Any]:
    """Return the residuals of a law; `d(0, 1, 1)` is the second derivative of the first output by
    the second input, `x` are the inputs."""
    if law == "Burgers":
        return [d(0, 0) + d(0) * d(0, 1) - NU * d(0, 1, 1)]
    if law == "Poisson":
        source = 2 * math.pi**2 * sin(math.pi * x[0]) * sin(math.pi * x[1])
        return [d(0, 0, 0) + d(0, 1, 1) + source]
    if law == "wave":
        return [d(0, 0, 0) - d(0, 1, 1) - d(0, 2, 2)]
    if law == "Kuramoto-Sivashinsky":
        return [d(0, 0) + d(0) * d(0, 1) + d(0, 1, 1) + d(0, 1, 1, 1, 1)]
    if law == "biharmonic":
        return [d(0, 0, 0, 0, 0) + 2 * d(0, 0, 0, 1, 1) + d(0, 1, 1, 1, 1) - 1.0]
    if law == "Navier-Stokes":
        momenta = [
            d(0) * d(q, 0) + d(1) * d(q, 1) + d(2, q) - (d(q, 0, 0) + d(q, 1, 1)) / REYNOLDS
            for q in (0, 1)
        ]
        return [*momenta, d(0, 0) + d(1, 1)]
    a, b, c, e, f = (d(k) for k in range(5))
    one, two, three, four, five = a * b, 0.5 * c, 0.8 * c * e, 0.3 * e, 0.7 * f
    made = [
        -one + two + five,
        -one + two,
        one - two - three,
        -three - four + five,
        three + four - five,
    ]
    return [d(k, 0) - made[k] for k in range(5)]


def cost_of(found: Sequence[Any]) -> Tensor:
    """Return the sum of the mean squares."""
    total = found[0].square().mean()
    for row in found[1:]:
        total = total + row.square().mean()
    return total


def plain(law: str, theta: Tensor) -> nn.Sequential:
    """Return the network as torch writes it, with these weights."""
    wide = sizes(law)
    layers: list[nn.Module] = []
    for before, after in pairwise(wide):
        layers += [nn.Linear(before, after, dtype=theta.dtype), nn.Tanh()]
    net = nn.Sequential(*layers[:-1])
    fill(list(net.parameters()), theta)
    return net


def fill(parameters: Sequence[Tensor], theta: Tensor) -> None:
    """Put flat weights where a network has them, matrix and offset of each layer in turn."""
    with torch.no_grad():
        start = 0
        for one in parameters:
            one.copy_(theta[start : start + one.numel()].view(one.shape))
            start += one.numel()
    assert start == len(theta)


def stepper(parameters: Sequence[Tensor], cost: Callable[[], Tensor]) -> Step:
    def step() -> tuple[Tensor, list[Tensor]]:
        for one in parameters:
            one.grad = None
        found = cost()
        found.backward()
        # A constant of the network may have no part in a law of derivatives.
        grads = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
        return found.detach(), grads

    return step


def shared(take: Callable[[Any, int], Any], outputs: Sequence[Any]) -> Derive:
    """Return derivatives of derivatives by one library call each, none of them taken twice."""
    known: dict[tuple[int, ...], Any] = {(k,): value for k, value in enumerate(outputs)}

    def derive(*path: int) -> Any:
        if path not in known:
            known[path] = take(derive(*path[:-1]), path[-1])
        return known[path]

    return derive


def deepxde(law: str, theta: Tensor, x: Tensor, mode: str = "reverse") -> Step:
    import deepxde as dde

    dde.config.set_default_float("float64" if theta.dtype == torch.float64 else "float32")
    dde.config.set_default_autodiff(mode)
    net = dde.nn.FNN(sizes(law), "tanh", "Glorot uniform")
    fill(list(net.parameters()), theta)
    if mode == "forward" and law != "5 species":
        raise NotPossibleError("slower here than reverse mode")

    def cost() -> Tensor:
        at = x.detach().requires_grad_()
        said = net(at)
        dde.gradients.clear()
        if mode == "forward":

            def first(*path: int) -> Tensor:
                if len(path) == 1:
                    return said[:, path[0] : path[0] + 1]
                return dde.grad.jacobian((said, net), at, i=path[0], j=path[1])[0]

            return cost_of(rows(law, first, at.split(1, dim=1), torch.sin))

        def derive(*path: int) -> Tensor:
            if len(path) == 1:
                return said[:, path[0] : path[0] + 1]
            if len(path) == 2:
                return dde.grad.jacobian(said, at, i=path[0], j=path[1])
            if len(path) == 3:
                return dde.grad.hessian(said, at, component=path[0], i=path[1], j=path[2])
            return dde.grad.hessian(known(*path[:-2]), at, component=0, i=path[-2], j=path[-1])

        # The library shares what it takes from one tensor; this keeps the tensor one.
        made: dict[tuple[int, ...], Tensor] = {}

        def known(*path: int) -> Tensor:
            if path not in made:
                made[path] = derive(*path)
            return made[path]

        return cost_of(rows(law, known, at.split(1, dim=1), torch.sin))

    return stepper(list(net.parameters()), cost)


def pina(law: str, theta: Tensor, x: Tensor) -> Step:
    from pina import LabelTensor
    from pina.operator import fast_grad

    net = plain(law, theta)
    ins, outs = list("abc"[: x.shape[1]]), [f"u{k}" for k in range(SIZES[law][1])]

    def cost() -> Tensor:
        at = LabelTensor(x.detach().clone(), ins).requires_grad_()
        said = LabelTensor(net(at.tensor), outs)
        # One gradient gives the derivatives by all inputs, as in the library's own laplacian.
        known: dict[tuple[int, ...], Any] = {}

        def gradient(*path: int) -> Any:
            if path not in known:
                labels = said.labels if len(path) == 1 else None
                if labels is None:
                    value = gradient(*path[:-1])[..., path[-1] : path[-1] + 1]
                    value = LabelTensor(value, ["w"])
                    known[path] = fast_grad(value, at, components=["w"], d=ins).tensor
                else:
                    part = [outs[path[0]]]
                    known[path] = fast_grad(said, at, components=part, d=ins).tensor
            return known[path]

        def derive(*path: int) -> Any:
            if len(path) == 1:
                return said.tensor[:, path[0] : path[0] + 1]
            return gradient(*path[:-1])[..., path[-1] : path[-1] + 1]

        columns = [at.tensor[:, k : k + 1] for k in range(x.shape[1])]
        return cost_of(rows(law, derive, columns, torch.sin))

    return stepper(list(net.parameters()), cost)


def neurodiffeq(law: str, theta: Tensor, x: Tensor) -> Step:
    from neurodiffeq.neurodiffeq import unsafe_diff

    net = plain(law, theta)

    def cost() -> Tensor:
        at = [column.detach().clone().requires_grad_() for column in x.split(1, dim=1)]
        said = net(torch.cat(at, dim=1)).split(1, dim=1)
        derive = shared(lambda value, k: unsafe_diff(value, at[k]), said)
        return cost_of(rows(law, derive, at, torch.sin))

    return stepper(list(net.parameters()), cost)


def physicsnemo(law: str, theta: Tensor, x: Tensor) -> Step:
    import sympy
    from physicsnemo.sym.eq.pde import PDE
    from physicsnemo.sym.eq.phy_informer import PhysicsInformer

    if law in ("Kuramoto-Sivashinsky", "biharmonic"):
        raise NotPossibleError("derivatives up to the second order")
    net = plain(law, theta)
    # Its derivatives are by x, y and z: the inputs bear these names, time too.
    symbols = sympy.symbols("x y z")[: x.shape[1]]
    outs = [f"u{k}" for k in range(SIZES[law][1])]
    functions = [sympy.Function(name)(*symbols) for name in outs]

    def derive(*path: int) -> Any:
        value = functions[path[0]]
        for k in path[1:]:
            value = value.diff(symbols[k])
        return value

    class Law(PDE):
        def __init__(self) -> None:
            self.dim = x.shape[1]
            found = rows(law, derive, symbols, sympy.sin)
            self.equations = {f"row{k}": row for k, row in enumerate(found)}

    equations = Law()
    names = list(equations.equations)
    informer = PhysicsInformer(
        required_outputs=names, equations=equations, grad_method="autodiff", device="cpu"
    )

    def cost() -> Tensor:
        at = x.detach().requires_grad_()
        said = net(at)
        given = {name: said[:, k : k + 1] for k, name in enumerate(outs)}
        columns = {str(s): at[:, k : k + 1] for k, s in enumerate(symbols)}
        asked = {n: columns[n] for n in informer.required_inputs if n in columns}
        found = informer.forward({"coordinates": at, **given, **asked})
        return cost_of([found[name] for name in names])

    return stepper(list(net.parameters()), cost)


def lawc(backend: str) -> Callable[[str, Tensor, Tensor], Step]:
    def make(law: str, theta: Tensor, x: Tensor) -> Step:
        sys.path.insert(0, str(Path(__file__).parent))
        from residual_laws import LAWS

        from lawc.backends.choosing import BACKENDS
        from lawc.backends.statement import Block, Points

        objective = BACKENDS[backend]([Block(LAWS[law](), Points(x))])

        def step() -> tuple[Tensor, list[Tensor]]:
            cost, slope = objective.cost_and_slope(theta)
            return torch.as_tensor(cost), [slope]

        return step

    return make


CONTENDERS: dict[str, Callable[[str, Tensor, Tensor], Step]] = {
    "DeepXDE": deepxde,
    "DeepXDE forward": lambda law, theta, x: deepxde(law, theta, x, "forward"),
    "PINA": pina,
    "neurodiffeq": neurodiffeq,
    "PhysicsNeMo": physicsnemo,
    "lawc eager": lawc("eager"),
    "lawc compiled": lawc("compiled"),
    "lawc kernel": lawc("kernel"),
}


MUCH = 2 << 30
"""Bytes that a contender does not keep while it waits."""


def status(name: str) -> int:
    """Return a line of what the system knows of this process, in bytes."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(name + ":"):
            return 1024 * int(line.split()[1])
    raise KeyError(name)


def give_back() -> None:
    """Give memory that is free back to the system."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)


def peak(step: Step) -> int:
    """Return how far the resident memory rises above what is held before a step."""
    give_back()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = status("VmRSS")
    step()
    return max(status("VmHWM") - before, 0)


def main() -> None:
    """Answer requests until the input ends."""
    make, step = CONTENDERS[sys.argv[1]], None
    # What libraries print must not stand between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        asked = json.loads(line)
        answer: dict[str, Any] = {}
        if "load" in asked:
            step = None
            given = np.load(asked["load"])
            dtype = getattr(torch, asked["dtype"])
            theta = torch.tensor(given["theta"], dtype=dtype)
            points = torch.tensor(given["points"][: asked["points"]], dtype=dtype)
            began = time.process_time(), time.perf_counter()
            try:
                step = make(asked["law"], theta, points)
                cost, slope = step()
            except NotPossibleError as error:
                answer = {"missing": str(error)}
            else:
                flat = torch.cat([part.detach().reshape(-1).double() for part in slope])
                np.savez(asked["save"], cost=float(cost), slope=flat.numpy())
                answer = {"first": time.process_time() - began[0]}
        elif step is None:
            answer = {"missing": "nothing to do"}
        elif "memory" in asked:
            answer = {"bytes": peak(step)}
        else:
            began = time.process_time()
            for _ in range(asked["steps"]):
                step()
            answer = {"seconds": (time.process_time() - began) / asked["steps"]}
        if status("VmRSS") > MUCH:
            # The others are in memory as well: a biharmonic step takes up to 9 GiB.
            give_back()
        print(json.dumps(answer), file=answers, flush=True)


main()
