// What Django's admin leaves without a name that a screen reader could say. Named here rather than in copies of
// Django's templates, which would have to be compared with each new version; half of it is made by scripts anyway.
(() => {
  const each = (selector, mend) => document.querySelectorAll(selector).forEach(mend);
  const words = (element) => (element?.textContent ?? "").replace(/\s+/g, " ").trim().replace(/:$/, "");
  const labelOf = (field) => document.querySelector(`label[for="${field.id}"], label#${field.id}_label`);

  const hidden = (tag, text) => {
    const element = document.createElement(tag);
    element.className = "visually-hidden";
    element.textContent = text;
    return element;
  };

  // Which of the rows that belong to a form an element is in.
  const rowOf = (element) => {
    const part = element.closest(".inline-related[id]");
    if (!part) return "";
    const number = Number(part.id.split("-").pop()) + 1 || ""; // the pattern for new rows has none
    const own = words(part.querySelector(".inline_label")).replace(/^#.*/, "");
    return `${words(part.querySelector("h3 b"))} ${number} ${own}`.trim();
  };

  // A label whose field is replaced by something else that is typed into.
  const relabel = (field, substitute) => {
    const label = labelOf(field);
    if (!label || !substitute) return;
    if (!label.id) {
      label.id = `${field.id}_label`;
      label.addEventListener("click", () => substitute.focus());
    }
    label.removeAttribute("for");
    const own = substitute.getAttribute("aria-labelledby") ?? "";
    if (!own.includes(label.id)) substitute.setAttribute("aria-labelledby", `${label.id} ${own}`.trim());
  };

  // What a script says of one element is said of another, now and later.
  const pass = (from, to, attribute, as = attribute) => {
    const move = () => {
      if (!from.hasAttribute(attribute)) return;
      to.setAttribute(as, from.getAttribute(attribute));
      from.removeAttribute(attribute);
    };
    new MutationObserver(move).observe(from, { attributeFilter: [attribute] });
    move();
  };

  const name = () => {
    each("fieldset:not(:has(> legend))", (fieldset) => fieldset.prepend(hidden("legend", "")));
    each("fieldset > legend.visually-hidden", (legend) => {
      const fieldset = legend.parentElement;
      const row = rowOf(fieldset);
      const own = fieldset.querySelector(":scope > .fieldset-heading, :scope > details > summary > .fieldset-heading");
      const heading = own ?? document.getElementById(fieldset.getAttribute("aria-labelledby"));
      if (row) fieldset.removeAttribute("aria-labelledby"); // the same heading is in each row
      legend.textContent = `${words(heading)} ${row}`.trim() || words(document.querySelector("h1"));
    });

    // Boxes to tick for one question are a group.
    each("label:not([for]) + div:has(> div > label > input)", (group) => {
      group.setAttribute("role", "group");
      group.ariaLabel = `${words(group.previousElementSibling)} ${rowOf(group)}`.trim();
    });
    each(".vDateField, .vTimeField", (field) => {
      if (field.labels.length || field.ariaLabel) return;
      const label = words(field.closest(".fieldBox, .form-row")?.querySelector("label"));
      field.ariaLabel = `${label}: ${field.matches(".vDateField") ? "Datum" : "Uhrzeit"}`;
    });
    each(".date-icon:empty, .clock-icon:empty", (icon) => icon.append(hidden("span", icon.title)));
    each(".calendarbox, .clockbox", (box) => {
      box.setAttribute("role", "dialog");
      box.ariaLabel = box.matches(".calendarbox") ? "Kalender" : "Uhrzeit";
    });
    each("input.hidden[name=username]", (field) => { field.ariaLabel = "Benutzername"; });
    each(".related-widget-wrapper-link img", (image) => { image.alt = image.parentElement.title; });

    // Without actions and without fields in its rows a list has nothing to send.
    each("#changelist-form:not(:has([type=submit])), #content-main > form:not(:has([type=submit]))", (form) => form.replaceWith(...form.childNodes));
    each("#searchbar", (field) => { field.ariaLabel = "Suchen"; });

    // In tables the heading of the column is the label.
    each("#result_list tbody th", (heading) => { heading.scope = "row"; });
    each(".tabular thead th", (heading) => {
      heading.scope = "col";
      if (!words(heading)) heading.append(hidden("span", heading.matches(".original") ? "Zeile" : "Entfernen"));
    });
    each("td input:not([type=hidden]), td select, td textarea", (field) => {
      const cell = field.closest("td");
      const heading = cell.closest("table").tHead?.rows[0].cells[cell.cellIndex];
      if (field.labels.length || field.ariaLabel || !heading) return;
      field.ariaLabel = `${words(heading)} ${words(cell.parentElement.querySelector("th, .original p"))}`.trim();
    });

    // Fields that offer what they find while one is typing (Select2): what is typed into is the combobox.
    each("select.select2-hidden-accessible", (select) => {
      const box = select.nextElementSibling.querySelector(".select2-selection");
      const field = box.querySelector(".select2-search__field");
      relabel(select, select);
      relabel(select, field ?? box);
      box.querySelector("ul")?.setAttribute("role", "none");
      for (const attribute of ["role", "aria-readonly"]) box.querySelector(".select2-selection__rendered:not(ul)")?.removeAttribute(attribute);
      if (!field) box.setAttribute("role", "button");
      else if (box.hasAttribute("role")) {
        for (const attribute of ["role", "aria-haspopup", "aria-disabled"]) box.removeAttribute(attribute);
        field.type = "text";
        field.setAttribute("role", "combobox");
        field.setAttribute("aria-haspopup", "listbox");
        pass(box, field, "aria-expanded");
        pass(box, field, "aria-owns", "aria-controls");
      }
    });
    // The two lists of which the left one feeds the right one.
    each(".selector-available select", ({ id }) => {
      each(`label[for="${id.replace(/_from$/, "")}"]`, (label) => label.removeAttribute("for"));
    });
    each(".selector .help-tooltip[aria-label]", (icon) => {
      icon.append(hidden("span", icon.ariaLabel));
      icon.removeAttribute("aria-label");
    });

    each(".prose-editor textarea", (textarea) => {
      const editor = textarea.closest(".prose-editor");
      relabel(textarea, textarea);
      relabel(textarea, editor.querySelector("[contenteditable]"));
      // The icons are words of a font, which nobody should hear or see as words.
      editor.querySelectorAll("button.material-icons:not(:empty)").forEach((button) => {
        button.dataset.icon = button.textContent;
        button.textContent = "";
      });
    });
  };

  document.getElementById("logout-form")?.setAttribute("aria-label", "Abmelden");

  // It is the button that opens and closes.
  const navigation = document.getElementById("nav-sidebar");
  if (navigation) pass(navigation, document.getElementById("toggle-nav-sidebar"), "aria-expanded");

  window.django?.jQuery(document).on("select2:open", ({ target }) => {
    const label = words(document.getElementById(`${target.id}_label`));
    each(".select2-container--open .select2-dropdown", (dropdown) => {
      dropdown.setAttribute("role", "dialog");
      for (const element of [dropdown, ...dropdown.querySelectorAll(".select2-search__field, .select2-results__options")]) element.ariaLabel = label;
      dropdown.querySelector(".select2-results__options").removeAttribute("aria-expanded");
    });
  });

  // After Django's and the editor's own scripts, which wait for the same events.
  for (const event of ["formset:added", "prose-editor:ready"]) document.addEventListener(event, () => setTimeout(name));
  window.addEventListener("load", () => setTimeout(name));
})();
