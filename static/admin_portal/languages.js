// Shows one language at a time in forms with many, German beside it. Without it all languages are there.
(() => {
  const form = document.querySelector("#content-main form");
  const list = document.getElementById("language-names");
  if (!form || !list) return;
  const names = JSON.parse(list.textContent);
  const rows = [];

  const collect = (root) => {
    for (const field of root.querySelectorAll(".mt")) {
      const row = field.closest(".form-row");
      // The hidden pattern that Django copies for a new row stays untouched; its copies are collected when added.
      if (!row || row.dataset.language || row.closest(".empty-form")) continue;
      row.dataset.language = field.lang;
      rows.push({ row, field });
    }
  };
  collect(form);
  if (!rows.length) return;

  const bar = document.createElement("div");
  bar.className = "language-bar";
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", "Sprache der Eingabefelder");
  const buttons = Object.entries(names).map(([code, name]) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.dataset.language = code;
    button.addEventListener("click", () => show(code));
    bar.append(button);
    return button;
  });
  form.prepend(bar);
  // The editor's buttons stay in sight, too, below this bar.
  new ResizeObserver(() => {
    const height = getComputedStyle(bar).position === "sticky" ? bar.offsetHeight : 0;
    form.style.setProperty("--language-bar", `${height}px`);
  }).observe(bar);

  const show = (code) => {
    sessionStorage.setItem("language", code);
    form.dataset.editing = code;
    for (const { row } of rows) row.hidden = ![code, "de"].includes(row.dataset.language);
    for (const button of buttons) {
      const own = rows.filter(({ row }) => row.dataset.language === button.dataset.language);
      const filled = own.filter(({ field }) => field.value.trim()).length;
      const expected = rows.filter(({ row, field }) => row.dataset.language === "de" && field.value.trim()).length;
      button.setAttribute("aria-pressed", button.dataset.language === code);
      button.classList.toggle("incomplete", filled < expected);
      button.classList.toggle("errors", own.some(({ row }) => row.classList.contains("errors")));
      button.title = filled < expected ? `${filled} von ${expected} Texten` : "";
    }
  };

  document.addEventListener("formset:added", (event) => {
    collect(event.target);
    show(form.dataset.editing);
  });
  const wrong = rows.find(({ row }) => row.classList.contains("errors"));
  show(wrong?.row.dataset.language ?? sessionStorage.getItem("language") ?? "de");
})();
