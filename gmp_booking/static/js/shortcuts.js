/* Presses or focuses the element whose `data-key` is the key pressed, unless the box `data-keys-off` is ticked on this
   device; switched on by `data-shortcuts`. */
"use strict";

behaviour("data-shortcuts", (root) => {
  // A private window may refuse its storage: the keys stay on then.
  const isOff = () => {
    try { return localStorage.getItem("keys") === "off"; } catch { return false; }
  };
  const box = root.querySelector("[data-keys-off]");
  if (box) {
    box.checked = isOff();
    box.addEventListener("change", () => {
      try { localStorage.setItem("keys", box.checked ? "off" : "on"); } catch { box.checked = false; }
    });
  }

  // Fields, dialogs and the free hours of the timeline have a use of their own for keys.
  const own = "input, select, textarea, dialog, [contenteditable], .tl-free";
  root.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest(own) || isOff()) return;
    if (event.key.startsWith("Arrow") && event.target.matches("[data-timeline]")) return;
    const target = root.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!target) return;
    event.preventDefault();
    if (target.matches("input")) target.focus();
    else target.click();
  });
});
