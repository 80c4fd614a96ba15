"""The stages of the pipeline, one module each: params and inputs in, `rnn`, outputs."""

import os
import sys
from types import TracebackType

PARENT = os.getppid()  # before what takes long to import, in which it might end


def _say(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if kind is KeyboardInterrupt:  # while imports go on; later, each command says more
        print("error: interrupted before it began; run it again", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, trace)


sys.excepthook = _say
