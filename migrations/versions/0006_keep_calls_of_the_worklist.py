"""keep calls of the worklist."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calls",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=True),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("called_by", sa.Uuid(), nullable=True),
        sa.Column("created_mark", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("outcome IN ('reached','agreed','later','removed')", name=op.f("ck_calls_outcome")),
        sa.ForeignKeyConstraint(["called_by"], ["staff.id"], name=op.f("fk_calls_called_by")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_calls_patient_id")),
        sa.PrimaryKeyConstraint("patient_id", "id", name=op.f("pk_calls")),
    )
    with op.batch_alter_table("calls", schema=None) as batch_op:
        batch_op.create_index("ix_calls_subject", ["subject"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("calls", schema=None) as batch_op:
        batch_op.drop_index("ix_calls_subject")

    op.drop_table("calls")
