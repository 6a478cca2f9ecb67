"""Every promise said to hold is attacked by a marked test, and no test attacks a promise nobody made."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (P\d\d) \| .+ \| (now|part|later)\b", re.MULTILINE)


def _marked() -> set[str]:
    found: set[str] = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "promise":
                found |= {str(word.value) for word in node.args if isinstance(word, ast.Constant)}
    return found


def test_promises_and_tests_name_each_other() -> None:
    stands = dict(ROW.findall((ROOT / "docs/reference/promises.md").read_text()))
    marked = _marked()
    assert len(stands) == 35
    assert marked <= stands.keys()
    assert {code for code, state in stands.items() if state == "now"} <= marked
    assert {code for code, state in stands.items() if state == "later"}.isdisjoint(marked)
