"""The steps that bring a database to the tables of this version; Alembic takes them."""

from pathlib import Path

from storage.database import Database, exclusive


def upgrade(database: Database, revision: str = "head") -> None:
    """Take the steps that are missing, in one transaction, one node at a time.

    Raises:
        Unavailable: the database cannot be reached or is held by another node for too long.
    """
    # Alembic is only needed here: its import costs a tenth of a second.
    from alembic import command
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    with database.write() as tx:
        exclusive(tx, "migrate")
        settings.attributes["connection"] = tx
        command.upgrade(settings, revision)
