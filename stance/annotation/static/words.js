// The sentence as words, and a stretch of it as code points: JavaScript counts UTF-16 units, the records code points.

const WORD = /(?:\p{L}\.){2,}|[\p{L}\p{N}]+(?:[-.&’'](?!s(?![\p{L}\p{N}]))[\p{L}\p{N}]+)*/gu;
const CAPITAL = /^\p{Lu}/u;

// [{start, end}] of every word, in UTF-16 units.
export function wordsOf(text) {
  return [...text.matchAll(WORD)].map((match) => ({ start: match.index, end: match.index + match[0].length }));
}

// The holder {text, start, end} that reaches from word `first` to word `last`, offsets in code points.
export function stretch(text, words, first, last) {
  const [from, to] = first <= last ? [first, last] : [last, first];
  return between(text, words[from].start, words[to].end);
}

export function between(text, start, end) {
  const chosen = text.slice(start, end);
  const before = [...text.slice(0, start)].length;
  return { text: chosen, start: before, end: before + [...chosen].length };
}

// [first, last] words that the UTF-16 units start..end touch, or null where they touch none.
export function touched(words, start, end) {
  const first = words.findIndex((word) => word.end > start);
  let last = words.length - 1;
  while (last >= 0 && words[last].start >= end) last -= 1;
  return first >= 0 && first <= last ? [first, last] : null;
}

// [first, last] words of a holder that has code-point offsets, or null.
export function wordsIn(text, words, holder) {
  if (!holder || holder.start === null || holder.start === undefined) return null;
  const points = [...text];
  const start = points.slice(0, holder.start).join("").length;
  return touched(words, start, start + points.slice(holder.start, holder.end).join("").length);
}

// [first, last] of every run of capitalised words, which is where holders mostly stand.
export function names(text, words) {
  const runs = [];
  words.forEach((word, i) => {
    if (!CAPITAL.test(text.slice(word.start, word.end))) return;
    const run = runs.at(-1);
    const joined = run && run[1] === i - 1 && text.slice(words[i - 1].end, word.start) === " ";
    if (joined) run[1] = i;
    else runs.push([i, i]);
  });
  return runs;
}
