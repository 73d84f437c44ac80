"""Laws for the tests of estimation, and the road from a text to a law."""

from __future__ import annotations

from functools import cache

from lawc.knowledge.law import Law
from lawc.pipeline.checking import check_text, demand

HEAD = """law probe@1.0.0
  title   "A law to be fitted"
  status  draft

"""

LINE = """  symbols
    x : predictor  [m]    -100 .. 100
    y : response   [N]
    a : offset     [N]    -1000 .. 1000
    b : slope      [N/m]  -1000 .. 1000

  equations
    y = a + b*x
"""

DECAY = """  symbols
    t : time      [s]    0 .. 100
    y : response  [V]
    A : height    [V]    0.01 .. 100 log
    k : rate      [1/s]  0.001 .. 10 log

  equations
    y = A*exp(-k*t)
"""

ENZYME = """  symbols
    c : substrate      [mol/L]    1e-4 .. 100 log
    v : rate           [mol/L/s]
    V : limiting rate  [mol/L/s]  1e-3 .. 1000 log
    K : half           [mol/L]    1e-3 .. 1000 log

  equations
    v = V*c/(K + c)
"""

GROWTH = """  symbols
    t  : time        [d]    0 .. 20
    N  : number (t)  [1]
    r  : growth      [1/d]  0.05 .. 5 log
    C  : capacity    [1]    10 .. 10000 log
    N0 : at start    [1]    0.1 .. 100 log

  equations
    dN/dt = r*N*(1 - N/C)

  initial
    N = N0  at t = 0 [d]
"""

ORBIT = """  symbols
    M : mean anomaly       [1]  0.1 .. 3
    E : eccentric anomaly  [1]  0 .. 6
    e : eccentricity       [1]  0.01 .. 0.9

  equations
    M = E - e*sin(E)
"""


@cache
def law(body: str) -> Law:
    return demand(check_text("probes.law", HEAD + body)).laws["probes.probe"]
