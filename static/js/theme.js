// Runs before the first paint: the chosen theme, else the system's.
(() => {
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {
    try {
      return localStorage.getItem("exomark-theme") || "auto";
    } catch {
      return "auto"; // storage may be forbidden
    }
  };
  const apply = () => {
    const choice = chosen();
    root.dataset.themeChoice = choice;
    root.dataset.bsTheme = choice === "auto" ? (system.matches ? "dark" : "light") : choice;
    document.dispatchEvent(new CustomEvent("exomark:theme"));
  };
  const mark = () => {
    for (const button of document.querySelectorAll("[data-theme-choice]:is(button)")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === chosen()));
    }
  };
  root.classList.add("js");
  apply();
  system.addEventListener("change", apply);
  document.addEventListener("DOMContentLoaded", mark);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-theme-choice]");
    if (!button) return;
    try {
      localStorage.setItem("exomark-theme", button.dataset.themeChoice);
    } catch {
      return;
    }
    apply();
    mark();
  });
})();
