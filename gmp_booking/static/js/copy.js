/* A button that copies the field whose id it names, then says so with the text of `data-done`; switched on by
   `data-copy`. */
"use strict";

behaviour("data-copy", (button) => {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    try { await navigator.clipboard.writeText(field.value); } catch { document.execCommand("copy"); }
    button.querySelector("span").textContent = button.dataset.done;
  });
});
