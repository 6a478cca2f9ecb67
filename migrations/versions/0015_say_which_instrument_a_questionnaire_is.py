"""say which instrument a questionnaire is."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "questionnaire_claims",
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("instrument", sa.String(length=60), nullable=False),
        sa.Column("licence_reference", sa.String(length=400), nullable=True),
        sa.Column("licence_seen_by", sa.String(length=200), nullable=True),
        sa.Column("licence_seen_on", sa.Date(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["site_id", "key"],
            ["questionnaires.site_id", "questionnaires.key"],
            name=op.f("fk_questionnaire_claims_site_id_key"),
        ),
        sa.PrimaryKeyConstraint("site_id", "key", name=op.f("pk_questionnaire_claims")),
    )


def downgrade() -> None:
    op.drop_table("questionnaire_claims")
