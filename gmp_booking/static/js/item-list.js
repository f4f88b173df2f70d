/* Adds and removes entries of a list in place, such as sessions; switched on by `data-items`.
   Inside: `data-add` names the template of a new entry, `data-remove` is a button of an entry, `data-item` an entry,
   `data-number` shows its number, `data-items-end` is where a new one is put. */
"use strict";

behaviour("data-items", (list) => {
  const renumber = () => list.querySelectorAll("[data-item]").forEach((item, index) => {
    item.querySelectorAll("[data-number]").forEach((label) => { label.textContent = String(index + 1); });
  });

  const add = (button) => {
    const kind = button.dataset.add;
    const taken = [...list.querySelectorAll(`[name^="${kind}-"]`)].map((field) => Number(field.name.split("-")[1]));
    const index = Math.max(-1, ...taken) + 1;
    const holder = document.createElement("template");
    holder.innerHTML = document.getElementById(`${kind}-template`).innerHTML
      .replaceAll("__i__", String(index)).replaceAll("__n__", String(index + 1));
    const item = holder.content.querySelector("[data-item]");
    list.querySelector("[data-items-end]").before(item);
    renumber();
    item.querySelector("select, input").focus();
  };

  const remove = (button) => {
    const form = button.form;
    button.closest("[data-item]").remove();
    renumber();
    list.querySelector("[data-add]").focus();
    form.dispatchEvent(new CustomEvent("gmp:filled", { bubbles: true }));
  };

  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-add], [data-remove]");
    if (!button) return;
    event.preventDefault();
    if (button.matches("[data-add]")) add(button);
    else remove(button);
  });
});
