// Sends the authorization response on its way without a click.
document.querySelector("form[data-form-post]")?.submit();
