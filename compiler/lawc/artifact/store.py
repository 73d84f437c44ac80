"""Write a frozen module to its folder and read it back, trusting nothing that was stored."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib.resources.abc import Traversable
from pathlib import Path

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from lawc.artifact import paths
from lawc.artifact.card import card
from lawc.artifact.manifest import Manifest, ManifestError, read_manifest
from lawc.artifact.module import FrozenModule

MAX_WEIGHTS = 256_000_000


def save(folder: Path, manifest: Manifest, weights: Mapping[str, Tensor]) -> FrozenModule:
    """Write a module so that a kill at any moment leaves the old or the new one complete.

    Args:
        folder: `modules/<discipline>/<name>`.
        manifest: Without digests; they are set here.
        weights: Buffers of the form by name; may be empty.

    Returns:
        The module as it was read back and verified on its golden points, before it was put in
        place.

    Raises:
        ManifestError, ValueError, DomainError: What was to be written does not read back.
    """
    data = _packed(weights)
    sealed = manifest.model_copy(
        update={"weights": hashlib.sha256(data).hexdigest() if data else ""}
    ).seal()
    text = sealed.to_text().encode()
    module = _module(text, data)
    module.verify()
    files = {paths.MANIFEST: text, paths.CARD: card(sealed).encode()}
    if data:
        files[paths.WEIGHTS] = data
    paths.replace(folder, files)
    return module


def load(folder: Path | Traversable) -> FrozenModule:
    """Read a module from its folder.

    Raises:
        ManifestError: There is none, or its manifest or weights cannot be trusted.
    """
    problem: Exception | None = None
    # A build may replace the folder between two reads; then the digests do not match.
    for _ in range(3):
        place = paths.standing(folder) if isinstance(folder, Path) else folder
        try:
            text = (place / paths.MANIFEST).read_bytes()
            manifest = read_manifest(text)
            data = (place / paths.WEIGHTS).read_bytes() if manifest.weights else b""
            return _module(text, data)
        except (OSError, ManifestError) as trouble:
            problem = trouble
    if isinstance(problem, ManifestError):
        raise problem
    raise ManifestError(f"no frozen module in {folder}: {problem}") from problem


def _packed(weights: Mapping[str, Tensor]) -> bytes:
    if not weights:
        return b""
    tensors = {name: w.detach().cpu().contiguous().clone() for name, w in weights.items()}
    return safetensors.torch.save(tensors)


def _module(text: bytes, data: bytes) -> FrozenModule:
    manifest = read_manifest(text)
    weights: Mapping[str, Tensor] = {}
    if manifest.weights:
        if len(data) > MAX_WEIGHTS:
            raise ManifestError(f"weights of {manifest.name} are larger than {MAX_WEIGHTS} bytes")
        if hashlib.sha256(data).hexdigest() != manifest.weights:
            raise ManifestError(f"the weights of {manifest.name} are not those it was sealed with")
        try:
            weights = safetensors.torch.load(data)
        except SafetensorError as problem:
            raise ManifestError(f"weights of {manifest.name}: {problem}") from problem
    try:
        return FrozenModule(manifest, weights)
    except ValueError as problem:
        raise ManifestError(f"{manifest.name}: {problem}") from problem
