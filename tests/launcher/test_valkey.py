from __future__ import annotations

import shutil
import signal
import socket
from pathlib import Path

import pytest
import redis

from launcher import valkey
from launcher.errors import LauncherError


def client(broker: valkey.Broker, number: int = 0) -> redis.Redis:
    return redis.Redis.from_url(broker.url(number))


def test_broker__killed__still_has_what_it_was_told(broker: valkey.Broker) -> None:
    broker.start()
    port = broker.port
    with client(broker) as connection:
        connection.rpush("queue", *range(500))
        connection.execute_command("WAITAOF", 1, 0, 5000)
    broker.server.send_signal(signal.SIGKILL)
    broker.start()
    with client(broker) as connection:
        assert connection.llen("queue") == 500
    assert broker.port == port


def test_broker__stranger__is_refused(broker: valkey.Broker) -> None:
    broker.start()
    with redis.Redis(port=broker.port) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()


def test_broker__port_taken_meanwhile__takes_another(broker: valkey.Broker) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        broker.port = taken
        broker.start()
        assert broker.port != taken
    with client(broker) as connection:
        assert connection.ping()


def test_broker__stopped__is_gone(broker: valkey.Broker) -> None:
    broker.start()
    broker.stop()
    assert not broker.answers()
    assert broker.server.returncode == 0


def test_broker__never_evicts_a_task(broker: valkey.Broker) -> None:
    broker.start()
    with client(broker) as connection:
        assert connection.info("memory")["maxmemory_policy"] == "noeviction"


def test_broker__a_folder_it_cannot_use__is_an_error_with_the_servers_words(broker: valkey.Broker) -> None:
    broker.start()
    broker.stop()
    shutil.rmtree(broker.folder / "appendonlydir")
    (broker.folder / "appendonlydir").write_text("not a folder")
    with pytest.raises(LauncherError, match="Valkey did not start"):
        broker.start()


def test_system_redis__serves_as_well(open_folder: Path) -> None:
    system = shutil.which("redis-server")
    if system is None:
        pytest.skip("this machine has no Redis of its own")
    program = valkey.find_server({"EXOMARK_VALKEY_SERVER": system})
    broker = valkey.Broker(program, open_folder / "redis", open_folder / "log", password='a "b" \\c@/:')
    try:
        broker.start()
        with client(broker) as connection:
            assert connection.ping()
    finally:
        broker.kill()


def test_find_server__not_a_file__is_named(tmp_path: Path) -> None:
    with pytest.raises(LauncherError, match=f"EXOMARK_VALKEY_SERVER names {tmp_path}"):
        valkey.find_server({"EXOMARK_VALKEY_SERVER": str(tmp_path)})
