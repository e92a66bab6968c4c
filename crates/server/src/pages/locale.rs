//! Choosing the reader's language.

/// How many language ranges of a header or parameter are looked at: people list a handful.
const MAX_RANGES: usize = 16;

/// A language that the pages speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Locale {
    /// English, for everybody who asks for nothing else.
    #[default]
    English,
    /// German.
    German,
}

impl Locale {
    /// Every locale.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// The language tag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// Chooses by the request's `ui_locales` first, then by the browser's `Accept-Language`.
    ///
    /// Spec: [OpenID Connect Core 1.0 §3.1.2.1](https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest)
    /// and [RFC 9110 §12.5.4](https://www.rfc-editor.org/rfc/rfc9110#section-12.5.4).
    /// A language that the pages do not speak is no error: the next one is tried, English at last.
    #[must_use]
    pub fn negotiate(ui_locales: Option<&str>, accept_language: Option<&str>) -> Self {
        ui_locales
            .and_then(Self::from_ui_locales)
            .or_else(|| accept_language.and_then(Self::from_accept_language))
            .unwrap_or_default()
    }

    fn from_ui_locales(value: &str) -> Option<Self> {
        value.split_ascii_whitespace().take(MAX_RANGES).find_map(Self::from_tag)
    }

    fn from_accept_language(value: &str) -> Option<Self> {
        let mut best: Option<(Self, u16)> = None;
        for range in value.split(',').take(MAX_RANGES) {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
            let Some(locale) = Self::from_range(tag.trim()) else { continue };
            let weight = weight_of(parameters);
            if weight > best.map_or(0, |(_, weight)| weight) {
                best = Some((locale, weight));
            }
        }
        best.map(|(locale, _)| locale)
    }

    fn from_range(range: &str) -> Option<Self> {
        if range == "*" { Some(Self::default()) } else { Self::from_tag(range) }
    }

    fn from_tag(tag: &str) -> Option<Self> {
        let language = tag.split('-').next().unwrap_or(tag);
        Self::ALL.into_iter().find(|locale| language.eq_ignore_ascii_case(locale.tag()))
    }
}

/// Reads `q=0.8` in thousandths; what cannot be read counts as full weight.
fn weight_of(parameters: &str) -> u16 {
    let Some(value) = parameters.trim().strip_prefix("q=") else { return 1000 };
    let Some((whole, fraction)) = value.split_once('.') else {
        return if value == "0" { 0 } else { 1000 };
    };
    if whole != "0" {
        return 1000;
    }
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    digits.parse().unwrap_or(1000)
}

#[cfg(test)]
mod tests {
    use super::Locale::{self, English, German};

    #[test]
    fn the_request_goes_before_the_browser_and_weights_decide() {
        for (ui_locales, accept_language, expected) in [
            (None, None, English),
            (None, Some(""), English),
            (None, Some("de"), German),
            (None, Some("DE-at, en;q=0.9"), German),
            (None, Some("en;q=0.3, de;q=0.35"), German),
            (None, Some("de;q=0, en;q=0.1"), English),
            (None, Some("fr, *;q=0.5, de;q=0.4"), English),
            (None, Some("fr-FR,ja"), English),
            (None, Some("den"), English),
            (None, Some("de;q=oops"), German),
            (Some("de en"), Some("en"), German),
            (Some("fr de-CH"), Some("en"), German),
            (Some("fr"), Some("de"), German),
            (Some("  "), Some("de"), German),
        ] {
            let got = Locale::negotiate(ui_locales, accept_language);
            assert_eq!(got, expected, "{ui_locales:?} {accept_language:?}");
        }
    }
}
