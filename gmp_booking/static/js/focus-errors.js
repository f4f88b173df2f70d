/* Puts the reader of a refused form at the list of what is wrong; switched on by `data-focus-errors`. */
"use strict";

behaviour("data-focus-errors", (list) => {
  // Only on a new page: what is swapped in later must not take the focus out of a field.
  if (document.readyState !== "complete") list.focus();
});
