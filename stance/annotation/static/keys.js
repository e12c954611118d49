// Which key does what. Labels have their number, and their first letter where it is free.

export const COMMANDS = {
  h: ["pickHolder", "mark the holder in the sentence"],
  o: ["authorHolder", "the author is the holder"],
  t: ["typeHolder", "type the holder’s name, where only the context has it"],
  q: ["toggleUnsure", "flag the answer as unsure"],
  c: ["note", "write a note"],
  s: ["skip", "skip the item"],
  z: ["undo", "undo the last answer; Ctrl Z and Backspace too"],
  e: ["nextOpen", "go to the next item without an answer"],
  g: ["guidelines", "show or hide the guidelines"],
  "?": ["help", "these keys"],
};
const OTHER = { ArrowLeft: "previous", ArrowRight: "next", Enter: "confirm", Backspace: "undo", Escape: "escape" };
const MAY_REPEAT = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"]);

// Label name -> its letter.
export function letters(labels) {
  const taken = new Set(Object.keys(COMMANDS));
  const result = {};
  for (const { name } of labels) {
    const letter = name[0].toLowerCase();
    if (!taken.has(letter)) result[name] = letter;
    taken.add(letter);
  }
  return result;
}

// Call `actions` for keys. While the holder is marked the arrows belong to `actions.moveHolder`.
export function listen(labels, actions) {
  const byLetter = Object.fromEntries(Object.entries(letters(labels)).map(([name, letter]) => [letter, name]));
  document.addEventListener("keydown", (event) => {
    if (!actions.ready() || event.isComposing) return;
    const typing = event.target.closest("input, textarea, dialog");
    if (typing) return;
    const undo = event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey;
    if ((event.ctrlKey || event.metaKey || event.altKey) && !undo) return;
    if (event.repeat && !MAY_REPEAT.has(event.key)) {
      event.preventDefault(); // a key held down answers once
      return;
    }
    const onButton = event.target.closest("button, a") && (event.key === "Enter" || event.key === " ");
    if (onButton) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.key.startsWith("Arrow") && actions.marking()) actions.moveHolder(event.key, event.shiftKey);
    else if (key >= "1" && key <= "9" && labels[key - 1]) actions.choose(labels[key - 1].name);
    else if (byLetter[key]) actions.choose(byLetter[key]);
    else if (undo || COMMANDS[key]) actions[undo ? "undo" : COMMANDS[key][0]]();
    else if (OTHER[key]) actions[OTHER[key]]();
    else return;
    event.preventDefault();
  });
}
