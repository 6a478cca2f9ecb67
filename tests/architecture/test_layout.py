"""How modules are written: an opening sentence, short modules and functions, no hidden imports, one clock."""

import ast
import gc
from collections.abc import Callable, Iterable, Iterator
from functools import cache
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


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@pytest.fixture(scope="module", autouse=True)
def _forgotten() -> Iterator[None]:
    """Of a million nodes none is rubbish before the last test here; then all are, and nobody carries them along."""
    gc.disable()
    yield
    _tree.cache_clear()
    gc.enable()


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements below a node, without the expressions in them: a tenth of all there is."""
    for one in ast.iter_child_nodes(node):
        if isinstance(one, ast.stmt | ast.excepthandler | ast.match_case):
            yield one
            yield from _statements(one)


def _functions(tree: ast.Module) -> Iterator[Function]:
    return (node for node in _statements(tree) if isinstance(node, Function))


def _length(function: Function) -> int:
    """Return a function's lines without its decorators and docstring: those are a declaration, not work."""
    first = function.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    told = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
    return (function.end_lineno or 0) - function.lineno + 1 - told


def _faulty(paths: Iterable[Path], faults: Callable[[Path], list[str]]) -> dict[str, list[str]]:
    """Return what is wrong with each file, of those with which anything is."""
    return {str(path.relative_to(ROOT)): found for path in paths if (found := faults(path))}


def test_a_module_opens_with_one_sentence() -> None:
    def other(path: Path) -> list[str]:
        first = (ast.get_docstring(_tree(path)) or "").split("\n\n")[0]
        opens = first[:1].isupper() or first.startswith("`")
        return [] if opens and first.endswith(".") else [first]

    assert _faulty(EVERYTHING, other) == {}


def test_a_module_can_be_read_in_one_go() -> None:
    def over(path: Path) -> list[str]:
        lines = len(path.read_text().splitlines())
        return [f"{lines} lines"] if lines > (400 if path in TESTS else 300) else []

    assert _faulty(EVERYTHING, over) == {}


def test_a_function_fits_on_a_screen() -> None:
    def over(path: Path) -> list[str]:
        longest = 50 if path in TESTS else 40
        return [f"{f.name}: {_length(f)}" for f in _functions(_tree(path)) if _length(f) > longest]

    assert _faulty(EVERYTHING, over) == {}


def test_no_import_hides_in_a_function() -> None:
    def hidden(path: Path) -> list[str]:
        inner = ((f.name, node) for f in _functions(_tree(path)) for node in _statements(f))
        return [f"{name}:{node.lineno}" for name, node in inner if isinstance(node, ast.Import | ast.ImportFrom)]

    assert _faulty(EVERYTHING, hidden) == {}


def test_only_the_clock_asks_the_time() -> None:
    def asks(path: Path) -> list[str]:
        named = (node for node in ast.walk(_tree(path)) if isinstance(node, ast.Attribute))
        return [str(node.lineno) for node in named if isinstance(node.value, ast.Name) and _asks_time(node.value, node)]

    assert _faulty([path for path in PRODUCT if path != CLOCK], asks) == {}


def _asks_time(whom: ast.Name, what: ast.Attribute) -> bool:
    return (whom.id, what.attr) in TIME


def test_a_module_is_named_after_what_it_holds() -> None:
    assert _faulty(PRODUCT, lambda path: [path.stem] if path.stem in FORBIDDEN_NAMES else []) == {}


def test_nothing_is_left_to_be_done_later() -> None:
    def left(path: Path) -> list[str]:
        text = path.read_text()
        return [word for word in ("TODO", "FIXME", "XXX", "NotImplementedError") if word in text]

    assert _faulty(PRODUCT, left) == {}
