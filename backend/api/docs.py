"""The readable page of the contract, plain HTML without scripts, made from the OpenAPI document."""

from html import escape
from typing import Any

_HEAD = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Uitwerk API</title>'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<link rel="stylesheet" href="/static/shared/docs.css"></head><body>'
)


def page(spec: dict[str, Any]) -> str:
    """Return the page: operations by noun, then every shape with its fields."""
    by_room: dict[str, list[str]] = {}
    for path, operations in spec["paths"].items():
        for method, operation in operations.items():
            if isinstance(operation, dict):
                by_room.setdefault(operation["tags"][0], []).append(_operation(method, path, operation))
    rooms = sorted(by_room)
    shapes = spec["components"]["schemas"]
    links = "".join(f'<li><a href="#{escape(room)}">{escape(room)}</a></li>' for room in rooms)
    body = "".join(
        f'<section id="{escape(room)}"><h2>{escape(room)}</h2>{"".join(by_room[room])}</section>' for room in rooms
    )
    told = "".join(_shape(name, shapes[name]) for name in sorted(shapes))
    return (
        f"{_HEAD}<header><h1>Uitwerk API {escape(spec['info']['version'])}</h1>"
        f'<p>The contract as a file: <a href="/api/v1/openapi.json">openapi.json</a>. Every refusal is a '
        f'<a href="#shape-ProblemOut">problem document</a>.</p></header>'
        f'<nav aria-label="Nouns"><ul>{links}<li><a href="#shapes">shapes</a></li></ul></nav>'
        f'<main>{body}<section id="shapes"><h2>shapes</h2>{told}</section></main></body></html>'
    )


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    rows = [_row("Who", escape(operation.get("description", "Anybody; no token needed.")))]
    rows += [_row("Query", _parameter(p)) for p in operation.get("parameters", []) if p["in"] != "path"]
    if "requestBody" in operation:
        rows.append(_row("Takes", _content(operation["requestBody"])))
    good = {status: answer for status, answer in operation["responses"].items() if status < "400"}
    refused = sorted(operation["responses"].keys() - good.keys())
    rows += [_row(status, _content(answer)) for status, answer in sorted(good.items())]
    rows.append(_row("Refuses", f'{", ".join(refused)} <a href="#shape-ProblemOut">ProblemOut</a>'))
    title = f"<code><b>{method.upper()}</b> {escape(path)}</code>"
    return f"<article><h3>{title}</h3><p>{escape(operation['summary'])}</p><table>{''.join(rows)}</table></article>"


def _row(head: str, cell: str) -> str:
    return f'<tr><th scope="row">{escape(head)}</th><td>{cell}</td></tr>'


def _parameter(parameter: dict[str, Any]) -> str:
    need = "needed" if parameter.get("required") else "optional"
    return f"<code>{escape(parameter['name'])}</code> ({parameter['in']}, {need}): {_type(parameter['schema'])}"


def _content(holder: dict[str, Any]) -> str:
    content = holder.get("content", {})
    told = [f"{_type(media['schema'])} <small>{escape(kind)}</small>" for kind, media in content.items()]
    return ", ".join(told) or escape(holder.get("description", ""))


def _shape(name: str, shape: dict[str, Any]) -> str:
    needed = set(shape.get("required", []))
    rows = [
        _row(field + ("" if field in needed else " (optional)"), _type(inner))
        for field, inner in shape.get("properties", {}).items()
    ]
    return f'<article id="shape-{escape(name)}"><h3>{escape(name)}</h3><table>{"".join(rows)}</table></article>'


def _type(shape: dict[str, Any]) -> str:
    if "$ref" in shape:
        name = escape(shape["$ref"].rsplit("/", 1)[1])
        return f'<a href="#shape-{name}">{name}</a>'
    for key in ("anyOf", "allOf", "oneOf"):
        if key in shape:
            return " or ".join(_type(inner) for inner in shape[key])
    kinds = shape.get("type", "anything")
    name = " or ".join(kinds) if isinstance(kinds, list) else str(kinds)
    if name.startswith("array"):
        return f"list of {_type(shape.get('items', {}))}"
    return escape(name) + _bounds(shape)


def _bounds(shape: dict[str, Any]) -> str:
    told = []
    if "enum" in shape:
        told.append(" | ".join(str(word) for word in shape["enum"]))
    if "format" in shape:
        told.append(str(shape["format"]))
    if "minimum" in shape:
        told.append(f"{shape['minimum']} to {shape['maximum']}")
    if "maxLength" in shape:
        told.append(f"at most {shape['maxLength']} characters")
    return f" <small>{escape('; '.join(told))}</small>" if told else ""
