{
  const close = (inside, back) => document.querySelectorAll("[data-panel][open]").forEach(panel => {
    if (panel.contains(inside)) return;
    panel.open = false;
    if (back) panel.firstElementChild.focus();
  });
  addEventListener("keydown", event => event.key == "Escape" && close(null, true));
  addEventListener("click", event => close(event.target));
  addEventListener("focusin", event => close(event.target));
}
