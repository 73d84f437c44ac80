# ruff: noqa: PLC0415
# pyright: reportMissingImports=false
"""One peer of `trajectories.py`, in the environment of the peers: it solves when told to.

    python trajectories_peer.py PEER PROBLEM FOLDER COUNT

Reads FOLDER/PROBLEM.npz; for every line on standard input solves the first COUNT parameter sets,
writes FOLDER/PEER.npy of shape (states, COUNT, times), and says how many seconds it took.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

RTOL = 1e-6
ATOL = {"lotka": 1e-8, "robertson": np.array([1e-8, 1e-12, 1e-8])}
# Absolute tolerances are a hundredth of the relative one, times the size of each component.


def lotka(t: float, y: Any, p: Any) -> list[Any]:
    return [p[0] * y[0] - p[1] * y[0] * y[1], p[2] * y[0] * y[1] - p[3] * y[1]]


def robertson(t: float, y: Any, p: Any) -> list[Any]:
    fast = p[1] * y[1] * y[1]
    first = p[0] * y[0] - p[2] * y[1] * y[2]
    return [-first, first - fast, fast]


def robertson_slopes(t: float, y: Any, p: Any) -> Any:
    a, b, c = p[0], p[2] * y[2], p[2] * y[1]
    d = 2 * p[1] * y[1]
    return np.array([[-a, b, c], [a, -b - d, -c], [0.0, d, 0.0]])


RATES = {"lotka": lotka, "robertson": robertson}

Solve = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def scipy_peer(method: str, problem: str) -> Solve:
    from scipy.integrate import solve_ivp

    rate = RATES[problem]
    jac: Any = robertson_slopes if problem == "robertson" and method != "DOP853" else None

    def solve(times: np.ndarray, p: np.ndarray, start: np.ndarray) -> np.ndarray:
        found = np.empty((start.shape[1], len(p), len(times)))
        more = {} if jac is None or method in ("RK45", "DOP853") else {"jac": jac}
        for k in range(len(p)):
            done = solve_ivp(
                rate,
                (0.0, times[-1]),
                start[k],
                method=method,
                t_eval=times,
                rtol=RTOL,
                atol=ATOL[problem],
                args=(p[k],),
                **more,
            )
            found[:, k] = done.y
        return found

    return solve


def sundials(problem: str) -> Solve:
    from sksundae.cvode import CVODE

    rate = RATES[problem]

    def solve(times: np.ndarray, p: np.ndarray, start: np.ndarray) -> np.ndarray:
        found = np.empty((start.shape[1], len(p), len(times)))
        for k in range(len(p)):

            def rhs(t: float, y: np.ndarray, out: np.ndarray, given: dict[str, np.ndarray]) -> None:
                out[:] = rate(t, y, given["p"])

            method = "BDF" if problem == "robertson" else "Adams"
            solver = CVODE(
                rhs,
                userdata={"p": p[k]},
                method=method,
                rtol=RTOL,
                atol=ATOL[problem],
                max_num_steps=100_000,
            )
            found[:, k] = solver.solve(times, start[k]).y.T
        return found

    return solve


def torchdiffeq(problem: str) -> Solve:
    import torch
    from torchdiffeq import odeint

    def solve(times: np.ndarray, p: np.ndarray, start: np.ndarray) -> np.ndarray:
        rates = torch.tensor(p.T)

        def rate(t: Any, y: Any) -> Any:
            return torch.stack(RATES[problem](t, y, rates))

        with torch.no_grad():
            done = odeint(
                rate,
                torch.tensor(start.T),
                torch.tensor(times),
                rtol=RTOL,
                atol=ATOL["lotka"],
                method="dopri5",
            )
        return done.permute(1, 2, 0).numpy()

    return solve


def torchode(problem: str) -> Solve:
    import torch
    import torchode as to

    def solve(times: np.ndarray, p: np.ndarray, start: np.ndarray) -> np.ndarray:
        rates = torch.tensor(p.T)

        def rate(t: Any, y: Any) -> Any:
            return torch.stack(RATES[problem](t, y.T, rates), dim=1)

        term = to.ODETerm(rate)
        step = to.Dopri5(term=term)
        control = to.IntegralController(atol=ATOL["lotka"], rtol=RTOL, term=term)
        adjoint = to.AutoDiffAdjoint(step, control)
        many = torch.tensor(np.tile(times, (len(p), 1)))
        with torch.no_grad():
            done = adjoint.solve(to.InitialValueProblem(y0=torch.tensor(start), t_eval=many))
        return done.ys.permute(2, 0, 1).numpy()

    return solve


def diffrax(problem: str) -> Solve:
    import diffrax as dx
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    solver = dx.Kvaerno5() if problem == "robertson" else dx.Dopri5()

    def one(times: Any, p: Any, start: Any) -> Any:
        term = dx.ODETerm(lambda t, y, args: jnp.stack(RATES[problem](t, y, args)))
        control = dx.PIDController(rtol=RTOL, atol=jnp.asarray(ATOL[problem]))
        return dx.diffeqsolve(
            term,
            solver,
            0.0,
            times[-1],
            None if problem == "lotka" else 1e-6,
            start,
            args=p,
            saveat=dx.SaveAt(ts=times),
            stepsize_controller=control,
            max_steps=100_000,
        ).ys

    many = jax.jit(jax.vmap(one, in_axes=(None, 0, 0)))

    def solve(times: np.ndarray, p: np.ndarray, start: np.ndarray) -> np.ndarray:
        done = many(jnp.asarray(times), jnp.asarray(p), jnp.asarray(start))
        return np.asarray(done.block_until_ready()).transpose(2, 0, 1)

    return solve


def make(peer: str, problem: str) -> Solve:
    if peer.startswith("scipy "):
        return scipy_peer(peer.split()[1], problem)
    known = {
        "SUNDIALS": sundials,
        "torchdiffeq": torchdiffeq,
        "torchode": torchode,
        "diffrax": diffrax,
    }
    return known[peer](problem)


def main() -> None:
    """Solve at every line of standard input."""
    peer, problem, folder, count = sys.argv[1:5]
    given = np.load(Path(folder) / f"{problem}.npz")
    times, p, start = given["times"], given["p"][: int(count)], given["start"][: int(count)]
    solve = make(peer, problem)
    for _ in sys.stdin:
        began = time.perf_counter()
        found = solve(times, p, start)
        seconds = time.perf_counter() - began
        np.save(Path(folder) / f"{peer}.npy", found)
        print(seconds, flush=True)


main()
