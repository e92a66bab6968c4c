//! Every sample of every page, in every locale, read by a strict reader.

use super::markup::{self, Element};
use super::samples::LONG;
use super::{
    Consent, ErrorPage, FormPost, Home, Lab, Locale, LogoutConfirm, Page, PageChrome, Permissions,
    SignIn, SignedOut, render,
};
use std::path::Path;

const TEMPLATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/templates");
/// Where the rendered samples are left for people to look at.
const GALLERY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/pages");

fn chrome(dev: bool) -> PageChrome<'static> {
    PageChrome { nonce: "bm9uY2U", dev, issuer: "http://localhost:7070" }
}

struct Rendered {
    name: String,
    html: String,
}

fn rendered_samples() -> Vec<Rendered> {
    let mut all = Vec::new();
    add::<SignIn<'_>>(&mut all, "sign-in");
    add::<Consent<'_>>(&mut all, "consent");
    add::<LogoutConfirm<'_>>(&mut all, "logout");
    add::<SignedOut<'_>>(&mut all, "signed-out");
    add::<ErrorPage<'_>>(&mut all, "error");
    add::<FormPost<'_>>(&mut all, "form-post");
    add::<Home>(&mut all, "home");
    add::<Lab>(&mut all, "lab");
    add::<Permissions>(&mut all, "permissions");
    all
}

fn add<P: Page>(all: &mut Vec<Rendered>, name: &str) {
    for locale in Locale::ALL {
        for (index, sample) in P::samples().iter().enumerate() {
            let html = render(sample, locale, &chrome(index == 0));
            all.push(Rendered { name: format!("{name}-{index}-{}", locale.tag()), html });
        }
    }
}

fn elements(page: &Rendered) -> Vec<Element> {
    markup::parse(&page.html).unwrap_or_else(|error| panic!("{}: {error}", page.name))
}

#[test]
fn every_sample_is_well_formed_and_keeps_the_rules() {
    std::fs::create_dir_all(GALLERY).unwrap();
    for page in rendered_samples() {
        let elements = elements(&page);
        assert_eq!(markup::broken_rules(&elements), Vec::<String>::new(), "{}", page.name);
        assert_eq!(elements[0].attribute("lang"), page.name.rsplit('-').next());
        std::fs::write(Path::new(GALLERY).join(format!("{}.html", page.name)), &page.html).unwrap();
    }
}

#[test]
fn hostile_values_stay_values() {
    for page in rendered_samples() {
        assert!(!page.html.contains("<script>"), "{}", page.name);
        assert!(!page.html.contains("onload=\""), "{}", page.name);
        for element in elements(&page).iter().filter(|element| element.name == "script") {
            let ours = element.attribute("src").is_some_and(|src| src.starts_with("/assets/"));
            assert!(ours || element.attribute("nonce") == Some("bm9uY2U"), "{}", page.name);
        }
    }
}

/// Text that comes from outside stands in an element that isolates its writing direction, without
/// the characters that could get out of it.
#[test]
fn foreign_text_is_isolated() {
    let mut seen = 0;
    for page in rendered_samples() {
        for element in elements(&page) {
            let steers = |c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            assert!(!element.text.contains(steers), "{}: {}", page.name, element.text);
            if element.text.contains("{{7*7}} {client} evil") || element.text.contains(LONG) {
                assert!(matches!(element.name.as_str(), "bdi" | "title"), "{}", page.name);
                seen += 1;
            }
        }
    }
    assert!(seen > 20, "the samples hold hostile values: {seen}");
}

#[test]
fn forms_post_what_their_endpoints_read() {
    let fields = |html: &str| -> Vec<String> {
        let elements = markup::parse(html).unwrap();
        let form = elements.iter().find(|e| e.name == "form").unwrap();
        let mut fields = vec![form.attribute("action").unwrap().to_owned()];
        for element in elements.iter().filter(|e| matches!(e.name.as_str(), "input" | "button")) {
            let name = element.attribute("name");
            fields.extend(name.map(|name| {
                match (element.name.as_str(), element.attribute("value")) {
                    ("button", Some(value)) => format!("{name}={value}"),
                    _ => name.to_owned(),
                }
            }));
        }
        fields
    };
    let page = |html: String| fields(&html).join(" ");
    let (locale, chrome) = (Locale::English, chrome(false));
    insta::assert_snapshot!(page(render(&SignIn::samples()[0], locale, &chrome)), @"/sign-in username password interaction csrf");
    insta::assert_snapshot!(page(render(&Consent::samples()[0], locale, &chrome)), @"/consent interaction csrf decision=allow decision=deny");
    insta::assert_snapshot!(page(render(&LogoutConfirm::samples()[0], locale, &chrome)), @"/logout interaction csrf");
    insta::assert_snapshot!(page(render(&FormPost::samples()[0], locale, &chrome)), @"https://orders.example/callback code state iss");
}

#[test]
fn a_form_post_without_a_web_address_sends_nothing() {
    let html = render(&FormPost::samples()[2], Locale::English, &chrome(false));
    assert!(!html.contains("<form") && !html.contains("javascript:"));
}

#[test]
fn consent_says_what_each_api_learns() {
    let html = render(&Consent::samples()[0], Locale::English, &chrome(false));
    let elements = markup::parse(&html).unwrap();
    let said: Vec<String> = elements
        .iter()
        .filter(|e| matches!(e.name.as_str(), "h4" | "bdi" | "p" | "span"))
        .filter(|e| e.ancestors.iter().any(|&a| elements[a].attribute("class") == Some("coupon")))
        .map(|e| e.text.trim().to_owned())
        .filter(|text| !text.is_empty())
        .collect();
    insta::assert_snapshot!(said.join("\n"), @r"
    Order desk
    https://orders.example/api
    It may
    See your orders
    orders:write
    This API will learn about you
    E-mail address
    alice@example.com
    Name
    Alice Archer
    https://orders.example/claims/tier
    value not shown here
    Parcel tracking
    https://parcels.example
    It may
    Follow a parcel
    This API will learn about you
    Nothing but an opaque id that stands for you.
    ");
}

#[test]
fn templates_hold_no_text_and_know_their_messages() {
    let english = super::Texts::of(Locale::English);
    let mut used = 0;
    for entry in std::fs::read_dir(TEMPLATES).unwrap() {
        let path = entry.unwrap().path();
        let source = std::fs::read_to_string(&path).unwrap();
        let text = without(&without(&without(&source, "{#", "#}"), "{%", "%}"), "{{", "}}");
        assert_eq!(raw_text(&text), "", "{}", path.display());
        for call in ["t.text(\"", "t.plain(\"", "t.rich(\""] {
            for rest in source.split(call).skip(1) {
                let key = rest.split('"').next().unwrap();
                assert!(english.find(key).is_some(), "{}: no message `{key}`", path.display());
                used += 1;
            }
        }
    }
    assert!(used > 50);
}

/// What a template without its expressions says by itself: text between tags, and attributes that
/// people read or hear.
fn raw_text(markup: &str) -> String {
    let mut said = without(markup, "<", ">");
    for attribute in ["aria-label=\"", "title=\"", "alt=\"", "placeholder=\""] {
        for rest in markup.split(attribute).skip(1) {
            said.push_str(rest.split('"').next().unwrap());
        }
    }
    said.chars().filter(|c| !c.is_whitespace()).collect()
}

fn without(text: &str, open: &str, close: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once(open) {
        kept.push_str(before);
        rest = tail.split_once(close).map_or("", |(_, after)| after);
    }
    kept + rest
}
