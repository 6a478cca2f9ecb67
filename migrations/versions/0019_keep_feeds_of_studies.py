"""keep feeds of studies."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "study_feeds",
        sa.Column("study_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("datasets", sa.JSON(), nullable=False),
        sa.Column("shape", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.String(length=16), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("trouble", sa.String(length=60), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name=op.f("fk_study_feeds_study_id")),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_study_feeds_asked_by")),
        sa.PrimaryKeyConstraint("study_id", name=op.f("pk_study_feeds")),
    )
    op.create_table(
        "study_feed_parts",
        sa.Column("study_id", sa.Uuid(), nullable=False),
        sa.Column("dataset", sa.String(length=40), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("pseudonym", sa.String(length=32), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["study_id"], ["study_feeds.study_id"], name=op.f("fk_study_feed_parts_study_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_study_feed_parts_patient_id")),
        sa.PrimaryKeyConstraint("study_id", "dataset", "patient_id", name=op.f("pk_study_feed_parts")),
    )
    op.create_table(
        "study_feed_lines",
        sa.Column("study_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("came", sa.BigInteger(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("dataset", sa.String(length=40), nullable=False),
        sa.Column("key", sa.JSON(), nullable=False),
        sa.Column("nth", sa.Integer(), nullable=False),
        sa.Column("row", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["study_id"], ["study_feeds.study_id"], name=op.f("fk_study_feed_lines_study_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_study_feed_lines_patient_id")),
        sa.PrimaryKeyConstraint("study_id", "place", name=op.f("pk_study_feed_lines")),
    )
    op.create_index("ix_study_feed_lines_seq", "study_feed_lines", ["study_id", "seq", "place"])


def downgrade() -> None:
    op.drop_index("ix_study_feed_lines_seq", table_name="study_feed_lines")
    op.drop_table("study_feed_lines")
    op.drop_table("study_feed_parts")
    op.drop_table("study_feeds")
