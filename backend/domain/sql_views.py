"""SQL views over the files of a snapshot, with what each table and column means as its comment, for DuckDB."""

from collections.abc import Sequence

from backend.domain import codebook
from backend.domain.datasets import DATASETS, KEYS, Column

_TYPES = {"integer": "BIGINT", "decimal": "DOUBLE", "boolean": "BOOLEAN", "date": "DATE", "time": "TIME"}
_WEARING_OFF = """CREATE OR REPLACE VIEW wearing_off_by_weeks AS
SELECT planned_weeks, count(*) AS n, count_if(diary_wearing_off) AS k,
  round(100 * avg(diary_wearing_off::INT), 1) AS pct
FROM intervals WHERE diary_assessable GROUP BY planned_weeks ORDER BY planned_weeks;
COMMENT ON VIEW wearing_off_by_weeks IS
  'Assessable intervals by planned weeks, and in how many the diary shows wearing-off.';
"""


def script(datasets: Sequence[str], *, parquet: bool) -> str:
    """Return a script that makes a view of each dataset from its CSV file, or with `parquet` from that one.

    It is run in the folder that the files are in: `duckdb < views.sql`.
    """
    views = [_view(dataset, parquet=parquet) for dataset in datasets]
    return "\n".join([*views, _WEARING_OFF] if "intervals" in datasets else views)


def _view(dataset: str, *, parquet: bool) -> str:
    columns = DATASETS[dataset]
    source = f"read_parquet('{dataset}.parquet')" if parquet else _csv(dataset, columns)
    comments = [f'COMMENT ON COLUMN {dataset}."{column.name}" IS {_text(_about(column))};' for column in columns]
    key = ", ".join(("subject", *KEYS[dataset]))
    made = [f"CREATE OR REPLACE VIEW {dataset} AS FROM {source};"]
    return "\n".join([*made, f"COMMENT ON VIEW {dataset} IS {_text(f'One row for each {key}.')};", *comments, ""])


def _csv(dataset: str, columns: Sequence[Column]) -> str:
    types = ", ".join(f"'{column.name}': '{_TYPES.get(column.kind, 'VARCHAR')}'" for column in columns)
    return f"read_csv('{dataset}.csv', header = true, nullstr = '', columns = {{{types}}})"


def _about(column: Column) -> str:
    unit = f" [{column.unit}]" if column.unit else ""
    return f"{codebook.names(column)['en']}{unit}: {column.meaning}"


def _text(told: str) -> str:
    return "'" + told.replace("'", "''") + "'"
