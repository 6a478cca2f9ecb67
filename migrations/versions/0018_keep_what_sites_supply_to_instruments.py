"""keep what sites supply to instruments."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "instrument_supplies",
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("instrument", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("supplied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("supplied_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_instrument_supplies_site_id")),
        sa.PrimaryKeyConstraint("site_id", "instrument", "version", name=op.f("pk_instrument_supplies")),
    )


def downgrade() -> None:
    op.drop_table("instrument_supplies")
