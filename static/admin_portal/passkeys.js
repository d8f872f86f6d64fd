// A passkey instead of a code. Where the browser knows none, the page says so or shows nothing of it.
(() => {
  const button = document.getElementById("passkey");
  if (!button) return;
  const said = document.getElementById("passkey-error");
  const { begin, complete, done } = button.dataset;
  const creates = "done" in button.dataset;

  if (!window.PublicKeyCredential?.parseCreationOptionsFromJSON) {
    said.textContent = button.dataset.unknown;
    return;
  }
  button.hidden = false;

  const send = async (url, body) => {
    const answer = await fetch(url, {
      method: "POST",
      redirect: "error",
      headers: {
        "Content-Type": "application/json",
        "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value,
      },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(answer.status);
    return answer.json();
  };

  const why = (error) => {
    if (error.name === "NotAllowedError" || error.name === "AbortError") return "Abgebrochen. Sie können es noch einmal versuchen.";
    if (error.name === "InvalidStateError") return "Auf diesem Gerät gibt es schon einen Passkey für Ihr Konto.";
    if (error.name === "SecurityError") return "Unter dieser Adresse gehen keine Passkeys. Bitte nehmen Sie die App.";
    return creates
      ? "Das hat nicht geklappt. Bitte laden Sie die Seite neu und versuchen Sie es noch einmal."
      : "Das hat nicht geklappt. Bitte versuchen Sie es noch einmal, oder nehmen Sie einen Code.";
  };

  button.addEventListener("click", async () => {
    button.disabled = true;
    said.textContent = "";
    try {
      const asked = await send(begin, {});
      const credential = creates
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked) });
      const answer = await send(complete, credential.toJSON());
      location.assign(done ?? answer.redirect_url);
    } catch (error) {
      said.textContent = why(error);
      button.disabled = false;
      button.focus();
    }
  });
})();
