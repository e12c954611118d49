// From state to screen; reads state, changes none of it.

import { $, el, replace } from "/static/dom.js";

// A sign for each label besides its colour: for, against, then the others.
const SIGNS = ["▲", "▼", "●", "○", "◆", "◇", "■", "□", "★"];

export function labelButtons(labels, keys, onChoose) {
  const buttons = labels.map(({ name, definition }, i) =>
    el(
      "button",
      { class: `label tone-${i % 4}`, "data-label": name, "aria-pressed": "false", title: definition, onclick: () => onChoose(name) },
      el("span", { class: "sign", "aria-hidden": "true" }, SIGNS[i % SIGNS.length]),
      el("span", { class: "name" }, name),
      el("span", { class: "keys" }, el("kbd", {}, String(i + 1)), keys[name] ? el("kbd", {}, keys[name].toUpperCase()) : null),
    ),
  );
  replace($("labels"), ...buttons);
}

export function showItem(item, at, size) {
  const source = [item.outlet, item.published, item.title && `“${item.title}”`].filter(Boolean);
  $("item").dataset.number = at + 1;
  $("source").textContent = source.join(" · ");
  $("target").textContent = item.target;
  $("before").textContent = item.before;
  $("after").textContent = item.after;
  document.title = `${at + 1} of ${size} · Annotate`;
}

export function showDraft(draft, setup, mode, row, suggested) {
  for (const button of $("labels").children) {
    button.setAttribute("aria-pressed", String(button.dataset.label === draft.label));
  }
  $("unsure").setAttribute("aria-pressed", String(draft.unsure));
  $("item").dataset.mode = mode;
  $("item").dataset.state = row ? row.action : "open";
  const polar = setup.polar.includes(draft.label);
  $("holder").classList.toggle("wanted", polar && !draft.holder);
  $("holder-name").textContent = draft.holder ? `Holder: ${draft.holder.text}` : polar ? "Whose stance is it?" : "Holder: none";
  $("note-line").hidden = !draft.note && mode !== "note";
  if (mode !== "note") $("note").value = draft.note;
  $("holder-text").hidden = mode !== "type";
  $("hint").textContent = hint(draft, mode, row, suggested);
}

function hint(draft, mode, row, suggested) {
  if (mode === "holder") return "← → by word, Shift extends, ↑ ↓ by name. Enter saves, O: author, T: type, Esc leaves.";
  if (mode === "type") return "Enter takes the name, Esc leaves.";
  if (mode === "note") return "Enter keeps the note, Shift Enter begins a line, Esc leaves.";
  if (draft.dirty && draft.label) return "Not saved yet: Enter saves.";
  if (row?.action === "skip") return "Skipped. A label still counts.";
  if (row) return suggested ? "Saved. Enter goes on; a change is recorded as one." : "Saved. Enter goes on.";
  return "Choose a label.";
}

export function showReveal(item, row) {
  const line = $("reveal");
  line.hidden = !item.suggested || row?.action !== "answer";
  if (line.hidden) return;
  const { suggestion } = item;
  if (!suggestion) {
    replace(line, "The suggestion follows when the server has your answer.");
    return;
  }
  const sure = suggestion.confidence === null ? "" : ` (${Math.round(suggestion.confidence * 100)}%)`;
  const agrees = suggestion.label === row.label;
  replace(
    line,
    el("b", {}, agrees ? "✓ Same as the suggestion" : "≠ The suggestion differs"),
    `: ${suggestion.label}${sure}${suggestion.by ? `, by ${suggestion.by}` : ""}.`,
  );
}

export function showProgress(counts, at) {
  const done = counts.total - counts.open;
  const bar = $("progress").firstElementChild;
  bar.max = counts.total || 1;
  bar.value = done;
  const more = [counts.unsure && `${counts.unsure} unsure`, counts.skipped && `${counts.skipped} skipped`].filter(Boolean);
  $("progress").lastElementChild.textContent = [`${done} of ${counts.total} done`, `item ${at + 1}`, ...more].join(" · ");
}

export function showSaved(waiting, refused, offline) {
  const saved = $("saved");
  saved.dataset.state = refused.length ? "refused" : offline ? "offline" : waiting ? "waiting" : "saved";
  if (refused.length) saved.textContent = `✕ ${refused.length} refused: ${refused.at(-1).reason}`;
  else if (offline) saved.textContent = `⟳ No server; ${waiting} kept in this browser`;
  else saved.textContent = waiting ? `⟳ Saving ${waiting}` : "✓ All saved";
}

export function showDone(counts, coder) {
  const { total, skipped, unsure } = counts;
  $("done-counts").textContent = total
    ? `${total - skipped} labelled, of these ${unsure} unsure; ${skipped} skipped.`
    : `This queue has nothing for ${coder}.`;
}

export function showExports(coder) {
  const own = `/api/votes.jsonl?coder=${encodeURIComponent(coder)}`;
  $("export-now").href = $("export-blind").href = own;
  $("export-final").href = `${own}&answers=final`;
}
