"""All that can be said about the dimensions of one law: each cause once."""

from __future__ import annotations

from lawc.analysis.blame import judge
from lawc.analysis.dimensions import find_mismatches
from lawc.analysis.inference import collect
from lawc.analysis.mismatches import verdict_finding
from lawc.analysis.missing import missing_units, unknown_names, unknown_units
from lawc.analysis.scope import Scope
from lawc.analysis.temperatures import check_temperatures
from lawc.diagnostics.diagnostic import Diagnostic


def check_measures(scope: Scope) -> list[Diagnostic]:
    """Return what is wrong with the dimensions of a law, and with names that mean nothing.

    The demands of all formulas are gathered only where something is to be explained.
    """
    mismatches = find_mismatches(scope)
    findings = check_temperatures(scope)
    unitless = [name for name, (line, _) in scope.declared.items() if line.unit is None]
    unread = len(scope.quantities) + len(unitless) < len(scope.declared)
    if not (mismatches or unitless or unread or scope.unknown):
        return findings
    demands = collect(scope)
    findings += [verdict_finding(scope, verdict) for verdict in judge(scope, mismatches, demands)]
    findings += unknown_units(scope, demands)
    findings += missing_units(scope, unitless, demands)
    findings += unknown_names(scope, demands)
    return findings
