"""Rebuild published tables from a frozen snapshot, with the client and nothing else.

    python published_tables.py https://diary.example $TOKEN $STUDY AC7

Each function takes a snapshot of `subjects`, `intervals`, `answers` and `findings`, and returns the figures that the
paper prints: AC2 Bringeland 2020, AC3 an ocrelizumab chart review, AC7 Ratchford 2014, AC10 van Kempen 2020.
"""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from statistics import median

from uitwerk import Row, Snapshot, Uitwerk


def answers(frozen: Snapshot) -> dict[str, Row]:
    """Return the answers of every completed end-of-interval form about a known interval, by response."""
    found: dict[str, Row] = defaultdict(dict)
    for row in frozen.rows("answers"):
        if row["form"] == "end-of-interval" and row["completed"] and row["about_interval"]:
            found[row["response"]].update(subject=row["subject"], length=row["about_length_days"])
            found[row["response"]][row["item"]] = row["value"]
    return found


def share(k: int, n: int) -> Row:
    """Return a count with its percentage."""
    return {"k": k, "pct": round(100 * k / n, 1)}


def ac2(frozen: Snapshot) -> Row:
    """Bringeland 2020: how often wearing-off is felt on natalizumab every four weeks."""
    said = [form["frequency"] for form in answers(frozen).values() if "frequency" in form]
    told = Counter(said)
    words = ("regularly", "sometimes", "never")
    return {"n": len(said), "frequency": {word: share(told[word], len(said)) for word in words}}


def ac3(frozen: Snapshot) -> Row:
    """The ocrelizumab chart review: who felt it, and of those what they felt and when it began."""
    forms = list(answers(frozen).values())
    felt = [form for form in forms if form["experienced"] == "yes"]
    counts = {
        "worsening_of_residual_focal_symptoms": sum(form.get("existing_complaints_worse") == "yes" for form in felt),
        "fatigue": sum("fatigue" in form.get("symptoms", "").split() for form in felt),
        "onset_2_to_4_weeks_before_dose": sum(14 <= int(form["onset_days_before_dose"]) <= 28 for form in felt),
    }
    of = {name: share(k, len(felt)) for name, k in counts.items()}
    return {"n": len(forms), "wearing_off": share(len(felt), len(forms)), "of_wearing_off": of}


def ac7(frozen: Snapshot) -> Row:
    """Ratchford 2014: felt now, felt before but not now, never; when it began and how soon it was better."""
    forms = list(answers(frozen).values())
    groups = Counter((form["experienced"], form["ever_experienced"]) for form in forms)
    now = [form for form in forms if form["experienced"] == "yes"]
    return {
        "n": len(forms),
        "current": groups["yes", "yes"],
        "previous_not_current": groups["no", "yes"],
        "never": groups["no", "no"],
        "median_onset_day_after_dose": median(form["length"] - int(form["onset_days_before_dose"]) for form in now),
        "median_days_to_improvement": median(int(form["resolved_days_after_dose"]) for form in now),
    }


def ac10(frozen: Snapshot) -> Row:
    """Van Kempen 2020: who was extended beyond four weeks, and new lesions among those with a scan since."""
    included = {row["subject"] for row in frozen.rows("subjects")}
    extended = {row["subject"] for row in frozen.rows("intervals") if (row["planned_weeks"] or 0) > 4}
    lesions: dict[str, int] = {}
    for row in frozen.rows("findings"):
        if row["kind"] == "mri" and row["item"] == "new_t2" and row["subject"] in extended:
            lesions[row["subject"]] = lesions.get(row["subject"], 0) + int(row["value"])
    events, n = sum(count > 0 for count in lesions.values()), len(lesions)
    low, high = clopper_pearson(events, n)
    return {
        "n_included": len(included),
        "extended_k": len(extended),
        "extended_pct": round(100 * len(extended) / len(included)),
        "n_implied": n,
        "printed": f"{events} events, 95% CI {100 * low:.0f}-{100 * high:.1f}%",
    }


def clopper_pearson(k: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return the exact interval of a proportion, by halving the binomial tails."""
    tail = (1 - level) / 2

    def at_most(count: int, p: float) -> float:
        total, term = 0.0, (1 - p) ** n
        for one in range(count + 1):
            total += term
            term *= (n - one) / (one + 1) * p / (1 - p)
        return total

    def solved(wanted: Callable[[float], bool]) -> float:
        low, high = 0.0, 1.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if wanted(middle) else (low, middle)
        return low

    below = 0.0 if k == 0 else solved(lambda p: 1 - at_most(k - 1, p) < tail)
    above = 1.0 if k == n else solved(lambda p: at_most(k, p) > tail)
    return below, above


TABLES = {"AC2": ac2, "AC3": ac3, "AC7": ac7, "AC10": ac10}
NEEDED = ("subjects", "intervals", "answers", "findings")


if __name__ == "__main__":
    if len(sys.argv) != 5 or sys.argv[4] not in TABLES:
        sys.exit(f"usage: published_tables.py URL TOKEN STUDY {'|'.join(TABLES)}")
    url, token, study, table = sys.argv[1:]
    snapshot = Uitwerk(url, token).freeze(study, NEEDED, ["jsonl"])
    print(json.dumps({"snapshot": snapshot.id, "sha256": snapshot.sha256, table: TABLES[table](snapshot)}, indent=1))
