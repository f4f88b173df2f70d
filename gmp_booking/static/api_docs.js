/* Opens the packaged viewer over our description. */
"use strict";

window.addEventListener("DOMContentLoaded", () => {
  const place = document.getElementById("api");
  window.SwaggerUIBundle({ url: place.dataset.description, dom_id: "#api", deepLinking: true, validatorUrl: null });
});
