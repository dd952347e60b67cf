// Native dialogs: `data-opens="id"` opens one, `data-closes` closes it; one with errors in it opens itself.
(() => {
  const open = (dialog) => {
    if (!dialog.open) dialog.showModal();
    const first = dialog.querySelector("[aria-invalid=true], textarea, input:not([type=hidden])");
    if (first) first.focus();
  };

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) {
      event.preventDefault();
      open(document.getElementById(opener.dataset.opens));
    }
    if (event.target.closest("[data-closes]")) event.target.closest("dialog").close();
    if (event.target.tagName === "DIALOG" && event.target.dataset.dismissable !== undefined) event.target.close();
  });

  const openRefused = (root) => {
    const refused = root.querySelector("dialog[data-open-at-once]");
    if (refused) open(refused);
  };
  document.addEventListener("DOMContentLoaded", () => openRefused(document));
  document.addEventListener("htmx:afterSwap", (event) => openRefused(event.target));
})();
