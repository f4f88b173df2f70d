/* Closes an open menu on Escape and on a click elsewhere; switched on by `data-menu` on its details element. */
"use strict";

behaviour("data-menu", (menu, signal) => {
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  }, { signal });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  }, { signal });
});
