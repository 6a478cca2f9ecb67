"""How modules are written: an opening sentence, short modules and functions, no hidden imports, one clock."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRODUCT = sorted(path for folder in ("backend", "notifications") for path in (ROOT / folder).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
EVERYTHING = [*PRODUCT, *TESTS, ROOT / "migrations" / "env.py"]
FORBIDDEN_NAMES = {"utils", "helpers", "manager", "data", "common", "misc"}
CLOCK = ROOT / "backend" / "clock.py"
TIME = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _functions(tree: ast.Module) -> Iterator[Function]:
    for node in ast.walk(tree):
        if isinstance(node, Function):
            yield node


def _length(function: Function) -> int:
    """Return a function's lines without its decorators and docstring: those are a declaration, not work."""
    first = function.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    told = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
    return (function.end_lineno or 0) - function.lineno + 1 - told


@pytest.mark.parametrize("path", EVERYTHING, ids=_name)
def test_a_module_opens_with_one_sentence(path: Path) -> None:
    told = ast.get_docstring(_tree(path)) or ""
    first = told.split("\n\n")[0]
    assert first[:1].isupper() or first.startswith("`")
    assert first.endswith(".")


@pytest.mark.parametrize("path", EVERYTHING, ids=_name)
def test_a_module_can_be_read_in_one_go(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= (400 if path in TESTS else 300)


@pytest.mark.parametrize("path", EVERYTHING, ids=_name)
def test_a_function_fits_on_a_screen(path: Path) -> None:
    longest = 50 if path in TESTS else 40
    assert [f"{f.name}: {_length(f)}" for f in _functions(_tree(path)) if _length(f) > longest] == []


@pytest.mark.parametrize("path", EVERYTHING, ids=_name)
def test_no_import_hides_in_a_function(path: Path) -> None:
    hidden = [
        f"{function.name}:{node.lineno}"
        for function in _functions(_tree(path))
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


@pytest.mark.parametrize("path", [path for path in PRODUCT if path != CLOCK], ids=_name)
def test_only_the_clock_asks_the_time(path: Path) -> None:
    asked = [
        node.lineno
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and (node.value.id, node.attr) in TIME
    ]
    assert asked == []


@pytest.mark.parametrize("path", PRODUCT, ids=_name)
def test_a_module_is_named_after_what_it_holds(path: Path) -> None:
    assert path.stem not in FORBIDDEN_NAMES


@pytest.mark.parametrize("path", PRODUCT, ids=_name)
def test_nothing_is_left_to_be_done_later(path: Path) -> None:
    text = path.read_text()
    assert [word for word in ("TODO", "FIXME", "XXX", "NotImplementedError") if word in text] == []
