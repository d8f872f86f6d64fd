for (const type of ["keydown", "click", "focusin"]) addEventListener(type, ({ target, key }) => {
  const panel = document.querySelector("[data-panel][open]");
  if (!panel || (key ? key != "Escape" : panel.contains(target))) return;
  panel.open = false;
  if (key) panel.firstElementChild.focus();
});
