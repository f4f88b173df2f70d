/* Tells the server that a form was left without being sent, so that others no longer see its time as being asked for;
   switched on by `data-marks`, the address to tell. */
"use strict";

behaviour("data-marks", (form, signal) => {
  window.addEventListener("pagehide", () => {
    if (form.dataset.sent) return;
    const fields = new FormData();
    fields.append("csrf_token", document.querySelector("meta[name=csrf-token]").content);
    navigator.sendBeacon(form.dataset.marks, fields);
  }, { signal });
});
