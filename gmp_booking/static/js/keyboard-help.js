/* A button that opens the list of keys; switched on by `data-help`, the id of the dialog. */
"use strict";

behaviour("data-help", (button) => {
  button.hidden = false;
  button.addEventListener("click", () => document.getElementById(button.dataset.help).showModal());
});
