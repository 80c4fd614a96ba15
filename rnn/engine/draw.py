"""How a character is drawn from what the network expects."""

from typing import NamedTuple


class Draw(NamedTuple):
    """From which distribution the characters are drawn.

    Of the network's distribution at this temperature only the `top_k` likeliest characters are left
    and then, of these, only the nucleus: the fewest of the likeliest whose probabilities sum to at
    least `top_p` (Holtzman et al., The Curious Case of Neural Text Degeneration, ICLR 2020). After
    each of both, the probabilities are scaled to sum to 1. Of equally likely characters, that with
    the lower index comes first.
    """

    temperature: float  # the logits are divided by it; at 0 the likeliest character is taken
    top_k: int | None = None  # at least 1; None is no limit
    top_p: float = 1.0  # above 0; 1 is no limit
