"""A report as plain values."""

from dataclasses import asdict
from typing import Any

from classifiers.guarantee import CONFIDENCE
from classifiers.training.curves import Curve, Reliability
from classifiers.training.report import Alerts, Asked, Band, Compared, Missed, Report


def plain(report: Report) -> dict[str, Any]:
    """Everything a report holds, for a JSON object."""
    return {
        "items": report.items,
        "model": report.model,
        "macro_f1": report.macro_f1,
        "classes": {
            each.label: {
                "precision": each.precision.as_json(),
                "recall": each.recall.as_json(),
                "f1": each.f1,
            }
            for each in report.classes
        },
        "confusion": report.confusion,
        "false_emergencies": report.false_emergencies.as_json(),
        "curves": {label: _curve(curve) for label, curve in report.curves.items()},
        "reliability": {name: _reliability(each) for name, each in report.reliability.items()},
        "slices": [
            {"name": each.name, "caught": each.caught.as_json(), "right": each.right.as_json()}
            for each in report.slices
        ],
        "languages": {
            caught.lang: {"caught": _compared(caught), "right": _compared(right)}
            for caught, right in report.languages
        },
        "signals": {
            name: {"precision": precision.as_json(), "recall": recall.as_json()}
            for name, precision, recall in report.signals
        },
        "missed": [_missed(each) for each in report.missed],
        "landed": {priority.name: count for priority, count in report.landed.items()},
        "band": _band(report.band),
        "alerts_a_day": _alerts(report.alerts),
        "in_force": {
            "at_most_missed": report.at_most_missed,
            "at_most_late": report.at_most_late,
            "confidence": CONFIDENCE,
        },
        **({"asked": _asked(report.asked)} if report.asked else {}),
    }


def _curve(curve: Curve) -> dict[str, Any]:
    return {"area": curve.area, "points": [asdict(point) for point in curve.points]}


def _reliability(reliability: Reliability) -> dict[str, Any]:
    return {
        "error": reliability.error,
        "bins": [{"said": each.said, "came": each.came.as_json()} for each in reliability.bins],
    }


def _compared(each: Compared) -> dict[str, Any]:
    return {**each.share.as_json(), "english": each.english.value, "says": each.says}


def _missed(each: Missed) -> dict[str, Any]:
    return {**asdict(each), "priority": each.priority.name}


def _band(band: Band) -> dict[str, Any]:
    return {
        "low": band.low,
        "high": band.high,
        "items": band.items.as_json(),
        "missed": band.missed.as_json(),
    }


def _alerts(alerts: Alerts) -> dict[str, Any]:
    return asdict(alerts)


def _asked(asked: Asked) -> dict[str, Any]:
    return {
        "share": asked.share,
        "emergencies": asked.emergencies,
        "needed": asked.needed,
        "refusal": asked.refusal or None,
        "promise": asdict(asked.promise) if asked.promise else None,
        "precision": asked.precision.as_json() if asked.precision else None,
        "alerts_a_day": _alerts(asked.alerts) if asked.alerts else None,
    }
