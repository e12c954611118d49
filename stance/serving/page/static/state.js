// What is known of the article: answers of each target, corrections, and what is shown.

export const state = {
  setup: null,
  article: null, // { title, text, url, outlet, author, published, targets }
  points: [], // code points of the text, which offsets count
  answers: {}, // target -> sentences as /documents gives them
  second: {}, // target -> answers of the second model, [{label, probabilities}]
  corrections: {}, // target -> { sentence number -> { id, label } }
  target: null,
  chosen: null,
  least: 0, // an answer less probable than this is an abstention
  comparing: false,
};

export const slice = (start, end) => state.points.slice(start, end).join("");
export const labels = () => state.setup.labels.map(({ name }) => name);
export const percent = (value) => `${Math.round(value * 100)}%`;

export function tone(label) {
  const { polar } = state.setup;
  if (polar.includes(label)) return polar.indexOf(label);
  return labels().filter((name) => !polar.includes(name)).indexOf(label) === 0 ? 2 : 3;
}
export const sign = (label) => ["▲", "▼", "●", "○"][tone(label)];

// The answer about a sentence as it is shown: { label, sure, abstained, corrected, holder, probabilities }.
export function shown(number, target = state.target) {
  const sentence = state.answers[target][number];
  const { label, probabilities } = sentence.stances[0];
  const fixed = state.corrections[target]?.[number];
  const sure = probabilities[label];
  return {
    label: fixed ? fixed.label : label,
    predicted: label,
    sure,
    abstained: !fixed && sure < state.least,
    corrected: Boolean(fixed),
    holder: sentence.holder,
    probabilities,
    second: state.second[target]?.[number] ?? null,
  };
}

// [{ target, number, sentence, answer }] of every target asked, in order.
export function rows() {
  return Object.keys(state.answers).flatMap((target) =>
    state.answers[target].map((sentence, number) => ({ target, number, sentence, answer: shown(number, target) })),
  );
}
