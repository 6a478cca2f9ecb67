"""What the server says of a worklist and of patients, made up: as long as a test wants, and always the same."""

from datetime import date, datetime, timedelta
from typing import Any

NAMES = (
    "Anna de Vries",
    "Bram Bakker",
    "Çelik Özdemir",
    "Dirk Jansen",
    "Els van den Berg",
    "Gerda Gerritsen",
    "Zoë Smit",
)
STATES = ("in_time", "late", "partial", "missed", "begun", "open", "not_open", "not_asked")
WORDS = "I have been very tired, and my left hand tingles. Please call after two."
KINDS = (
    "contact",
    "move",
    "undelivered",
    "dose_missed",
    "dose_overdue",
    "sample_missing",
    "sample_rejected",
    "result_to_release",
    "form_overdue",
    "monitoring_due",
    "emergency",
)


def detail(kind: str, year: int) -> dict[str, Any]:
    """Return what is known of a thing of a kind, on days of this year, which a page writes without it."""
    known: dict[str, dict[str, Any]] = {
        "move": {"drug": "natalizumab_iv", "planned_on": f"{year}-12-03"},
        "undelivered": {"reminder": "dose", "due": f"{year}-11-25", "why": "bad-address", "escalated": True},
        "dose_missed": {"drug": "natalizumab_iv", "planned_on": f"{year}-11-20"},
        "dose_overdue": {"drug": "ocrelizumab_iv", "planned_on": f"{year}-11-24"},
        "sample_missing": {"matrix": "capillary_wet", "state": "kit_sent", "ordered_for": f"{year}-11-22"},
        "sample_rejected": {
            "matrix": "capillary_wet",
            "reasons": ["too-few-drops"],
            "collected_on": f"{year}-11-19",
        },
        "result_to_release": {
            "matrix": "venous_serum",
            "analyte": "level",
            "collected_on": f"{year}-11-12",
        },
        "form_overdue": {
            "instrument": "end-of-interval",
            "state": "missed",
            "opened_on": f"{year}-10-10",
            "closed_on": f"{year}-11-21",
        },
        "monitoring_due": {"check": "jcv-antibody", "drug": "natalizumab_iv", "last_on": None, "overdue": True},
        "emergency": {"by": "Carla", "role": "clinician", "reason": "found unconscious"},
    }
    return known.get(kind, {})


def id_of(n: int) -> str:
    """Return the id of a patient who does not exist."""
    return f"00000000-0000-4000-8000-{n:012}"


def patient(n: int, today: date, **told: Any) -> dict[str, Any]:
    """Return one patient of the list."""
    weeks, since = 4 + n % 5, n % 28
    coming = {"on": (today + timedelta(days=weeks * 7 - since)).isoformat(), "at": f"{today}T09:00:00Z"}
    known = {
        "patient_id": id_of(n),
        "name": f"{NAMES[n % len(NAMES)]} {n:04}",
        "birth_on": f"{1950 + n % 50}-{1 + n % 12:02}-{1 + n % 28:02}",
        "hospital_number": f"{1_000_000 + n}",
        "drug": "natalizumab_sc" if n % 3 == 0 else "natalizumab_iv",
        "route": "sc" if n % 3 == 0 else "iv",
        "interval_weeks": weeks,
        "stopped_on": None,
        "last_dose_on": (today - timedelta(days=since)).isoformat(),
        "days_since_dose": since,
        "next_dose": {**coming, "sure": ("planned", "projected")[n % 2]},
        "last_entry_on": (today - timedelta(days=n % 9)).isoformat(),
        "adherence": [{"interval": 3 + at, "state": STATES[(n + at) % 8]} for at in range(6)],
        "eid": {
            "by_infusions": n % 2 == 0,
            "by_mean": weeks >= 5,
            "by_delay": None,
            "infusions_18m": 14,
            "mean_weeks": 5.5,
        },
    }
    return known | told


def roster(n: int, today: date) -> dict[str, Any]:
    """Return so many patients, as the server lists them."""
    return {"items": [patient(one, today) for one in range(n)], "generated_at": f"{today}T08:12:00+01:00"}


def task(kind: str, n: int, now: datetime, **told: Any) -> dict[str, Any]:
    """Return one thing on the worklist, which waits for so many days."""
    known = {
        "key": f"{kind}:{n}",
        "kind": kind,
        "patient_id": id_of(n),
        "name": f"{NAMES[n % len(NAMES)]} {n:04}",
        "hospital_number": f"{1_000_000 + n}",
        "subject": str(n),
        "since": (now - timedelta(days=n)).isoformat(),
        "due_on": f"{now.year}-11-28" if kind == "form_overdue" else None,
        "detail": detail(kind, now.year),
        "words": WORDS if kind in {"contact", "move"} else None,
        "owner": None,
        "version": 1 if kind in {"contact", "move", "undelivered"} else None,
        "call": None,
    }
    return known | told


def worklist(items: list[dict[str, Any]], now: datetime) -> dict[str, Any]:
    """Return these things, the oldest first, as the server lists them."""
    ordered = sorted(items, key=lambda item: str(item["since"]))
    counts = {kind: sum(item["kind"] == kind for item in items) for kind in KINDS}
    return {"items": ordered, "counts": counts, "generated_at": now.isoformat()}
