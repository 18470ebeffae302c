"""Channels to kernels on which a reply is never missed."""

from __future__ import annotations

from typing import Any

import zmq
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from traitlets import Type

__all__ = ["WAKING_CLIENT", "WakingClient"]


class _ShellChannel(AsyncZMQSocketChannel):
    """A channel on which somebody may send while another waits for a reply, as ipywidgets do.

    jupyter_client sends past the asyncio socket. ZeroMQ then takes the wake-up of a reply that has
    come meanwhile for its own (ZMQ_FD, zmq_getsockopt(3)), and the one who waits would do so
    without end.
    """

    def send(self, msg: dict[str, Any]) -> None:
        super().send(msg)
        self.socket.get(zmq.EVENTS)  # pyzmq looks again, and wakes whoever waits


class WakingClient(AsyncKernelClient):
    """jupyter_client's, with this channel."""

    shell_channel_class = Type(_ShellChannel)


WAKING_CLIENT = f"{WakingClient.__module__}.{WakingClient.__qualname__}"
