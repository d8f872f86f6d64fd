// Whoever has signed in again in another tab has a new token; with it one click is enough.
(() => {
  const form = document.getElementById("kept");
  form.addEventListener("submit", () => {
    const token = document.cookie.match(/(?:^|; )(?:__Secure-)?csrftoken=([^;]+)/);
    if (token) form.elements.csrfmiddlewaretoken.value = token[1];
  });
})();
