// Which key does what, while an article is read.

export function listen(actions) {
  const keys = {
    ArrowDown: () => actions.step(1),
    ArrowUp: () => actions.step(-1),
    n: () => actions.step(1, true),
    p: () => actions.step(-1, true),
    z: actions.undo,
    t: actions.target,
    c: actions.compare,
    e: actions.export,
    "?": actions.help,
    Escape: actions.close,
  };
  document.addEventListener("keydown", (event) => {
    const { target } = event;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && target.id === "text") {
      event.preventDefault();
      actions.submit();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (!actions.reading() || target.closest("input, textarea, select, dialog")) return;
    const onSentence = target.closest(".s");
    if (event.key === "Enter" || event.key === " ") {
      if (!onSentence) return;
      event.preventDefault();
      actions.choose();
      return;
    }
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const number = key >= "1" && key <= "9" ? Number(key) : null;
    if (!keys[key] && number === null) return;
    event.preventDefault();
    if (number !== null) actions.fix(number - 1);
    else keys[key]();
  });
}
