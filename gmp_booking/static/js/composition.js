/* Lets Enter finish a Korean or Chinese syllable without sending the form; switched on by `data-composition`. */
"use strict";

behaviour("data-composition", (root) => {
  root.addEventListener("keydown", (event) => {
    // Safari reports the key code 229 when the composition has just ended.
    if (event.key === "Enter" && (event.isComposing || event.keyCode === 229)) event.preventDefault();
  }, true);
});
