// Filters a timeline by kind; no kind pressed shows all.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-timeline-kind]");
  if (!button) return;
  button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
  const timeline = button.closest("[data-timeline]");
  const wanted = [...timeline.querySelectorAll("[data-timeline-kind][aria-pressed=true]")].map(
    (pressed) => pressed.dataset.timelineKind,
  );
  for (const entry of timeline.querySelectorAll("[data-kind]")) {
    entry.hidden = wanted.length > 0 && !wanted.includes(entry.dataset.kind);
  }
});
