// The keys of a presentation: an arrow to the right, or Page Down, leads forward; their opposites back.
"use strict";

const buttons = { ArrowRight: "scene-forward", PageDown: "scene-forward", ArrowLeft: "scene-back", PageUp: "scene-back" };
document.addEventListener("keydown", (event) => {
  const button = document.getElementById(buttons[event.key]);
  const isTaken = event.defaultPrevented || event.repeat || event.ctrlKey || event.altKey || event.metaKey ||
    event.target.closest("input:not([type=checkbox]), select, textarea, .scroll, pre");
  if (!button || button.disabled || isTaken) return;
  event.preventDefault();
  button.click();
  for (const each of Object.values(buttons)) document.getElementById(each).disabled = true; // one scene a key
});
