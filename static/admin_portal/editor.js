// What the portal adds to the editor: the language of a part, German words on the buttons, and their state for all.
import { Mark, updateAttrsDialog } from "django-prose-editor/editor";

const names = JSON.parse(document.getElementById("language-names")?.textContent ?? "{}");
const NONE = "– wie der übrige Text –";
const codeOf = (name) => Object.keys(names).find((code) => names[code] === name);

const chooseLanguage = async (editor) => {
  const current = editor.getAttributes("languageOfPart").lang;
  const properties = { language: { title: "Sprache", enum: [NONE, ...Object.values(names)] } };
  const options = { title: "Sprache dieser Stelle", submitText: "Übernehmen" };
  const answer = await updateAttrsDialog(properties, options)(editor, { language: names[current] ?? NONE });
  if (!answer) return editor.commands.focus();
  const lang = codeOf(answer.language);
  const chain = editor.chain().focus();
  if (editor.state.selection.empty) chain.extendMarkRange("languageOfPart");
  (lang ? chain.setMark("languageOfPart", { lang }) : chain.unsetMark("languageOfPart")).run();
};

export const LanguageOfPart = Mark.create({
  name: "languageOfPart",
  priority: 101, // bold words within a part do not split it

  addAttributes() {
    return { lang: { default: null } }; // the direction follows from it, on the server
  },

  parseHTML() {
    return [{ tag: "span[lang]", getAttrs: (element) => element.lang in names && null }];
  },

  renderHTML({ HTMLAttributes }) {
    return ["span", HTMLAttributes, 0];
  },

  addMenuItems({ buttons, menu }) {
    menu.defineItem({
      name: "languageOfPart",
      groups: "language",
      button: buttons.material("translate", "Sprache dieser Stelle"),
      enabled: (editor) => !editor.state.selection.empty || editor.isActive("languageOfPart"),
      active: (editor) => editor.isActive("languageOfPart"),
      command: chooseLanguage,
    });
  },
});

const GERMAN = {
  heading2: "große Überschrift",
  heading3: "kleine Überschrift",
  paragraph: "normaler Text",
  bulletList: "Liste mit Punkten",
  orderedList: "Liste mit Zahlen",
  bold: "fett",
  link: "Link setzen (vorher Text markieren)",
  unlink: "Link entfernen",
  languageOfPart: "Sprache dieser Stelle (vorher Text markieren)",
  "history:undo": "rückgängig",
  "history:redo": "wiederholen",
};

const improve = (editor, textarea) => {
  const box = textarea.closest(".prose-editor");
  const buttons = box.querySelectorAll("button[data-name]");
  for (const button of buttons) {
    const words = GERMAN[button.dataset.name];
    if (!words) continue;
    button.title = words;
    button.setAttribute("aria-label", words);
  }
  const showState = () => {
    for (const button of buttons) {
      const { name } = button.dataset;
      button.setAttribute("aria-disabled", button.classList.contains("disabled"));
      if (!name.startsWith("history")) button.setAttribute("aria-pressed", button.classList.contains("active"));
    }
  };
  editor.on("transaction", showState);
  showState();
  const text = box.querySelector(".ProseMirror");
  text.setAttribute("role", "textbox");
  text.setAttribute("aria-multiline", "true");
  text.setAttribute("aria-label", document.querySelector(`label[for="${textarea.id}"]`)?.textContent.trim() ?? "Text");
  if (textarea.lang) text.lang = textarea.lang;
};

// The toolbar comes with the editor's "create", a moment after it is ready.
document.addEventListener("prose-editor:ready", ({ detail: { editor, textarea } }) => {
  editor.on("create", () => improve(editor, textarea));
});
