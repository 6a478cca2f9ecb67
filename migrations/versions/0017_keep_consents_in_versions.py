"""keep consents in versions, and the arms and visits of studies."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "consent_versions",
        sa.Column("study_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("needed_from", _INSTANT, nullable=True),
        sa.Column("published_at", _INSTANT, nullable=False),
        sa.Column("published_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name=op.f("fk_consent_versions_study_id")),
        sa.PrimaryKeyConstraint("study_id", "purpose", "version", name=op.f("pk_consent_versions")),
    )
    op.create_table(
        "study_plans",
        sa.Column("study_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", _INSTANT, nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name=op.f("fk_study_plans_study_id")),
        sa.PrimaryKeyConstraint("study_id", "version", name=op.f("pk_study_plans")),
    )
    acts = op.create_table(
        "study_acts",
        sa.Column("study_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("recorded_at", _INSTANT, nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("by_patient", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name=op.f("fk_study_acts_study_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("fk_study_acts_patient_id")),
        sa.PrimaryKeyConstraint("study_id", "patient_id", "number", name=op.f("pk_study_acts")),
    )
    op.create_index("ix_study_acts_patient", "study_acts", ["patient_id"])
    with op.batch_alter_table("study_subjects", schema=None) as batch_op:
        batch_op.add_column(sa.Column("agreed", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("care_agreed", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("contact_agreed", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("arm", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("finished_at", _INSTANT, nullable=True))
    _carry_over(acts)


def _carry_over(acts: sa.Table) -> None:
    """Write down, as acts, the consents and withdrawals there were: on papers of the studies' own."""
    subjects = sa.table(
        "study_subjects",
        *(sa.column(name, sa.Uuid()) for name in ("study_id", "patient_id")),
        *(sa.column(name, _INSTANT) for name in ("consented_at", "withdrawn_at")),
    )
    paper = {"purpose": "study", "version": 0, "language": None, "hash": None}
    for number, (act, moment) in enumerate((("given", "consented_at"), ("withdrawn", "withdrawn_at")), start=1):
        at = subjects.c[moment]
        told = sa.literal({**paper, "act": act}, sa.JSON())
        rows = sa.select(
            subjects.c.study_id, subjects.c.patient_id, sa.literal(number), sa.literal("consent"), told, at, sa.false()
        ).where(at.is_not(None))
        names = ["study_id", "patient_id", "number", "kind", "told", "recorded_at", "by_patient"]
        op.execute(acts.insert().from_select(names, rows))


def downgrade() -> None:
    with op.batch_alter_table("study_subjects", schema=None) as batch_op:
        for name in ("finished_at", "arm", "contact_agreed", "care_agreed", "agreed"):
            batch_op.drop_column(name)
    op.drop_index("ix_study_acts_patient", table_name="study_acts")
    for name in ("study_acts", "study_plans", "consent_versions"):
        op.drop_table(name)
