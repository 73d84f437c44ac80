"""Answer the benchmark of generators from an environment of its own: numexpr.

Reads one JSON line per request on standard input, writes one per answer. Needs numpy and numexpr,
nothing of lawc.
"""

from __future__ import annotations

import json
import sys
import time

import numexpr  # pyright: ignore[reportMissingImports]
import numpy as np
from generators_laws import laid_out

numexpr.set_num_threads(int(sys.argv[1]))
numexpr.set_vml_num_threads(int(sys.argv[1]))
columns: dict[str, np.ndarray] = {}
for line in sys.stdin:
    asked = json.loads(line)
    if "load" in asked:
        columns = laid_out({name: np.load(path) for name, path in asked["load"].items()})
        print(json.dumps({"numexpr": numexpr.__version__}), flush=True)
        continue
    # The last answer is given up first, as the other contenders give theirs up.
    answer = None
    begin, core = time.perf_counter(), time.process_time()
    answer = numexpr.evaluate(asked["formula"], columns, {})
    seconds = [time.perf_counter() - begin, time.process_time() - core]
    if asked.get("save"):
        np.save(asked["save"], answer)
    print(json.dumps({"seconds": seconds}), flush=True)
