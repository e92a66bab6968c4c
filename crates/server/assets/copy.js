// Shows a page's copy buttons, which only work with scripts, and lets them copy the text of the
// element that they name.
for (const button of document.querySelectorAll("[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  const status = button.parentElement.querySelector("[data-copy-status]");
  if (!source || !navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.innerText);
      status.textContent = button.dataset.copied;
    } catch {
      // Not allowed here: select it, so that the keyboard's own copy takes it.
      getSelection().selectAllChildren(source);
    }
  });
}
