"""Install torch without a surprise: a CPU build where there is no GPU.

On Linux the plain name `torch` means a CUDA build of several GB. This asks pip what it would
take, without taking it, and goes to the CPU index where that is a CUDA build and the machine has
no GPU. Run with the interpreter of the environment to install into.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

TORCH = "torch==2.13.0"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"


def main() -> int:
    """Install torch unless it is there; return an exit status."""
    present = subprocess.run(
        [sys.executable, "-c", "import importlib.util as u; print(bool(u.find_spec('torch')))"],
        capture_output=True,
        text=True,
        check=True,
    )
    if present.stdout.strip() == "True":
        return 0
    if has_gpu() or not means_cuda():
        return pip("install", TORCH)
    print("This machine has no GPU: taking the CPU build of torch.", flush=True)
    status = pip("install", "--index-url", CPU_INDEX, TORCH)
    if status != 0:
        print(
            f"No CPU build of torch could be had from {CPU_INDEX}. Install one by hand into "
            f"{sys.prefix}, or accept the CUDA build with: {sys.executable} -m pip install torch",
            file=sys.stderr,
        )
    return status


def has_gpu() -> bool:
    """Return whether an NVIDIA driver answers."""
    smi = shutil.which("nvidia-smi")
    return smi is not None and subprocess.run([smi, "-L"], capture_output=True).returncode == 0


def means_cuda() -> bool:
    """Return whether pip's choice for torch would bring CUDA packages; nothing is installed."""
    plan = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--report", "-", TORCH],
        capture_output=True,
        text=True,
    )
    if plan.returncode != 0:
        return True
    chosen = json.loads(plan.stdout)["install"]
    names = [item["metadata"]["name"].lower() for item in chosen]
    return any(name.startswith(("nvidia-", "cuda-", "triton")) for name in names)


def pip(*words: str) -> int:
    """Run pip of this interpreter; return its exit status."""
    return subprocess.run([sys.executable, "-m", "pip", *words]).returncode


if __name__ == "__main__":
    raise SystemExit(main())
