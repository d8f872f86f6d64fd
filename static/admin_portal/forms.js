// What a form that is longer than the screen owes to who fills it in.
(() => {
  const form = document.querySelector("#content-main form");
  if (!form) return;
  const words = (element) => (element?.textContent ?? "").replace(/\s+/g, " ").trim().replace(/:$/, "");
  const fields = "input:not([type=hidden], [type=submit]), select, textarea";

  const goTo = (field) => {
    for (let box = field.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
    const row = field.closest("[data-language]");
    if (row?.hidden) document.querySelector(`.language-bar [data-language="${row.dataset.language}"]`)?.click();
    const shown = field.offsetParent ? field : field.closest(".form-row, .fieldBox, .inline-related");
    shown.scrollIntoView({ block: "center" });
    (field.closest(".prose-editor")?.querySelector("[contenteditable]") ?? field).focus({ preventScroll: true });
  };

  // It came back with errors: which, and a way to each.
  const note = form.querySelector(".errornote");
  if (note) {
    const list = document.createElement("ul");
    for (const errors of form.querySelectorAll(".errorlist")) {
      if (errors.closest(".empty-form")) continue;
      const box = errors.closest(".fieldBox, .form-row, td, .inline-related, .inline-group") ?? form;
      const field = box.querySelector(`[aria-invalid="true"], .errors ${fields}`) ?? box.querySelector(fields);
      if (!field) continue;
      const part = box.closest(".inline-related");
      const own = box.matches(".fieldBox, .form-row") ? words(box.querySelector("label, legend")) : "";
      const which = part ? `${words(part.querySelector("h3 b"))} ${words(part.querySelector(".inline_label"))}`.trim() : "";
      const where = [which, own].filter(Boolean).join(", ");
      const said = [...errors.children].map(words).join(" ");
      const link = document.createElement("a");
      link.href = `#${field.id}`;
      link.textContent = [where, said].filter(Boolean).join(": ");
      link.addEventListener("click", (event) => { event.preventDefault(); goTo(field); });
      list.append(document.createElement("li"));
      list.lastChild.append(link);
    }
    if (list.childElementCount) note.append(list);
    return;
  }

  // Django lets one begin at the first thing there is; with buttons above the form that would be "Sichern".
  window.addEventListener("load", () => setTimeout(() => {
    if (!document.activeElement.closest(".submit-row, .language-bar")) return;
    [...form.querySelectorAll(`fieldset :is(${fields})`)].find((field) => field.offsetParent && !field.disabled)?.focus();
  }));
})();
