"""freeze fhir resources."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("snapshots", schema=None) as batch_op:
        batch_op.add_column(sa.Column("resources", sa.JSON(), server_default="[]", nullable=False))
    with op.batch_alter_table("snapshot_parts", schema=None) as batch_op:
        batch_op.alter_column("dataset", existing_type=sa.String(20), type_=sa.String(40), existing_nullable=False)


def downgrade() -> None:
    # What was frozen as FHIR has names that no longer fit: it is asked for anew.
    whose = "SELECT id FROM snapshots WHERE CAST(resources AS TEXT) <> '[]'"
    for table in ("snapshot_chunks", "snapshot_files", "snapshot_parts"):
        op.execute(f"DELETE FROM {table} WHERE snapshot_id IN ({whose})")  # noqa: S608
    op.execute("DELETE FROM snapshots WHERE CAST(resources AS TEXT) <> '[]'")
    with op.batch_alter_table("snapshot_parts", schema=None) as batch_op:
        batch_op.alter_column("dataset", existing_type=sa.String(40), type_=sa.String(20), existing_nullable=False)
    with op.batch_alter_table("snapshots", schema=None) as batch_op:
        batch_op.drop_column("resources")
