// The frame: navigation on narrow screens, menus that close, messages that can be put away, focus after a refused form.
(() => {
  const closeMenus = (except) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (menu !== except) menu.open = false;
    }
  };

  document.addEventListener("click", (event) => {
    closeMenus(event.target.closest("details.menu"));
    const toggle = event.target.closest("[data-nav-toggle]");
    if (toggle) {
      const isOpen = toggle.getAttribute("aria-expanded") === "true";
      toggle.setAttribute("aria-expanded", String(!isOpen));
      document.getElementById(toggle.getAttribute("aria-controls")).classList.toggle("is-open", !isOpen);
    }
    const dismiss = event.target.closest("[data-dismiss-message]");
    if (dismiss) dismiss.closest(".message").remove();
    const copy = event.target.closest("[data-copy]");
    if (copy) copyText(copy);
    const print = event.target.closest("[data-print]");
    if (print) window.print();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.querySelector("details.menu[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });

  const copyText = async (button) => {
    await navigator.clipboard.writeText(button.dataset.copy);
    announce(button.dataset.copied);
    button.classList.add("is-copied");
    setTimeout(() => button.classList.remove("is-copied"), 1500);
  };

  const announce = (sentence) => {
    document.getElementById("live").textContent = sentence;
  };

  const focusRefusal = (root) => {
    const summary = root.querySelector("[data-error-summary]");
    if (summary) summary.focus();
  };

  // Paper cannot be unfolded.
  let folded = [];
  window.addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("main details:not([open])")];
    for (const part of folded) part.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const part of folded) part.open = false;
  });

  document.addEventListener("DOMContentLoaded", () => focusRefusal(document));
  document.addEventListener("htmx:afterSwap", (event) => focusRefusal(event.target));

  // A part of a page that cannot be fetched says so once, where everybody sees it.
  const tellFailure = () => {
    const region = document.getElementById("messages");
    if (region.querySelector("[data-request-failed]")) return;
    region.append(document.getElementById("request-failed").content.cloneNode(true));
  };
  document.addEventListener("htmx:responseError", tellFailure);
  document.addEventListener("htmx:sendError", tellFailure);

  // A whole page in answer to a part's request is the log-in: the session has ended.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!/^\s*<!doctype/i.test(event.detail.xhr.responseText)) return;
    event.detail.shouldSwap = false;
    window.location.reload();
  });
})();
