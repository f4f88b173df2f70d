/* Sends a form once, however often its button is pressed; switched on by `data-send-once`, for all forms inside. */
"use strict";

behaviour("data-send-once", (root) => {
  root.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    setTimeout(() => { delete form.dataset.sent; }, 4000);
  });
  // The page may come back as it was left, out of the browser's history.
  window.addEventListener("pageshow", () => {
    root.querySelectorAll("form[data-sent]").forEach((form) => { delete form.dataset.sent; });
  });
});
