// Ctrl+Enter anywhere in the form saves and goes on. Without it there are the buttons.
document.getElementById("translation_form")?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  document.querySelector("#translation_form [name=_next]").click();
});
