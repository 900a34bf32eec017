// A convenience alone: every page works without. Cases are decided by number keys; j and k go on and back.
(function () {
  "use strict";
  var line = document.getElementById("keys-line");
  if (!line) return;
  var box = document.getElementById("keys");
  line.hidden = false;
  try { box.checked = localStorage.getItem("keys") !== "off"; } catch (error) { /* no storage: on, as at first */ }
  box.addEventListener("change", function () {
    try { localStorage.setItem("keys", box.checked ? "on" : "off"); } catch (error) { /* for this page alone */ }
  });
  document.addEventListener("keydown", function (event) {
    if (!box.checked || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) && event.target !== box) return;
    var found = { j: "[data-way=after]", k: "[data-way=before]" }[event.key];
    if (/^[1-9]$/.test(event.key)) found = "[data-key='" + event.key + "']";
    var target = found && document.querySelector(found);
    if (target) { event.preventDefault(); target.click(); }
  });
})();
