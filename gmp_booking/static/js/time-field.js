/* Writes a typed time such as 900 as 09:00; switched on by `data-time`. */
"use strict";

behaviour("data-time", (input) => {
  input.addEventListener("change", () => {
    const digits = input.value.replace(/\D/g, "");
    if (/^\d{1,2}$/.test(input.value.trim())) input.value = `${digits.padStart(2, "0")}:00`;
    else if (digits.length === 3 || digits.length === 4) {
      input.value = `${digits.slice(0, -2).padStart(2, "0")}:${digits.slice(-2)}`;
    }
  });
});
