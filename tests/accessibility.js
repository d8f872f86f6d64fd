// Questions to a page, for test_accessibility.py. Each answers with a list of what is wrong: empty is good.

const CONTROLS = `a[href], area[href], button, input:not([type=hidden]), select, textarea, summary, iframe, [contenteditable],
  [tabindex]:not([tabindex="-1"]), [role=button], [role=link], [onclick]`;
const MEANT_FOR_FINGERS = ".button, .tool, .menu a, .language-switch a, summary, input, select, textarea, .file, .more, .link-list a, .tile a, .brand, .pagination a";

const called = element => {
  const text = (element.getAttribute("aria-label") ?? element.innerText ?? "").trim().replace(/\s+/g, " ");
  return `<${[element.localName, ...element.classList].join(".")}${element.id && "#" + element.id}> ${text.slice(0, 40)}`;
};
const shown = element =>
  element.checkVisibility({ visibilityProperty: true }) &&
  !hasAncestor(element, ancestor => getComputedStyle(ancestor).clip != "auto" || getComputedStyle(ancestor).clipPath == "inset(50%)");
const hasAncestor = (element, test) => {
  for (; element; element = element.parentElement) if (test(element)) return element;
};
const controls = (root = document) =>
  [...root.querySelectorAll(CONTROLS)].filter(
    element => shown(element) && !element.disabled && (element.localName != "summary" || element.matches("details > summary:first-child"))
  );

/** Every piece of text that can be seen: its element and its lines' rectangles. */
const texts = (root = document.body) => {
  const found = [], walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT), range = document.createRange();
  for (let node; (node = walker.nextNode());) {
    const element = node.parentElement;
    if (!node.data.trim() || element.closest("script, style, option") || !shown(element)) continue;
    range.selectNodeContents(node);
    found.push({ text: node.data.trim().replace(/\s+/g, " "), element, lines: [...range.getClientRects()].filter(r => r.width > 1) });
  }
  return found;
};

// Colours --------------------------------------------------------------------------------------------

