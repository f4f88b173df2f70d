/* Repeats the first line of the verdict beside the buttons, for phones; switched on by `data-verdict-line`. */
"use strict";

behaviour("data-verdict-line", (line, signal) => {
  const repeat = () => {
    const verdict = document.querySelector("#preview .verdict");
    if (!verdict) return;
    line.textContent = verdict.textContent.trim();
    line.className = verdict.className.replace("verdict", "verdict-line");
  };
  repeat();
  document.addEventListener("htmx:afterSettle", repeat, { signal });
});
