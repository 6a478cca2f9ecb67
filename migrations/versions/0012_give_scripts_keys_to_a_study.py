"""give scripts keys to a study."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("study_id", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_sessions_study_id"), "studies", ["study_id"], ["id"])


def downgrade() -> None:
    # A key without its study would open everything its maker may see.
    op.execute("DELETE FROM tokens WHERE session_id IN (SELECT id FROM sessions WHERE study_id IS NOT NULL)")
    op.execute("DELETE FROM sessions WHERE study_id IS NOT NULL")
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_sessions_study_id"), type_="foreignkey")
        batch_op.drop_column("study_id")