const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
const known = {};
const rgba = colour => known[colour] ??= (() => {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
  return [r, g, b, a / 255];
})();
const over = ([r, g, b, a], under) => [r, g, b].map((value, i) => value * a + under[i] * (1 - a));
/** What lies behind: the backgrounds of the element and of all around it, one over the other. */
const ground = element => {
  if (!element) return rgba("Canvas");
  const colour = rgba(getComputedStyle(element).backgroundColor);
  return colour[3] == 1 ? colour : over(colour, ground(element.parentElement));
};
const brightness = element => {
  let value = 1;
  hasAncestor(element, ancestor => { value *= getComputedStyle(ancestor).filter.match(/brightness\(([\d.]+)\)/)?.[1] ?? 1; });
  return value;
};
const luminance = colour =>
  [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => {
    const value = Math.min(colour[i] / 255, 1);
    return sum + weight * (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  }, 0);
const contrast = (one, other) => {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
};

/** 1.4.3: 4.5 to 1, and 3 to 1 for large text. */
function weakText() {
  return texts().flatMap(({ text, element }) => {
    const style = getComputedStyle(element), size = parseFloat(style.fontSize), light = brightness(element);
    const under = ground(element), wanted = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    const [one, other] = [over(rgba(style.color), under), under].map(colour => colour.map(value => value * light));
    const found = contrast(one, other);
    return found < wanted ? [`${found.toFixed(2)} ${called(element)} „${text.slice(0, 30)}“`] : [];
  });
}

/** 1.4.11: the edges of fields and buttons and the lines of icons, 3 to 1. */
function weakShapes() {
  const wrong = [];
  for (const element of document.querySelectorAll("input, select, textarea, button, .button, .icon, hr[role], [role=img]")) {
    if (!shown(element) || element.type == "hidden") continue;
    const style = getComputedStyle(element), around = ground(element.parentElement);
    const candidates = element.matches(".icon")
      ? [[style.stroke == "none" ? style.fill : style.stroke, ground(element)]]
      : [[style.backgroundColor, around], ...(parseFloat(style.borderTopWidth) >= 1 && style.borderTopStyle != "none" ? [[style.borderTopColor, around]] : [])];
    const best = Math.max(...candidates.map(([colour, under]) => contrast(over(rgba(colour), under), under)));
    if (best < 3) wrong.push(`${best.toFixed(2)} ${called(element)} in ${called(element.parentElement)}`);
  }
  return wrong;
}

/** 1.4.1: a link amid other words is told from them by more than its colour. */
function linksOnlyByColour() {
  return [...document.querySelectorAll("main a[href], footer a[href], .notices a[href]")].filter(link => {
    if (!shown(link) || getComputedStyle(link).display != "inline") return false;
    const block = hasAncestor(link.parentElement, element => getComputedStyle(element).display != "inline");
    const without = block.cloneNode(true);
    without.querySelectorAll("a, svg").forEach(element => element.remove());
    if (block.localName.match(/^h\d$/) || !/\p{L}{2}/u.test(without.textContent)) return false;
    return !hasAncestor(link, element => getComputedStyle(element).textDecorationLine.includes("underline"));
  }).map(called);
}

// Keyboard -------------------------------------------------------------------------------------------

/** 2.4.7 and 1.4.11: a ring of two pixels or more that is told from what it lies on. */
function unseenFocus(root = document) {
  return controls(root).flatMap(element => {
    const look = () => { const s = getComputedStyle(element); return [s.outlineStyle, s.outlineWidth, s.outlineColor].join(" "); };
    document.activeElement?.blur();
    const before = look();
    element.focus({ focusVisible: true });
    if (document.activeElement != element) return [`takes no focus: ${called(element)}`];
    const style = getComputedStyle(element), width = parseFloat(style.outlineWidth), offset = parseFloat(style.outlineOffset);
    if (look() == before || style.outlineStyle == "none" || width < 2) return [`no ring: ${called(element)}`];
    const grounds = [...(offset + width > 0 ? [ground(element.parentElement)] : []), ...(offset < 0 ? [ground(element)] : [])];
    const weakest = Math.min(...grounds.map(under => contrast(over(rgba(style.outlineColor), under), under)));
    if (weakest < 3) return [`${weakest.toFixed(2)} ${called(element)}`];
    const cut = hasAncestor(element.parentElement, ancestor => {
      if (getComputedStyle(ancestor).overflow == "visible" || ancestor == document.body) return false;
      const box = ancestor.getBoundingClientRect();
      return [...element.getClientRects()].some(r => r.left - offset < box.left || r.right + offset > box.right || r.top - offset < box.top || r.bottom + offset > box.bottom);
    });
    return cut ? [`ring cut off by ${called(cut)}: ${called(element)}`] : [];
  });
}

/** 2.4.11: what has the focus lies on top, at its middle and near its corners. */
function coveredFocus(root = document) {
  return controls(root).flatMap(element => {
    element.focus({ focusVisible: true });
    const inline = getComputedStyle(element).display == "inline"; // its box is higher than its line
    for (const r of element.getClientRects()) {
      if (r.width < 2 || r.height < 2) continue;
      const x = Math.min(5, r.width / 2), y = inline ? r.height * 0.3 : Math.min(5, r.height / 2);
      const points = [[r.left + r.width / 2, r.top + r.height / 2], [r.left + x, r.top + y], [r.right - x, r.top + y], [r.left + x, r.bottom - y], [r.right - x, r.bottom - y]];
      for (const [px, py] of points) {
        if (py < 0 || py >= innerHeight) continue; // higher than the window, as a text field may be on a phone
        const top = document.elementFromPoint(px, py);
        if (!top || !element.contains(top)) return [`${called(element)} under ${top ? called(top) : "the edge of the window"}`];
      }
    }
    return [];
  });
}

// Size and space -------------------------------------------------------------------------------------

/** What a finger hits: a link stretched over its card is as large as the card. */
const target = element => {
  const after = getComputedStyle(element, "::after");
  const stretched = after.content != "none" && after.position == "absolute";
  const box = stretched ? hasAncestor(element, ancestor => getComputedStyle(ancestor).position != "static") : element;
  return box.getBoundingClientRect();
};

/** 2.5.8: 24 by 24, or alone in a circle of 24, or in a line of text; what is meant for fingers 44 high. */
function smallTargets() {
  const all = controls().filter(element => !element.matches(".skip-link")).map(element => ({ element, box: target(element) }));
  const small = all.filter(({ box }) => box.width < 23.9 || box.height < 23.9);
  const middle = box => [box.left + box.width / 2, box.top + box.height / 2];
  const inText = element => {
    if (getComputedStyle(element).display != "inline") return false;
    const block = hasAncestor(element.parentElement, ancestor => getComputedStyle(ancestor).display != "inline");
    return block.textContent.trim().length > element.textContent.trim().length + 2;
  };
  const crowded = ({ element, box }) => {
    const [x, y] = middle(box);
    return all.some(other => {
      if (other.element == element) return false;
      const [ox, oy] = middle(other.box), near = small.includes(other) && Math.hypot(ox - x, oy - y) < 24;
      const [nx, ny] = [Math.max(other.box.left, Math.min(x, other.box.right)), Math.max(other.box.top, Math.min(y, other.box.bottom))];
      return near || Math.hypot(nx - x, ny - y) < 12;
    });
  };
  const size = box => `${box.width.toFixed(0)}×${box.height.toFixed(0)}`;
  return [
    ...small.filter(each => !inText(each.element) && crowded(each)),
    ...all.filter(({ element, box }) => element.matches(MEANT_FOR_FINGERS) && box.height < 43.9),
  ].map(({ element, box }) => `${size(box)} ${called(element)}`);
}

/** 1.4.10 and 1.4.4: no text beyond the window or cut off by a box. A region that scrolls has a name and takes the focus. */
function lostText() {
  const width = document.documentElement.clientWidth, wrong = [];
  if (document.documentElement.scrollWidth > width) wrong.push(`the page is ${document.documentElement.scrollWidth} wide`);
  const scrolls = element => element.tabIndex == 0 && (element.ariaLabel || element.getAttribute("aria-labelledby"));
  for (const { text, element, lines } of texts()) {
    const cut = hasAncestor(element, ancestor => {
      const { overflowX, overflowY } = getComputedStyle(ancestor), box = ancestor.getBoundingClientRect();
      if (ancestor == document.documentElement) return lines.some(r => r.left < -1 || r.right > width + 1);
      return (
        (overflowX != "visible" && lines.some(r => r.left < box.left - 1 || r.right > box.right + 1)) ||
        (overflowY != "visible" && lines.some(r => r.top < box.top - 4 || r.bottom > box.bottom + 4))
      );
    });
    if (cut && !scrolls(cut)) wrong.push(`${called(cut)} cuts off „${text.slice(0, 40)}“`);
  }
  return wrong;
}

/** No text on other text. The middle of a line counts: the boxes of tall scripts touch where their letters do not. */
function textOnText() {
  const lines = texts().filter(({ element }) => !element.closest(".skip-link")).flatMap(({ text, element, lines }) =>
    lines.map(r => ({ text, element, left: r.left + 1, right: r.right - 1, top: r.top + r.height * 0.3, bottom: r.bottom - r.height * 0.3 }))
  ).sort((a, b) => a.top - b.top);
  const wrong = new Set();
  lines.forEach((one, i) => {
    for (let j = i + 1; j < lines.length && lines[j].top < one.bottom; j++) {
      const other = lines[j];
      if (other.left < one.right && one.left < other.right) wrong.add(`„${one.text.slice(0, 30)}“ and „${other.text.slice(0, 30)}“`);
    }
  });
  return [...wrong];
}

// Language and structure -----------------------------------------------------------------------------

const SCRIPTS = { Arabic: /[\p{Script=Arabic}&&\p{L}]/v, Cyrillic: /\p{Script=Cyrillic}/u, Ethiopic: /\p{Script=Ethiopic}/u, Latin: /\p{Script=Latin}/u };
const scriptOf = language => ({ ar: "Arabic", fa: "Arabic", ckb: "Arabic", ps: "Arabic", prs: "Arabic", ur: "Arabic", uk: "Cyrillic", ru: "Cyrillic", bg: "Cyrillic", mk: "Cyrillic", ti: "Ethiopic", am: "Ethiopic" })[language.split("-")[0]] ?? "Latin";

/** 3.1.2: text in another script says its language. In Arabic or Cyrillic, single Latin words, names set apart by bdi and names of websites in the links to them belong to no language. */
function unmarkedLanguages() {
  const wrong = [];
  const look = (text, element) => {
    const own = scriptOf(element.closest("[lang]").lang);
    for (const [script, letters] of Object.entries(SCRIPTS)) {
      if (script == own || !letters.test(text)) continue;
      if (script == "Latin") {
        if (element.closest("bdi:not([lang]), a[href^=http]")) continue;
        const plain = text.replace(/\S+@\S+|\S*\w\.\w\S*/g, "");
        const several = /\p{Script=Latin}{2,}[ ,]+\p{Script=Latin}{2,}/u.test(plain);
        const block = hasAncestor(element, ancestor => getComputedStyle(ancestor).display != "inline");
        const alone = !SCRIPTS[own].test((block ?? element).textContent) && /\p{Script=Latin}{3}\p{Ll}/u.test(plain);
        if (!several && !alone) continue;
      }
      wrong.push(`${script} in ${element.closest("[lang]").lang}: „${text.slice(0, 80)}“ ${called(element)}`);
    }
  };
  for (const { text, element } of texts()) look(text, element);
  for (const option of document.querySelectorAll("option")) look(option.label, option);
  for (const name of ["aria-label", "alt", "title", "placeholder"])
    for (const element of document.querySelectorAll(`body [${name}]`)) look(element.getAttribute(name), element);
  return wrong;
}

/** 1.3.1, 2.4.6: one h1, no level left out, every landmark there and told apart by its name. */
function unclearStructure() {
  const wrong = [], levels = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter(shown).map(h => +h.localName[1]);
  if (levels.filter(level => level == 1).length != 1) wrong.push(`h1: ${levels}`);
  if (levels.some((level, i) => level > (levels[i - 1] ?? level) + 1)) wrong.push(`level left out: ${levels}`);
  for (const heading of document.querySelectorAll("h1, h2, h3")) if (!heading.textContent.trim()) wrong.push("empty heading");
  for (const landmark of ["body > header", "main", "body > footer"])
    if ([...document.querySelectorAll(landmark)].filter(shown).length != 1) wrong.push(`not one ${landmark}`);
  const nameOf = element => element.ariaLabel || (element.getAttribute("aria-labelledby") && document.getElementById(element.getAttribute("aria-labelledby"))?.innerText) || "";
  for (const kind of ["nav", "aside", "search, [role=search]", "section[aria-label], section[aria-labelledby]"]) {
    const names = [...document.querySelectorAll(kind)].filter(shown).map(nameOf);
    if (names.length > 1 || kind == "nav" || kind.startsWith("section"))
      names.forEach((name, i) => { if (!name.trim() || names.indexOf(name) != i) wrong.push(`${kind} without a name of its own: „${name}“`); });
  }
  for (const { text, element } of texts())
    if (!element.closest("header, main, footer, nav, aside, .notices, .skip-link")) wrong.push(`outside of all landmarks: „${text}“`);
  return wrong;
}

// Users' own settings --------------------------------------------------------------------------------

/** prefers-reduced-motion: nothing moves and nothing would. */
function motion() {
  const wrong = document.getAnimations().map(animation => `moves: ${called(animation.effect.target)}`);
  for (const element of document.querySelectorAll("*"))
    for (const part of [null, "::before", "::after"]) {
      const style = getComputedStyle(element, part);
      if (style.scrollBehavior == "smooth" || /[1-9]/.test(style.animationDuration) || /[1-9]/.test(style.transitionDuration)) wrong.push(`${called(element)}${part ?? ""}`);
    }
  return wrong;
}

/** Forced colours: fields, buttons and boxes keep an edge, as their own ground is taken from them. */
function lostEdges() {
  return [...document.querySelectorAll("input, select, textarea, .button, .alert, .call, .card, .tags li")].filter(element => {
    const style = getComputedStyle(element);
    const edges = ["Top", "Right", "Bottom", "Left"].map(side => parseFloat(style[`border${side}Width`]) >= 1 && rgba(style[`border${side}Color`])[3] > 0);
    return element.type != "hidden" && shown(element) && !edges.includes(true);
  }).map(called);
}
