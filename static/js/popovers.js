// Puts a popover beside what opened it; the browser alone would put it in the middle of the screen.
document.addEventListener(
  "toggle",
  (event) => {
    const panel = event.target;
    if (event.newState !== "open" || !panel.matches("[popover]")) return;
    const opener = document.querySelector(`[popovertarget="${panel.id}"]:not([popovertargetaction="hide"])`);
    if (!opener) return;
    const anchor = opener.getBoundingClientRect();
    const gap = 4;
    const left = Math.max(8, Math.min(anchor.left, window.innerWidth - panel.offsetWidth - 8));
    const below = anchor.bottom + gap;
    const fits = below + panel.offsetHeight < window.innerHeight - 8;
    const above = Math.min(anchor.top - gap, window.innerHeight - 8) - panel.offsetHeight;
    const top = fits ? below : Math.max(8, above);
    panel.style.inset = `${top}px auto auto ${left}px`;
    panel.style.margin = "0";
  },
  true,
);
