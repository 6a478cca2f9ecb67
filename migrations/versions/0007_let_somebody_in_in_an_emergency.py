"""let somebody in in an emergency."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("care_relationships", schema=None) as batch_op:
        batch_op.add_column(sa.Column("emergency", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("reason", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    # Without the column a running emergency would be ordinary care, which opens more: it ends first.
    op.execute(
        "UPDATE care_relationships SET ends_at = CURRENT_TIMESTAMP"
        " WHERE emergency = true AND ends_at > CURRENT_TIMESTAMP"
    )
    with op.batch_alter_table("care_relationships", schema=None) as batch_op:
        batch_op.drop_column("reason")
        batch_op.drop_column("emergency")
