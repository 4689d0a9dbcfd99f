// Comforts only: every page works without this file.

// A message is closed by hand. Without JavaScript its [x] is a link that loads the page again; with it, a button, by its word and by its keys.
for (const close of document.querySelectorAll("[data-close]")) close.setAttribute("role", "button");
document.addEventListener("keydown", (event) => {
  if (event.key !== " " || !event.target.matches("[data-close]")) return;
  event.preventDefault();
  event.target.click();
});
document.addEventListener("click", (event) => {
  const close = event.target.closest("[data-close]");
  if (!close) return;
  event.preventDefault();
  close.closest(".flash").remove();
  document.getElementById("main")?.focus();
});

// A page the browser kept for Back is asked for again: what it shows may be over.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

// Offline: say that nothing was sent, instead of the browser's own error page.
document.addEventListener("submit", (event) => {
  if (navigator.onLine) return;
  event.preventDefault();
  const box = document.getElementById("offline");
  box.hidden = false;
  box.scrollIntoView({ block: "center" });
}, true);
window.addEventListener("online", () => { document.getElementById("offline").hidden = true; });

// [Show] beside a password appears only where it can work.
for (const button of document.querySelectorAll("[data-shows]")) {
  const input = document.getElementById(button.dataset.shows);
  button.hidden = false;
  button.addEventListener("click", () => {
    const show = input.type === "password";
    input.type = show ? "text" : "password";
    button.setAttribute("aria-pressed", String(show));
  });
}

// Going to another account asks first where something was typed and not sent.
let typed = false;
document.addEventListener("input", (event) => { if (event.target.closest("main form")) typed = true; });
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.asks;
  if (question && typed && !window.confirm(question)) event.preventDefault();
});

// [Print] appears only where it can work; the PDF beside it always does.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// The switch of somebody enrolled opens the question; without this file its form leads to a page that asks the same.
for (const opener of document.querySelectorAll("form[data-opens]")) {
  const dialog = document.getElementById(opener.dataset.opens);
  opener.addEventListener("submit", (event) => { event.preventDefault(); dialog.showModal(); dialog.querySelector("[data-keep]").focus(); });
  dialog.querySelector("[data-keep]").addEventListener("click", (event) => { event.preventDefault(); dialog.close(); });
}
