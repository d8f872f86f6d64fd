// Whoever writes is there, though the server hears nothing of it; whoever is not is warned five minutes before.
(() => {
  const { idle, ask } = document.currentScript.dataset;
  const EVERY = 240_000, WARN = 300_000;
  const tabs = new BroadcastChannel("session");
  let last = Date.now();
  let box;

  const seen = () => {
    last = Date.now();
    box?.remove();
    box = undefined;
  };

  const stay = async () => {
    last = Date.now(); // not again for each letter, whatever the answer
    const answer = await fetch(ask, { redirect: "manual" }).catch(() => undefined);
    if (answer?.status === 204) {
      seen();
      tabs.postMessage("seen");
    } else if (answer) show("Sie sind abgemeldet. Was Sie geschrieben haben, steht noch hier: Melden Sie sich in einem neuen Tab an und sichern Sie dann.");
  };

  const show = (text, button) => {
    box ??= document.createElement("div");
    box.id = "session-ends";
    box.setAttribute("role", "alert");
    const words = document.createElement("p");
    words.textContent = text;
    box.replaceChildren(words);
    if (button) {
      const more = document.createElement("button");
      more.type = "button";
      more.className = "button";
      more.textContent = button;
      more.addEventListener("click", stay);
      box.append(more);
    }
    if (!box.isConnected) document.getElementById("content-start")?.prepend(box);
  };

  tabs.addEventListener("message", seen);
  document.addEventListener("input", () => {
    if (Date.now() - last > Math.min(EVERY, (idle * 1000) / 3)) stay();
  });
  setInterval(() => {
    const left = idle * 1000 - (Date.now() - last);
    if (left < 0) show("Sie waren länger nicht da und sind abgemeldet. Was Sie geschrieben haben, steht noch hier: Melden Sie sich in einem neuen Tab an und sichern Sie dann.");
    else if (left < Math.min(WARN, (idle * 1000) / 2) && !box) show("Sind Sie noch da? In wenigen Minuten werden Sie abgemeldet.", "Weiterarbeiten");
  }, 15_000);
})();
