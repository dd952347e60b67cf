// One field for searching and scanning: `/` reaches it from anywhere, a scanner's Enter sends it.
(() => {
  const isTyping = (element) =>
    element.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(element.tagName) || element.closest("dialog");

  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const field = document.getElementById("scan");
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.select();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.id === "scan") {
      event.target.value = "";
      event.target.blur();
    }
  });
})();
