"""Datasets as CDISC ODM 1.3.2: one XML document with what each item is, in two languages, and every subject's rows.

Source: CDISC Operational Data Model 1.3.2, cdisc.org/standards/data-exchange/odm. The order of elements and the types
are those of its schema; a form is a dataset, and an item group repeats once for each row.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from backend.domain import codebook
from backend.domain.datasets import DATASETS, Column
from backend.domain.snapshots import Cell, thawed

NAMESPACE = "http://www.cdisc.org/ns/odm/v1.3"
_TYPES = {"integer": "integer", "decimal": "float", "boolean": "boolean", "date": "date", "time": "partialTime"}
_LENGTHS = {"text": "4000", "integer": "10", "float": "20"}
_EVENT = "SE.DATA"

Subjects = Iterable[tuple[str, Iterable[tuple[str, bytes]]]]
"""Each subject's pseudonym with its frozen rows by dataset."""


def document(datasets: Sequence[str], subjects: Subjects, *, oid: str, study: str, made_at: str) -> Iterator[bytes]:
    """Yield the document in pieces; `oid` names the file, `study` the study, `made_at` is an ISO 8601 moment."""
    yield _opening(oid, study, made_at).encode()
    yield "".join(_metadata(datasets)).encode()
    yield f'</Study>\n<ClinicalData StudyOID={quoteattr(f"S.{study}")} MetaDataVersionOID="MDV.1">\n'.encode()
    for pseudonym, parts in subjects:
        told = "".join(_form(dataset, body) for dataset, body in parts)
        event = f'<StudyEventData StudyEventOID="{_EVENT}">\n{told}</StudyEventData>\n' if told else ""
        yield f"<SubjectData SubjectKey={quoteattr(pseudonym)}>\n{event}</SubjectData>\n".encode()
    yield b"</ClinicalData>\n</ODM>\n"


def _opening(oid: str, study: str, made_at: str) -> str:
    about = (
        f'<ODM xmlns="{NAMESPACE}" FileType="Snapshot" Granularity="All" ODMVersion="1.3.2"'
        f" FileOID={quoteattr(oid)} CreationDateTime={quoteattr(made_at)}>\n"
    )
    names = "".join(f"<{tag}>{escape(study)}</{tag}>" for tag in ("StudyName", "StudyDescription", "ProtocolName"))
    opened = f"<Study OID={quoteattr(f'S.{study}')}>\n<GlobalVariables>{names}</GlobalVariables>\n"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{about}{opened}'


def _metadata(datasets: Sequence[str]) -> Iterator[str]:
    units = sorted({column.unit for dataset in datasets for column in DATASETS[dataset] if column.unit})
    yield "<BasicDefinitions>\n"
    for unit in units:
        oid, name = quoteattr(f"MU.{unit}"), quoteattr(unit)
        yield f"<MeasurementUnit OID={oid} Name={name}><Symbol>{_text('en', unit)}</Symbol></MeasurementUnit>\n"
    yield '</BasicDefinitions>\n<MetaDataVersion OID="MDV.1" Name="Datasets">\n'
    yield f'<Protocol><StudyEventRef StudyEventOID="{_EVENT}" OrderNumber="1" Mandatory="No"/></Protocol>\n'
    yield f'<StudyEventDef OID="{_EVENT}" Name="Data" Repeating="No" Type="Common">\n'
    yield from (f'<FormRef FormOID="F.{dataset}" Mandatory="No"/>\n' for dataset in datasets)
    yield "</StudyEventDef>\n"
    for dataset in datasets:
        yield f'<FormDef OID="F.{dataset}" Name="{dataset}" Repeating="No">'
        yield f'<ItemGroupRef ItemGroupOID="IG.{dataset}" Mandatory="No"/></FormDef>\n'
    for dataset in datasets:
        yield f'<ItemGroupDef OID="IG.{dataset}" Name="{dataset}" Repeating="Yes">\n'
        yield from (f'<ItemRef ItemOID="I.{dataset}.{one.name}" Mandatory="No"/>\n' for one in _items(dataset))
        yield "</ItemGroupDef>\n"
    yield from (_item(dataset, column) for dataset in datasets for column in _items(dataset))
    yield from (_codes(dataset, column) for dataset in datasets for column in _items(dataset) if _coded(column))
    yield "</MetaDataVersion>\n"


def _items(dataset: str) -> Sequence[Column]:
    return DATASETS[dataset][1:]  # the subject is the key of its data


def _coded(column: Column) -> bool:
    return column.kind == "code" and bool(column.codes)


def _item(dataset: str, column: Column) -> str:
    kind = _TYPES.get(column.kind, "text")
    length = f' Length="{_LENGTHS[kind]}"' if kind in _LENGTHS else ""
    digits = ' SignificantDigits="10"' if kind == "float" else ""
    oid = f"I.{dataset}.{column.name}"
    unit = f"<MeasurementUnitRef MeasurementUnitOID={quoteattr(f'MU.{column.unit}')}/>" if column.unit else ""
    codes = f'<CodeListRef CodeListOID="CL.{dataset}.{column.name}"/>' if _coded(column) else ""
    return (
        f'<ItemDef OID="{oid}" Name="{column.name}" DataType="{kind}"{length}{digits}>'
        f"<Description>{_text('en', column.meaning)}</Description>"
        f"<Question>{_texts(codebook.names(column))}</Question>{unit}{codes}</ItemDef>\n"
    )


def _codes(dataset: str, column: Column) -> str:
    items = "".join(
        f"<CodeListItem CodedValue={quoteattr(code)}><Decode>{_texts(codebook.code_names(column, code))}</Decode>"
        "</CodeListItem>"
        for code in column.codes
    )
    return f'<CodeList OID="CL.{dataset}.{column.name}" Name="{column.name}" DataType="text">{items}</CodeList>\n'


def _texts(names: Mapping[str, str]) -> str:
    return "".join(_text(language, text) for language, text in names.items())


def _text(language: str, text: str) -> str:
    return f'<TranslatedText xml:lang="{language}">{escape(text)}</TranslatedText>'


def _form(dataset: str, body: bytes) -> str:
    groups = [_group(dataset, number, row) for number, row in enumerate(thawed(dataset, body), start=1)]
    return f'<FormData FormOID="F.{dataset}">\n{"".join(groups)}</FormData>\n' if groups else ""


def _group(dataset: str, number: int, row: Sequence[Cell]) -> str:
    items = "".join(
        f'<ItemData ItemOID="I.{dataset}.{column.name}" Value={quoteattr(_written(cell))}/>'
        for column, cell in zip(_items(dataset), row[1:], strict=True)
        if cell is not None
    )
    return f'<ItemGroupData ItemGroupOID="IG.{dataset}" ItemGroupRepeatKey="{number}">{items}</ItemGroupData>\n'


def _written(cell: Cell) -> str:
    return str(cell).lower() if isinstance(cell, bool) else str(cell)
