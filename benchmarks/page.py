"""Time the page's writing in the browser: characters a second of the best network.

Needs data/train/best.npz, as the pipeline makes it, and Chromium.
"""

from rnn.training.snapshot import Snapshot
from stages.common import params, paths
from stages.page import inline, writer
from tests.support import browser as browsers

CHARACTERS = 20_000
SETTINGS = {
    "temperature 1": {"temperature": 1, "topK": None, "topP": 1},
    "top-k 10, top-p 0.9": {"temperature": 1, "topK": 10, "topP": 0.9},
}
TIME = """
({ data, settings, characters }) => {
  const network = new Network(data);
  const seconds = () => {
    const writing = new Writing(network, [], { ...settings, seed: 0n });
    const begin = performance.now();
    for (let i = 0; i < characters; i += 1) writing.next();
    return (performance.now() - begin) / 1000;
  };
  return Math.min(seconds(), seconds(), seconds());
}
"""


def main() -> None:
    """Print the characters a second of each of the settings, the best of three runs."""
    best = Snapshot.load(paths.BEST)
    data = writer.block(best, params.load().corpus.unknown)
    m, K = best.parameters.hidden_size, best.parameters.vocabulary_size
    with browsers.launched() as browser, browsers.opened(browser) as page:
        page.add_script_tag(content=inline.joined_modules(paths.PAGE_SOURCES / "script", "network"))
        for name, settings in SETTINGS.items():
            given = {"data": data, "settings": settings, "characters": CHARACTERS}
            speed = CHARACTERS / page.evaluate(TIME, given)
            print(f"m={m}, K={K}, {data['dtype']}, {name}: {speed:,.0f} characters a second")


if __name__ == "__main__":
    main()
