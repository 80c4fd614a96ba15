// Scales: from values to places on a figure, and the values that deserve a mark.

/** Return a function from the values [from, to] to the places [start, end], with its inverse. */
export function scale(from, to, start, end, logarithmic = false) {
  const map = logarithmic ? Math.log : (value) => value;
  const [low, high] = [map(from), map(to)];
  const place = (value) => start + ((map(value) - low) / (high - low)) * (end - start);
  place.inverse = (x) => {
    const value = low + ((x - start) / (end - start)) * (high - low);
    return logarithmic ? Math.exp(value) : value;
  };
  return place;
}

/** Return at most about `most` round values between two. */
export function ticks(from, to, most, logarithmic = false) {
  if (logarithmic && to / from >= 8) return powersOfTen(from, to, most);
  const step = roundStep((to - from) / most);
  const found = [];
  for (let index = Math.ceil(from / step - 1e-9); index * step <= to * (1 + 1e-12); index += 1) {
    found.push(Number((index * step).toPrecision(12)));
  }
  return found;
}

function powersOfTen(from, to, most) {
  const found = [];
  const several = Math.log10(to / from) * 3 <= most;
  for (let power = Math.floor(Math.log10(from)); 10 ** power <= to; power += 1) {
    for (const digit of several ? [1, 2, 5] : [1]) {
      const value = Number((digit * 10 ** power).toPrecision(12));
      if (value >= from && value <= to) found.push(value);
    }
  }
  return found;
}

function roundStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * [1, 2, 5, 10].find((digit) => digit * power >= least * (1 - 1e-12));
}
