//! Claims of wrong types, and JSON that is not strict.

use counterfoil_jose::claims::{ClaimError, MAX_AUDIENCES, MAX_NUMERIC_DATE};
use counterfoil_jose::json::{self, JsonError, JsonLimits};
use counterfoil_jose::{Claims, UnixTime};

fn claims(text: &str) -> Claims<'_> {
    Claims::parse(text.as_bytes(), JsonLimits::DEFAULT).unwrap()
}

fn wrong(name: &str, expected: &'static str, found: &'static str) -> ClaimError {
    ClaimError::WrongType { name: name.to_owned(), expected, found }
}

#[test]
fn rows_29_and_32_dates() {
    let exp = |value: &str| claims(&format!(r#"{{"exp":{value}}}"#)).numeric_date("exp");
    assert_eq!(exp("0"), Ok(Some(UnixTime::from_secs(0))));
    assert_eq!(exp("1300819380"), Ok(Some(UnixTime::from_secs(1_300_819_380))));
    assert_eq!(exp("253402300799"), Ok(Some(UnixTime::from_secs(MAX_NUMERIC_DATE))));
    for found in [
        ("\"1300819380\"", "a string"),
        ("1300819380.0", "a fraction"),
        ("1.3e9", "a fraction"),
        ("-0", "a fraction"),
        ("18446744073709551616", "a fraction"),
        ("null", "null"),
        ("true", "a boolean"),
        ("[1]", "an array"),
        ("{}", "an object"),
    ] {
        assert_eq!(exp(found.0), Err(wrong("exp", "an integer", found.1)), "{}", found.0);
    }
    for value in ["-1", "-9223372036854775808", "253402300800", "18446744073709551615"] {
        assert_eq!(exp(value), Err(ClaimError::OutOfRange { name: "exp".into() }), "{value}");
    }
    let none = claims("{}");
    assert_eq!(none.numeric_date("exp"), Ok(None));
    let missing = ClaimError::Missing { name: "exp".into() };
    assert_eq!(none.require_numeric_date("exp"), Err(missing));
}

#[test]
fn row_34_audience() {
    let values = |value: &str| {
        let text = format!(r#"{{"aud":{value}}}"#);
        claims(&text)
            .audience()
            .map(|aud| aud.map(|aud| aud.iter().map(str::to_owned).collect::<Vec<_>>()))
    };
    assert_eq!(values(r#""a""#), Ok(Some(vec!["a".to_owned()])));
    assert_eq!(values(r#"["a","b"]"#), Ok(Some(vec!["a".to_owned(), "b".to_owned()])));
    let expected = "a string or an array of strings";
    for (value, found) in [("7", "an integer"), ("{}", "an object"), ("null", "null")] {
        assert_eq!(values(value), Err(wrong("aud", expected, found)));
    }
    for value in [r#"["a",7]"#, r#"["a",["b"]]"#, r#"["a",null]"#] {
        assert!(matches!(values(value), Err(ClaimError::WrongType { .. })), "{value}");
    }
    for value in ["[]", r#""""#, r#"["a",""]"#] {
        assert_eq!(values(value), Err(ClaimError::Empty { name: "aud".into() }), "{value}");
    }
    for many in [MAX_AUDIENCES + 1, 5_000] {
        let list = vec![r#""a""#; many].join(",");
        let too_many = ClaimError::TooMany { name: "aud".into(), limit: MAX_AUDIENCES };
        assert_eq!(values(&format!("[{list}]")), Err(too_many));
    }
    let exact = claims(r#"{"aud":"https://orders.example"}"#);
    let aud = exact.require_audience().unwrap();
    assert!(aud.contains("https://orders.example"));
    for near in ["https://orders.example/", "https://orders", "https://Orders.example", ""] {
        assert!(!aud.contains(near), "{near}");
    }
    assert_eq!(aud.single(), Some("https://orders.example"));
}

#[test]
fn row_35_strings() {
    let iss = |value: &str| claims(&format!(r#"{{"iss":{value}}}"#)).require_string("iss").err();
    assert_eq!(iss(r#""x""#), None);
    assert_eq!(iss(r#"["x"]"#), Some(wrong("iss", "a string", "an array")));
    assert_eq!(iss("7"), Some(wrong("iss", "a string", "an integer")));
    assert_eq!(iss("null"), Some(wrong("iss", "a string", "null")));
    assert_eq!(iss(r#""""#), Some(ClaimError::Empty { name: "iss".into() }));
}

#[test]
fn other_types() {
    let text = r#"{"n":-3,"u":18446744073709551615,"b":true,"o":{"k":"v"},"l":["a","b"],"f":1.5}"#;
    let claims = claims(text).into_owned();
    assert_eq!(claims.integer("n"), Ok(Some(-3)));
    assert_eq!(claims.unsigned("u"), Ok(Some(u64::MAX)));
    assert!(claims.unsigned("n").is_err());
    assert!(claims.integer("u").is_err());
    assert!(claims.integer("f").is_err());
    assert_eq!(claims.boolean("b"), Ok(Some(true)));
    assert!(claims.boolean("n").is_err());
    let member = claims.member("o").unwrap().unwrap();
    assert_eq!(member.get("k").and_then(json::Value::as_str), Some("v"));
    assert_eq!(claims.strings("l"), Ok(Some(vec!["a", "b"])));
    assert!(claims.strings("o").is_err());
    assert_eq!(claims.strings("absent"), Ok(None));
    assert_eq!(serde_json::Value::Object(claims.object().to_json()).to_string().len(), text.len());
}

#[test]
fn rows_27_and_28_json() {
    let error = |text: &[u8]| json::parse_object(text, JsonLimits::DEFAULT).unwrap_err();
    let duplicate = |name: &str| JsonError::DuplicateMember { name: name.to_owned() };
    assert_eq!(error(br#"{"exp":1,"exp":2}"#), duplicate("exp"));
    assert_eq!(error(br#"{"exp":1,"e\u0078p":2}"#), duplicate("exp"));
    assert_eq!(error(br#"{"a":[{"b":{"c":1,"c":1}}]}"#), duplicate("c"));
    let many: Vec<String> = (0..100).map(|i| format!(r#""m{i}":0"#)).collect();
    assert_eq!(error(format!("{{{},\"m42\":1}}", many.join(",")).as_bytes()), duplicate("m42"));
    let long = "\u{e9}".repeat(100);
    let shown = "\u{e9}".repeat(32);
    assert_eq!(error(format!(r#"{{"{long}":0,"{long}":0}}"#).as_bytes()), duplicate(&shown));

    let limit = JsonLimits::DEFAULT.depth;
    let nested =
        |levels: usize| format!(r#"{{"a":{}0{}}}"#, "[".repeat(levels), "]".repeat(levels));
    assert!(json::parse_object(nested(limit - 1).as_bytes(), JsonLimits::DEFAULT).is_ok());
    assert_eq!(error(nested(limit).as_bytes()), JsonError::TooDeep { limit });
    assert_eq!(error(nested(30_000).as_bytes()), JsonError::TooDeep { limit });
    assert_eq!(error(&vec![b' '; 70_000]), JsonError::TooLong { limit: 65_536 });
    let members: Vec<String> = (0..300).map(|i| format!(r#""m{i}":0"#)).collect();
    let crowd = format!("{{{}}}", members.join(","));
    assert_eq!(error(crowd.as_bytes()), JsonError::TooManyMembers { limit: 256 });

    for bad in [&b"\xff{}"[..], b"{\"a\":\"\xc3\"}", b"\xef\xbb\xbf{}", b"{\"a\":\"\xed\xa0\x80\"}"]
    {
        assert_eq!(error(bad), JsonError::NotUtf8);
    }
    for bad in [
        r#"{"a":1e400}"#,
        r#"{"a":"\ud800"}"#,
        r#"{"a":"\udc00\ud800"}"#,
        r#"{"a":NaN}"#,
        r#"{"a":01}"#,
        r#"{"a":+1}"#,
        r#"{"a":.5}"#,
        r#"{"a":1}{}"#,
        r#"{"a":1} /* c */"#,
        r#"{'a':1}"#,
        r#"{a:1}"#,
        "{\"a\":\"\n\"}",
        "{\"a\":\"\u{0}\"}",
        r#"{"a":1,}"#,
        r#"{"a"}"#,
        "",
    ] {
        assert!(matches!(error(bad.as_bytes()), JsonError::Syntax { .. }), "{bad}");
    }
    for bad in ["[]", "null", "1", r#""a""#] {
        assert_eq!(error(bad.as_bytes()), JsonError::NotAnObject);
    }
}
