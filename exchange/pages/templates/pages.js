// Conveniences alone: every page works without.
(function () {
  "use strict";
  // A choice in the tabulator shows its table at once.
  document.querySelectorAll("form[data-at-once] select").forEach(function (select) {
    select.addEventListener("change", function () { select.form.submit(); });
  });
})();
