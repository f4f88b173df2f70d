/* Fills a form from a button's values (JSON, by field name), such as an alternative; switched on by `data-fill`. */
"use strict";

behaviour("data-fill", (button) => {
  button.addEventListener("click", (event) => {
    const form = button.form || document.querySelector("main form[method=post]");
    const values = JSON.parse(button.value || button.dataset.fill);
    const fields = Object.entries(values).map(([name, value]) => [form.elements.namedItem(name), value]);
    // Where the page has not all the fields, the button sends the form and the server fills it.
    if (fields.some(([field]) => !field)) return;
    event.preventDefault();
    fields.forEach(([field, value]) => { field.value = value; });
    form.dispatchEvent(new CustomEvent("gmp:filled", { bubbles: true }));
    (fields[0]?.[0] ?? form).focus();
  });
});
