// Holders and how often each takes which side, for every target asked.

import { $, el, replace } from "/static/dom.js";
import { rows, sign, state } from "/static/state.js";

// [{ target, holders: [{ name, counts: {label: [numbers]} }], plain, unsure }]
export function summary() {
  const { polar } = state.setup;
  return Object.keys(state.answers).map((target) => {
    const holders = new Map();
    let [plain, unsure] = [0, 0];
    for (const { number, answer } of rows().filter((row) => row.target === target)) {
      if (answer.abstained) unsure += 1;
      else if (!polar.includes(answer.label)) plain += 1;
      else {
        const name = answer.holder?.kind === "author" ? "the author" : (answer.holder?.text ?? "not known");
        if (!holders.has(name)) holders.set(name, Object.fromEntries(polar.map((label) => [label, []])));
        holders.get(name)[answer.label].push(number);
      }
    }
    const list = [...holders].map(([name, counts]) => ({ name, counts }));
    const size = ({ counts }) => Object.values(counts).flat().length;
    return { target, holders: list.sort((a, b) => size(b) - size(a) || a.name.localeCompare(b.name)), plain, unsure };
  });
}

export function showSummary(go) {
  const { polar } = state.setup;
  const tables = summary().map(({ target, holders, plain, unsure }) =>
    el(
      "table",
      {},
      el("caption", {}, target),
      holders.length
        ? el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Holder"), ...polar.map((label) => el("th", { scope: "col" }, `${sign(label)} ${label}`))))
        : null,
      el(
        "tbody",
        {},
        ...holders.map(({ name, counts }) =>
          el(
            "tr",
            {},
            el("th", { scope: "row", dir: "auto" }, name),
            ...polar.map((label, i) => {
              const numbers = counts[label];
              return el("td", { class: `tone-${i}` }, numbers.length ? el("button", { "aria-label": `${name}, ${label}: ${numbers.length}, go to the first`, onclick: () => go(target, numbers[0]) }, String(numbers.length)) : "–");
            }),
          ),
        ),
        el("tr", {}, el("td", { colspan: String(1 + polar.length) }, el("small", {}, `${plain} sentences take no side${unsure ? `, ${unsure} not sure enough` : ""}`))),
      ),
    ),
  );
  replace($("holders"), ...tables);
}
