// Marking the holder in the sentence, by arrows over words or by selecting text with the mouse or a finger.

import { $, el, replace } from "/static/dom.js";
import { names, stretch, touched, wordsIn, wordsOf } from "/static/words.js";

export class Marker {
  // onPick(holder) whenever a stretch is marked with the mouse.
  constructor(onPick) {
    this.text = "";
    this.words = [];
    this.range = null; // [anchor, focus], numbers of words
    document.addEventListener("selectionchange", () => {
      const range = this.selected();
      if (!range) return;
      this.range = range;
      this.paint();
      onPick(this.holder());
    });
  }

  show(text) {
    this.text = text;
    this.words = wordsOf(text);
    this.runs = names(text, this.words);
    const parts = [];
    let at = 0;
    for (const { start, end } of this.words) {
      if (start > at) parts.push(el("span", {}, text.slice(at, start)));
      parts.push(el("span", { class: "word" }, text.slice(start, end)));
      at = end;
    }
    if (at < text.length) parts.push(el("span", {}, text.slice(at)));
    replace($("sentence"), ...parts);
    this.spans = parts;
  }

  mark(holder) {
    this.range = wordsIn(this.text, this.words, holder);
    this.paint();
  }

  holder() {
    return this.range && stretch(this.text, this.words, ...this.range);
  }

  // An arrow key in holder mode: left and right by word, with Shift to extend, up and down from name to name.
  move(key, extend) {
    const end = this.words.length - 1;
    if (end < 0) return;
    if (key === "ArrowUp" || key === "ArrowDown") {
      this.range = this.nextName(key === "ArrowDown") ?? this.range;
    } else {
      const step = key === "ArrowRight" ? 1 : -1;
      const focus = this.range ? Math.min(end, Math.max(0, this.range[1] + step)) : step > 0 ? 0 : end;
      this.range = [extend && this.range ? this.range[0] : focus, focus];
    }
    this.paint();
    this.spans.find((span) => span.classList.contains("marked"))?.scrollIntoView({ block: "nearest" });
  }

  nextName(forward) {
    const at = this.range ? Math.min(...this.range) : forward ? -1 : Infinity;
    const later = forward ? this.runs.filter(([first]) => first > at) : this.runs.filter(([first]) => first < at);
    const run = later.at(forward ? 0 : -1);
    return run && [...run];
  }

  paint() {
    const [a, b] = this.range ?? [-1, -2];
    const [first, last] = a <= b || !this.range ? [a, b] : [b, a];
    let word = -1;
    for (const span of this.spans) {
      const isWord = span.classList.contains("word");
      if (isWord) word += 1;
      const inside = isWord ? word >= first && word <= last : word >= first && word < last;
      span.classList.toggle("marked", inside && last >= first);
    }
  }

  // Words under the browser's own selection, or null where it is empty or elsewhere.
  selected() {
    const selection = getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return null;
    const range = selection.getRangeAt(0);
    const sentence = $("sentence");
    if (!sentence.contains(range.startContainer) || !sentence.contains(range.endContainer)) return null;
    const before = document.createRange();
    before.selectNodeContents(sentence);
    before.setEnd(range.startContainer, range.startOffset);
    const start = before.toString().length;
    return touched(this.words, start, start + range.toString().length);
  }
}
