"""The stages of the pipeline, one module each: params and inputs in, `rnn`, outputs."""

import os

PARENT = os.getppid()  # before what takes long to import, in which it might end
