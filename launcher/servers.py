"""The embedded database and broker: each only where the caller has not named one of their own."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from launcher import environment, processes
from launcher.data_dir import DataDir
from launcher.errors import LauncherError
from launcher.postgres import Cluster, find_installation, quoted
from launcher.valkey import Broker, find_server


@dataclass
class Servers:
    data_dir: DataDir
    database: Cluster | None
    broker: Broker | None

    @classmethod
    def wanted(cls, data_dir: DataDir, environ: Mapping[str, str] = os.environ) -> "Servers":
        return cls(
            data_dir,
            None if environment.is_given(environ, "EXOMARK_DATABASE_URL") else _database(data_dir, environ),
            None if environment.is_given(environ, "EXOMARK_BROKER_URL") else _broker(data_dir, environ),
        )

    @property
    def database_port(self) -> int:
        return self.database.port if self.database else 0

    @property
    def broker_port(self) -> int:
        return self.broker.port if self.broker else 0

    def start_database(self) -> None:
        if self.database is None:
            return
        if not self.database.exists():
            self.database.create(_statements(self.data_dir))
        self.database.start()

    def start_broker(self) -> None:
        if self.broker is not None:
            self.broker.start()

    def require_running(self) -> None:
        """Nothing works without them, and they do not end by themselves: their end is ours."""
        for name, server in (("database", self.database), ("broker", self.broker)):
            if server is not None and processes.has_ended(server.server):
                raise LauncherError(f"The {name} ended. The end of {server.log}:\n{processes.last_lines(server.log)}")

    def stop(self) -> None:
        for server in (self.broker, self.database):
            if server is not None:
                server.stop()

    def kill(self) -> None:
        for server in (self.broker, self.database):
            if server is not None:
                server.kill()


def _database(data_dir: DataDir, environ: Mapping[str, str]) -> Cluster:
    return Cluster(
        find_installation(environ, folder=data_dir.postgres),
        data_dir.postgres,
        data_dir.log("postgres"),
        port=data_dir.state().database_port,
    )


def _broker(data_dir: DataDir, environ: Mapping[str, str]) -> Broker:
    return Broker(
        find_server(environ),
        data_dir.valkey,
        data_dir.log("valkey"),
        password=data_dir.secrets().broker_password,
        port=data_dir.state().broker_port,
    )


def _statements(data_dir: DataDir) -> list[str]:
    """Two roles: one owns the tables, the other only uses them and so cannot lift their guards."""
    made = data_dir.secrets()
    owner, runtime, database = environment.OWNER_ROLE, environment.RUNTIME_ROLE, environment.DATABASE
    return [
        f"CREATE ROLE {owner} LOGIN PASSWORD {quoted(made.owner_password)}",
        f"CREATE ROLE {runtime} LOGIN PASSWORD {quoted(made.runtime_password)}",
        f"CREATE DATABASE {database} OWNER {owner}",
        f"REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {database} TO {runtime}",
    ]
