/* Makes Enter in a field ask for a check instead of sending the form; switched on by `data-enter-checks`. */
"use strict";

behaviour("data-enter-checks", (form) => {
  form.addEventListener("keydown", (event) => {
    if (!event.target.matches("input") || event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    event.target.dispatchEvent(new Event("change", { bubbles: true }));
  });
});
