/* Writes a typed date such as 20270302 as 2027-03-02; switched on by `data-date`. */
"use strict";

behaviour("data-date", (input) => {
  input.addEventListener("change", () => {
    const digits = input.value.replace(/\D/g, "");
    const parts = input.value.match(/^\s*(\d{4})\D+(\d{1,2})\D+(\d{1,2})\D*$/);
    if (parts) input.value = [parts[1], parts[2].padStart(2, "0"), parts[3].padStart(2, "0")].join("-");
    else if (digits.length === 8) input.value = `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6)}`;
  });
});
