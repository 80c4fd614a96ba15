// Characters and their indices, as in rnn/data/vocabulary.py.

/** The characters of a book, in the order of their indices. */
export class Vocabulary {
  /** `alike` are groups of signs that stand for each other; `unknown` is "error", "nearest" or "skip". */
  constructor(characters, alike, unknown) {
    this.characters = [...characters];
    this.alike = alike.map((group) => [...group]);
    this.unknown = unknown;
    this.places = new Map(this.characters.map((character, index) => [character, index]));
  }

  /** Return the indices of a text; throw an error that names a character of which none is known. */
  encode(text) {
    return [...text].flatMap((character, place) => {
      const indices = this.indicesOf(character);
      if (indices) return indices;
      const code = character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
      throw new Error(`“${character}” (U+${code}), character ${place + 1} of the prime, is not among the `
        + `${this.characters.length} characters of the book.`);
    });
  }

  indicesOf(character) {
    if (this.places.has(character)) return [this.places.get(character)];
    if (this.unknown === "skip") return [];
    return this.unknown === "nearest" ? this.nearest(character) : null;
  }

  nearest(character) {
    const parts = [...character.normalize("NFKD")].map((part) => this.nearestPart(part));
    return parts.includes(null) ? null : parts.flat();
  }

  nearestPart(character) {
    const alike = this.alike.find((group) => group.includes(character)) ?? [];
    for (const each of [character, ...alike, foldedCase(character), otherCase(character)]) {
      const indices = [...each].map((part) => this.places.get(part));
      if (!indices.includes(undefined)) return indices;
    }
    return isCombining(character) ? [] : null;
  }
}

/** Return what Unicode compares a character by without regard to case: ß and ẞ become ss, ı stays. */
function foldedCase(character) {
  return character === "ı" ? character : character.toLowerCase().toUpperCase().toLowerCase();
}

function otherCase(character) {
  const lower = character.toLowerCase();
  return lower === character ? character.toUpperCase() : lower;
}

/** Tell whether a character has a combining class: then it changes places with one of another. */
function isCombining(character) {
  return [`${character}\u0334`, `\u0345${character}`].some((pair) => pair.normalize("NFD") !== pair);
}
