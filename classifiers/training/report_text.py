"""A report as tables for a terminal."""

from classifiers.guarantee import per_hundred
from classifiers.training.report import Alerts, Asked, Report
from triage.model import Priority
from triage.taxonomy import Label


def lines(report: Report) -> list[str]:
    """The lines of all tables, a blank one before each but the first."""
    parts = (
        _head,
        _class_lines,
        _confusion_lines,
        _chance_lines,
        _slice_lines,
        _language_lines,
        _signal_lines,
        _alert_lines,
        _promise_lines,
        _missed_lines,
    )
    return [line for part in parts for line in part(report)]


def _head(report: Report) -> list[str]:
    return [f"{report.items} items, model {report.model}", f"macro-F1 {report.macro_f1:.3f}", ""]


def _class_lines(report: Report) -> list[str]:
    out = []
    for each in report.classes:
        out.append(f"{each.label:<10} F1 {each.f1:.3f}   precision {each.precision.text}")
        out.append(f"{'':<10}            recall    {each.recall.text}")
    return [*out, "", f"routine read as emergency: {report.false_emergencies.text}"]


def _confusion_lines(report: Report) -> list[str]:
    out = ["", f"{'real / said':<12}" + "".join(f"{label:>11}" for label in Label)]
    for real, row in report.confusion.items():
        out.append(f"{real:<12}" + "".join(f"{row[said]:>11}" for said in Label))
    return out


def _chance_lines(report: Report) -> list[str]:
    """Curves in one figure each, and the bins of the emergency score."""
    areas = ", ".join(f"{label} {curve.area:.3f}" for label, curve in report.curves.items())
    errors = ", ".join(f"{name} {each.error:.3f}" for name, each in report.reliability.items())
    out = ["", f"average precision: {areas}", f"expected calibration error: {errors}", ""]
    out.append(f"{'emergency score':<18}{'rows':>6}  were emergencies")
    bins = report.reliability["emergency"].bins
    return out + [f"{each.said:<18.3f}{each.came.of:>6}  {each.came.text}" for each in bins]


def _slice_lines(report: Report) -> list[str]:
    out = ["", f"{'slice':<32} emergencies caught; right class"]
    return out + [
        f"{part.name:<32} {part.caught.text}; {part.right.text}" for part in report.slices
    ]


def _language_lines(report: Report) -> list[str]:
    if not report.languages:
        return []
    out = ["", f"{'beside English':<18}{'emergencies caught':<22}right class"]
    return out + [
        f"{caught.lang:<18}{caught.says:<22}{right.says}" for caught, right in report.languages
    ]


def _signal_lines(report: Report) -> list[str]:
    out = ["", f"{'signal':<24} precision; recall"]
    return out + [f"{name:<24} {p.text}; {r.text}" for name, p, r in report.signals]


def _alert_lines(report: Report) -> list[str]:
    return ["", alerts_text(report.alerts)]


def alerts_text(alerts: Alerts) -> str:
    """Alerts a day as a sentence."""
    low, high = alerts.range
    rate = f"one emergency in {1 / alerts.base_rate:.0f}" if alerts.base_rate else "no emergency"
    return (
        f"at {alerts.a_day:g} messages a day and {rate}: {alerts.value:.0f} alerts a day "
        f"({low:.0f} to {high:.0f}), if the other messages are as hard as these"
    )


def _promise_lines(report: Report) -> list[str]:
    out = []
    if report.caught.enough:
        out.append(
            f"the lines in force miss at most {per_hundred(report.at_most_missed)} in 100 "
            f"emergencies, and leave at most {per_hundred(report.at_most_late)} in 100 under P3, "
            "with 95 % confidence, on messages of the same kind, if nothing was fitted to these"
        )
    return out + (_asked_lines(report.asked) if report.asked else [])


def _asked_lines(asked: Asked) -> list[str]:
    if asked.promise is None or asked.precision is None or asked.alerts is None:
        return [asked.refusal]
    precision = f"precision at {asked.promise.line:.4g}: {asked.precision.text}"
    return ["", asked.promise.text, precision, alerts_text(asked.alerts)]


def _missed_lines(report: Report) -> list[str]:
    landed = ", ".join(f"{each.name} {count}" for each, count in report.landed.items() if count)
    soon = sum(each.priority <= Priority.P3 for each in report.missed)
    band = report.band
    out = ["", f"the real emergencies end as: {landed or 'there are none'}"]
    if band.low is not None:
        out.append(
            f"band of doubt from {band.low:.3f} to {band.high:.3f}: it holds {band.items.text} "
            f"items, and {band.missed.hits} of {band.missed.of} missed emergencies"
        )
    out.append(f"missed emergencies: {len(report.missed)}, {soon} of them seen as P1 to P3")
    return out + [
        f"  {each.score:.2f} {each.label:<8} {each.priority.name} {each.id}: "
        f"{' '.join(each.text.split())}"
        for each in report.missed
    ]
