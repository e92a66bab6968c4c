//! What samples put wherever a value comes from outside.

/// Markup, quotes, a template's braces, a message's place, and overrides of the writing direction.
pub(super) const HOSTILE: &str =
    "<script>alert('x')</script>\" onload=\"alert(1) {{7*7}} {client} \u{202e}evil\u{2066} &amp;";

/// A name without a place to break.
pub(super) const LONG: &str = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamten\
    gesellschaftsangelegenheitenverwaltungsabteilungsleiterstellvertreterinnenausweisnummernkreis";
