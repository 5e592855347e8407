// Everything works without this: it offers copying, and says when a page is out of date.
"use strict";

for (const button of document.querySelectorAll("button.copy")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    const text = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = text; }, 1500);
  });
}

const { live, pulse } = document.body.dataset;
if (live && window.EventSource) {
  const news = document.querySelector(".news");
  news.querySelector("a").href = location.href;
  const isBusy = () =>
    document.activeElement?.matches("input, select, textarea") ||
    document.querySelector("main details[open]") !== null || window.scrollY > 200;
  new EventSource(live).addEventListener("message", (event) => {
    if (event.data === pulse) return;
    if (isBusy()) news.hidden = false; // a page that is being read does not change by itself
    else location.reload();
  });
}
