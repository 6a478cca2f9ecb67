"""keep versions of questionnaires."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SHIPPED = {
    "end-of-interval": "4050ba69cbc0bbe3bf9a6c5d2a1dbe5172246c20755b790aeb158660bb49614f",
    "nrs-11-fatigue": "3361778b80b8c73b8713474c9b23b592eeb3fd0e4780b725fc52aaf7c07c9a20",
    "vas-100": "548107e3f93a9b3db7b7dd43c1b33356f029dc7ce0438102868d3bfcf7c2e6ea",
}
"""The forms that could be answered until now, each in its only version, and the hash of its definition."""


def upgrade() -> None:
    with op.batch_alter_table("responses", schema=None) as batch_op:
        # What was stored until now was refused where it should be dropped: nothing was.
        batch_op.add_column(sa.Column("dropped", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("form_hash", sa.String(length=64), nullable=False, server_default=""))
    responses = sa.table("responses", sa.column("form", sa.String), sa.column("form_hash", sa.String))
    for form, content in SHIPPED.items():
        op.execute(responses.update().where(responses.c.form == form).values(form_hash=content))
    with op.batch_alter_table("responses", schema=None) as batch_op:
        batch_op.alter_column("dropped", existing_type=sa.JSON(), server_default=None)
        batch_op.alter_column("form_hash", existing_type=sa.String(length=64), server_default=None)

    op.create_table(
        "questionnaires",
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_questionnaires_site_id")),
        sa.PrimaryKeyConstraint("site_id", "key", name=op.f("pk_questionnaires")),
    )
    op.create_table(
        "questionnaire_versions",
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("edit", sa.Integer(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["site_id", "key"],
            ["questionnaires.site_id", "questionnaires.key"],
            name=op.f("fk_questionnaire_versions_site_id_key"),
        ),
        sa.PrimaryKeyConstraint("site_id", "key", "version", name=op.f("pk_questionnaire_versions")),
    )


def downgrade() -> None:
    op.drop_table("questionnaire_versions")
    op.drop_table("questionnaires")
    with op.batch_alter_table("responses", schema=None) as batch_op:
        batch_op.drop_column("form_hash")
        batch_op.drop_column("dropped")
