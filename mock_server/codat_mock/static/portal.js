// Everything works without this: it offers copying, keys for timelines, and says when a page is out of date.
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

// The marks of a timeline are one stop of the Tab key; arrows lead from one to the next in time.
for (const drawing of document.querySelectorAll(".drawing svg")) {
  const marks = [...drawing.querySelectorAll(".mark")];
  marks.sort((a, b) => a.getBBox().x - b.getBBox().x);
  marks.forEach((mark, index) => mark.setAttribute("tabindex", index ? -1 : 0));
  drawing.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const next = marks[marks.indexOf(document.activeElement) + step];
    if (!step) return;
    event.preventDefault();
    if (!next) return;
    document.activeElement.setAttribute("tabindex", -1);
    next.setAttribute("tabindex", 0);
    next.focus();
  });
}

let isLeaving = false; // another page was asked for, which the same page again must not replace
window.addEventListener("beforeunload", () => {
  isLeaving = true;
  setTimeout(() => { isLeaving = false; }, 10000); // a download leaves the page as it is
});

const { live, pulse } = document.body.dataset;
if (live && window.EventSource) {
  const news = document.querySelector(".news");
  news.querySelector("a").href = location.href;
  const isBusy = () =>
    document.activeElement?.matches("input, select, textarea, .mark") ||
    document.querySelector("main details[open]") !== null || window.scrollY > 200;
  new EventSource(live).addEventListener("message", (event) => {
    if (event.data === pulse || isLeaving) return;
    if (isBusy()) news.hidden = false; // a page that is being read does not change by itself
    else location.reload();
  });
}
