"""Steps of explicit and Rosenbrock methods as C, from their coefficients.

Dormand's and Prince's pairs of order 5 and 8 with their dense output, and Steinebach's Rodas5P of
order 5 for stiff systems. Coefficients that are zero are left out where a step is written.

Sources:
    E. Hairer, S. P. Nørsett, G. Wanner, Solving Ordinary Differential Equations I, 2nd ed.
    (1993), §II.5, §II.6, §II.10; stiffness: E. Hairer, G. Wanner, II, 2nd ed. (1996), §IV.2.
    G. Steinebach, BIT Numer. Math. 63 (2023) 27, tables 1 and 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from scipy.integrate import DOP853, RK45

DENSE5 = (
    -12715105075 / 11282082432,
    0.0,
    87487479700 / 32700410799,
    -10690763975 / 1880347072,
    701980252875 / 199316789632,
    -1453857185 / 822651844,
    69997945 / 29380423,
)

GAMMA = 0.21193756319429014
ALPHA = (
    0.0,
    0.6358126895828704,
    0.4095798393397535,
    0.9769306725060716,
    0.4288403609558664,
    1,
    1,
    1,
)
DRIFT = (
    GAMMA,
    -0.42387512638858027,
    -0.3384627126235924,
    1.8046452872882734,
    2.325825639765069,
    0,
    0,
    0,
)
_LAST = (
    -7.502846399306121,
    2.561846144803919,
    -11.627539656261098,
    -0.18268767659942256,
    0.030198172008377946,
)
MOVES: tuple[tuple[float, ...], ...] = (
    (),
    (3.0,),
    (2.849394379747939, 0.45842242204463923),
    (-6.954028509809101, 2.489845061869568, -10.358996098473584),
    (2.8029986275628964, 0.5072464736228206, -0.3988312541770524, -0.04721187230404641),
    _LAST,
    (*_LAST, 1.0),
    (*_LAST, 1.0, 1.0),
)
COUPLING: tuple[tuple[float, ...], ...] = (
    (),
    (-14.155112264123755,),
    (-17.97296035885952, -2.859693295451294),
    (147.12150275711716, -1.41221402718213, 71.68940251302358),
    (165.43517024871676, -0.4592823456491126, 42.90938336958603, -5.961986721573306),
    (
        24.854864614690072,
        -3.0009227002832186,
        47.4931110020768,
        5.5814197821558125,
        -0.6610691825249471,
    ),
    (
        30.91273214028599,
        -3.1208243349937974,
        77.79954646070892,
        34.28646028294783,
        -19.097331116725623,
        -28.087943162872662,
    ),
    (
        37.80277123390563,
        -3.2571969029072276,
        112.26918849496327,
        66.9347231244047,
        -40.06618937091002,
        -54.66780262877968,
        -9.48861652309627,
    ),
)
DENSE: tuple[tuple[float, ...], ...] = (
    (
        25.948786856663858,
        -2.5579724845846235,
        10.433815404888879,
        -2.3679251022685204,
        0.524948541321073,
        1.1241088310450404,
        0.4272876194431874,
        -0.17202221070155493,
    ),
    (
        -9.91568850695171,
        -0.9689944594115154,
        3.0438037242978453,
        -24.495224566215796,
        20.176138334709044,
        15.98066361424651,
        -6.789040303419874,
        -6.710236069923372,
    ),
    (
        11.419903575922262,
        2.8879645146136994,
        72.92137995996029,
        80.12511834622643,
        -52.072871366152654,
        -59.78993625266729,
        -0.15582684282751913,
        4.883087185713722,
    ),
)


def steps() -> str:
    """Return the C functions `explicit5`, `dense5`, `explicit8` and `dense8`."""
    return "\n".join([_explicit5(), _dense5(), _explicit8(), _dense8()])


def rodas() -> str:
    """Return the coefficients of the Rosenbrock method as C."""
    return "\n".join(
        [
            f"static const double rodas_gamma = {GAMMA.hex()};",
            _array("rodas_c", [ALPHA]),
            _array("rodas_d", [DRIFT]),
            _array("rodas_a", MOVES),
            _array("rodas_k", COUPLING),
            _array("rodas_h", DENSE),
        ]
    )


def _array(name: str, rows: Sequence[Sequence[float]]) -> str:
    written = [
        "{" + ", ".join(float(x).hex() for x in (*row, *[0.0] * (8 - len(row)))) + "}"
        for row in rows
    ]
    if len(rows) == 1:
        return f"static const double {name}[8] = {written[0]};"
    body = ",\n".join(written)
    return f"static const double {name}[{len(rows)}][8] = {{\n{body}}};"


def _sum(weights: Iterable[float], names: str) -> str:
    terms = [
        f"{float(w).hex()} * {names.format(number)}" for number, w in enumerate(weights) if w != 0
    ]
    return " + ".join(terms)


def _each(target: str, value: str) -> str:
    return f"    for (int i = 0; i < N; i++) {target}[i] = {value};"


def _explicit(name: str, a: np.ndarray, b: np.ndarray, c: np.ndarray, error: str) -> str:
    """Return a step whose last stage is taken at its end, so that the next one starts with it."""
    last = len(b)
    lines = [f"static double {name}(Run *restrict run, double h)", "{", "    double z[N];"]
    lines.append("    memcpy(run->k[0], run->f, sizeof run->f);")
    for stage in range(1, last):
        value = f"run->y[i] + h * ({_sum(a[stage, :stage], 'run->k[{}][i]')})"
        lines.append(_each("z", value))
        lines.append(f"    rates(run, run->s + {float(c[stage]).hex()} * h, z, run->k[{stage}]);")
    lines.append(_each("run->new", f"run->y[i] + h * ({_sum(b, 'run->k[{}][i]')})"))
    lines.append("    rates(run, run->s + h, run->new, run->fnew);")
    lines.append(f"    memcpy(run->k[{last}], run->fnew, sizeof run->fnew);")
    lines.append(f"""    double above = 0, below = 0;
    for (int i = 0; i < N; i++) {{
        const double a = run->fnew[i] - run->k[{last - 1}][i], b = run->new[i] - z[i];
        above += a * a, below += b * b;
    }}
    run->stiff = below > 0 ? h * sqrt(above / below) : 0;""")
    return "\n".join([*lines, error, "}"])


def _explicit5() -> str:
    error = f"""    double error = 0;
    for (int i = 0; i < N; i++) {{
        const double size = larger(fabs(run->y[i]), fabs(run->new[i]));
        const double e = h * ({_sum(RK45.E, "run->k[{}][i]")}) / scale(run, i, size);
        error += e * e;
    }}
    return sqrt(error / N);"""
    return _explicit("explicit5", RK45.A, RK45.B, RK45.C, error)


def _explicit8() -> str:
    error = f"""    double fifth = 0, third = 0;
    for (int i = 0; i < N; i++) {{
        const double c = scale(run, i, larger(fabs(run->y[i]), fabs(run->new[i])));
        const double a = ({_sum(DOP853.E5, "run->k[{}][i]")}) / c;
        const double b = ({_sum(DOP853.E3, "run->k[{}][i]")}) / c;
        fifth += a * a, third += b * b;
    }}
    return fifth + third == 0 ? 0 : h * fifth / sqrt((fifth + 0.01 * third) * N);"""
    return _explicit("explicit8", DOP853.A, DOP853.B, DOP853.C, error)


def _dense5() -> str:
    return f"""static void dense5(Run *restrict run, double h)
{{
    for (int i = 0; i < N; i++) {{
        const double change = run->new[i] - run->y[i], bend = h * run->f[i] - change;
        run->parts[0][i] = change;
        run->parts[1][i] = bend;
        run->parts[2][i] = change - h * run->fnew[i] - bend;
        run->parts[3][i] = h * ({_sum(DENSE5, "run->k[{}][i]")});
    }}
}}"""


def _dense8() -> str:
    lines = ["static void dense8(Run *restrict run, double h)", "{", "    double z[N];"]
    for number, (a, c) in enumerate(zip(DOP853.A_EXTRA, DOP853.C_EXTRA, strict=True), start=13):
        lines.append(_each("z", f"run->y[i] + h * ({_sum(a[:number], 'run->k[{}][i]')})"))
        lines.append(f"    rates(run, run->s + {float(c).hex()} * h, z, run->k[{number}]);")
    lines.append("""    for (int i = 0; i < N; i++) {
        const double change = run->new[i] - run->y[i];
        run->parts[0][i] = change;
        run->parts[1][i] = h * run->f[i] - change;
        run->parts[2][i] = 2 * change - h * (run->f[i] + run->fnew[i]);""")
    for number, row in enumerate(DOP853.D, start=3):
        lines.append(f"        run->parts[{number}][i] = h * ({_sum(row, 'run->k[{}][i]')});")
    return "\n".join([*lines, "    }", "}"])
