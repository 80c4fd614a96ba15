"""When a training is to stop before its end: a signal, or the end of the DVC that started it."""

import os
import signal
from collections.abc import Callable

from stages.common import startup


def notice() -> Callable[[], str | None]:
    """From now on Ctrl-C, SIGTERM and SIGHUP only leave word; return what gives it, or None.

    A signal that whoever started this process had it ignore, as nohup does, stays ignored.
    """
    received: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda number, _: received.append(number))

    def reason_to_stop() -> str | None:
        if received:
            return signal.Signals(received[0]).name
        return "the end of the DVC that started it" if _dvc_is_gone() else None

    return reason_to_stop


def _dvc_is_gone() -> bool:
    """Tell whether DVC, killed, has left this process to itself: another has then adopted it.

    Whoever starts a training by hand may leave; it goes on. DVC tells the commands that it starts
    by a variable, and it is their parent. It may have ended before this process could look who its
    parent is. That is then of another session, which the parent of a process that did not begin its
    session never is.
    """
    if "DVC_STAGE" not in os.environ:
        return False
    parent, session = os.getppid(), os.getsid(0)
    try:
        return parent != startup.PARENT or session not in (os.getpid(), os.getsid(parent))
    except ProcessLookupError:
        return True
