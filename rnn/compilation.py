"""How the engine's code is compiled, and when compiled code may be used again.

Numba's cache looks at the file of the function that is called, not at the files of those which that
one calls: after an edit there it would go on with the old code. So the cached code lies in a folder
that is named after the content of all modules that are compiled.
"""

import hashlib
from pathlib import Path

from numba import config, njit

_MODULES = ("compilation", "strict", "products", "engine")


def _cache_folder() -> Path:
    here = Path(__file__).parent
    contents = b"".join((here / f"{name}.py").read_bytes() for name in _MODULES)
    base = Path(config.CACHE_DIR) if config.CACHE_DIR else here / "__pycache__"
    return base / hashlib.sha256(contents).hexdigest()[:16]


config.CACHE_DIR = str(_cache_folder())

# Division by zero gives inf or NaN as in NumPy, where Python would raise; that leaves loops free of
# branches. `fastmath` stays off.
inlined = njit(error_model="numpy")
compiled = njit(error_model="numpy", nogil=True, cache=True)
