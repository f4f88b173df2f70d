/* Hides what only a page without script needs; switched on by `data-without-script`. */
"use strict";

behaviour("data-without-script", (element) => {
  element.hidden = true;
});
