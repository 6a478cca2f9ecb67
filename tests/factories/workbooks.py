"""Workbooks as other systems save them: sheets of rows, and files that are none."""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook

Cells = Sequence[Sequence[Any]]


def packed(sheets: Mapping[str, Cells]) -> bytes:
    """Return an .xlsx file with these sheets."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    told = BytesIO()
    workbook.save(told)
    return told.getvalue()


def encoded(content: bytes) -> str:
    """Return a file as it is sent."""
    return b64encode(content).decode()


def zipped(parts: Mapping[str, bytes], **options: Any) -> bytes:
    """Return a zip file with these parts."""
    told = BytesIO()
    with ZipFile(told, "w", **{"compression": ZIP_DEFLATED, **options}) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return told.getvalue()


def changed(content: bytes, name: str, part: bytes, **options: Any) -> bytes:
    """Return a workbook with another part in the place of one."""
    with ZipFile(BytesIO(content)) as archive:
        parts = {one: archive.read(one) for one in archive.namelist()}
    return zipped({**parts, name: part}, **options)


def sheet(rows: str) -> bytes:
    """Return a worksheet part with these rows as XML."""
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<?xml version="1.0"?><worksheet xmlns="{space}"><sheetData>{rows}</sheetData></worksheet>'.encode()


def body(content: bytes, **told: Any) -> str:
    """Return a request's body with a file."""
    return json.dumps({"xlsx": encoded(content), **told})
