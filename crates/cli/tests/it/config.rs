//! Bad configurations: each is told with its place, all at once, and no secret is shown.

use counterfoil_testing::scratch;

use crate::run::{Ended, counterfoil, ended, write};

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const GOOD: &str = r#"
[issuer]
url = "https://id.example"
[storage]
sqlite.path = "counterfoil.db"
[keys]
encryption_key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
"#;

/// Runs `check-config` on a text and returns what it says; every mention of the directory is cut.
fn check_with(text: &str, environment: &[(&str, &str)]) -> Ended {
    let dir = scratch::Dir::new("config").unwrap();
    let file = write(&dir.join("cf.toml"), text);
    let _junk = write(&dir.join("junk.pem"), "not PEM");
    let _secret = write(&dir.join("key"), &format!("{KEY}\n"));
    let mut command = counterfoil(&["check-config", "--config", &file]);
    command.envs(environment.iter().copied());
    let mut said = ended(command);
    let prefix = format!("{}/", dir.path().display());
    said.stderr = said.stderr.replace(&prefix, "").replace("counterfoil: ", "");
    said
}

fn check(text: &str) -> String {
    let said = check_with(text, &[]);
    assert_eq!(said.code, 7, "{}", said.stderr);
    said.stderr
}

fn valid(text: &str, environment: &[(&str, &str)]) {
    let said = check_with(text, environment);
    assert_eq!((said.code, said.stderr.as_str()), (0, "the configuration is valid\n"));
}

#[test]
fn good_ones() {
    valid(GOOD, &[]);
    let in_sections = GOOD.replace("[storage]\nsqlite.path", "[storage.sqlite]\npath");
    valid(&in_sections, &[]);
    valid(&GOOD.replace("encryption_key =", "encryption_key_file = 'key' #"), &[]);
    // The environment says it all, or mends the file.
    valid(
        "",
        &[
            ("COUNTERFOIL_ISSUER__URL", "https://id.example"),
            ("COUNTERFOIL_STORAGE__POSTGRES__URL", "postgresql://localhost/x"),
            ("COUNTERFOIL_KEYS__ENCRYPTION_KEY", KEY),
            ("COUNTERFOIL_PROXY__TRUSTED", "10.0.0.0/8, 192.0.2.1"),
            ("COUNTERFOIL_STORAGE__READERS", "8"),
            ("COUNTERFOIL_HOME", "/nowhere"),
        ],
    );
    valid(
        &GOOD.replace("https://id.example", "nonsense"),
        &[("COUNTERFOIL_ISSUER__URL", "https://id.example")],
    );
}

#[test]
fn unknown_keys() {
    insta::assert_snapshot!(check(&format!("{GOOD}
[listen]
adress = '127.0.0.1:1'
tls.certificat_file = 'x'
[logg]
level = 'info'
[log]
colour = true
[sqlite]
path = 'x'
")), @r#"
    cf.toml:10: unknown key `listen.adress`; did you mean `listen.address`?
    cf.toml:11: unknown key `listen.tls.certificat_file`; did you mean `listen.tls.certificate_file`?
    cf.toml:12: unknown key `logg`; did you mean `log`?
    cf.toml:15: unknown key `log.colour`
    cf.toml:16: unknown key `sqlite`; did you mean `storage.sqlite`?
    "#);
    let said = check_with(GOOD, &[("COUNTERFOIL_LISTEN__ADRESS", "x"), ("COUNTERFOIL_X__Y", "x")]);
    insta::assert_snapshot!(said.stderr, @r#"
    COUNTERFOIL_LISTEN__ADRESS: unknown key; did you mean COUNTERFOIL_LISTEN__ADDRESS?
    COUNTERFOIL_X__Y: unknown key
    "#);
}

#[test]
fn missing_keys() {
    insta::assert_snapshot!(check(""), @r#"
    configuration: `issuer.url` is missing: the https URL that clients know the server by
    configuration: `keys.encryption_key` is missing: draw one with `counterfoil init`
    configuration: `storage.sqlite.path` or `storage.postgres.url` is missing
    "#);
    insta::assert_snapshot!(check(&format!("{GOOD}
[listen]
tls.key_file = 'x'
[bootstrap]
admin_client_id = 'admin'
")), @r#"
    cf.toml:10: `listen.tls.key_file` needs `listen.tls.certificate_file` beside it
    cf.toml:12: `bootstrap.admin_client_id` needs `bootstrap.admin_client_secret` beside it
    "#);
}

#[test]
fn wrong_types_and_values() {
    insta::assert_snapshot!(check("
issuer = 'https://id.example'
[listen]
address = 8080
management_address = 'localhost:1'
tls.certificate_file = 'junk.pem'
tls.key_file = 'junk.pem'
[proxy]
trusted = ['10.0.0.0/8', '10.0.0.0/64']
[storage]
sqlite.path = ''
readers = 0
migrate = 'no'
[keys]
encryption_key = 'c2hvcnQ'
[bootstrap]
admin_client_id = 'the admin'
admin_client_secret = 'hunter2'
[log]
level = 'loud'
"), @r#"
    cf.toml:2: `issuer` is a section: write its keys below it
    cf.toml:4: `listen.address` must be text, not a number
    cf.toml:5: `listen.management_address` is `localhost:1`, but must be address and port, such as `127.0.0.1:8080` or `[::]:8443`
    cf.toml:6: junk.pem holds no certificate
    cf.toml:7: junk.pem can't be read as a private key: no items found
    cf.toml:9: `10.0.0.0/64` must be an address or a network such as `10.0.0.0/8`
    cf.toml:11: `storage.sqlite.path` is empty: write a path
    cf.toml:12: `storage.readers` is 0, but must be 1 to 64
    cf.toml:13: `storage.migrate` must be true or false, not other text
    cf.toml:15: `keys.encryption_key` must be 32 bytes in base64url, unpadded: draw one with `counterfoil init`
    cf.toml:17: `bootstrap.admin_client_id` must be 1 to 128 letters, digits and `-._~`
    cf.toml:18: `bootstrap.admin_client_secret` must be at least 24 letters, digits and `-._~`: draw one with `counterfoil init`
    cf.toml:20: `log.level` is `loud`, but must be error, warn, info, debug
    configuration: `issuer.url` is missing: the https URL that clients know the server by
    "#);
    insta::assert_snapshot!(check(&format!("{GOOD}
[proxy]
trusted = [1]
[listen]
address = '0.0.0.0:9090'
management_address = '0.0.0.0:9090'
")), @r#"
    cf.toml:10: `proxy.trusted` must be a list of texts, not a list of other things
    cf.toml:13: `listen.management_address` must not be the public listener's 0.0.0.0:9090
    "#);
}

#[test]
fn issuers() {
    let check = |issuer: &str| check(&GOOD.replace("https://id.example", issuer));
    insta::assert_snapshot!([
        check("id.example"),
        check("http://id.example"),
        check("https://id.example/"),
        check("https://id.example?a=b"),
        check("http://localhost:8080\"\n[listen]\naddress = \"0.0.0.0:8080"),
    ].concat(), @r#"
    cf.toml:3: issuer `id.example` must be an absolute URL, such as https://id.example
    cf.toml:3: issuer `http://id.example` must use https; http is for localhost alone
    cf.toml:3: issuer `https://id.example/` must not end with a slash: clients compare it byte for byte
    cf.toml:3: issuer `https://id.example?a=b` must not have a query, a fragment or credentials
    cf.toml:5: `listen.address` is 0.0.0.0:8080, but an issuer with http may listen on a loopback address alone
    "#);
}

#[test]
fn keys_and_secrets() {
    let with_key = |key: &str| check(&GOOD.replace(KEY, key));
    let development = "3t7e3t7e3t7e3t7e3t7e3t7e3t7e3t7e3t7e3t7e3t4";
    let admin = |secret: &str| {
        check(&format!(
            "{GOOD}\n[bootstrap]\nadmin_client_id = 'a'\nadmin_client_secret = '{secret}'"
        ))
    };
    insta::assert_snapshot!([
        with_key(development),
        with_key(&"A".repeat(43)),
        with_key("spaces and such"),
        check(&GOOD.replace("encryption_key =", "encryption_key_file = 'nowhere' #")),
        check(&GOOD.replace("encryption_key =", "encryption_key_file = 'key'\nencryption_key =")),
        admin("dev-only-AAECAwQFBgcICQoLDA0ODxAR"),
        admin("with spaces in it and long enough"),
    ].concat(), @r#"
    cf.toml:7: `keys.encryption_key` is the development key, which everyone knows: draw one with `counterfoil init`
    cf.toml:7: `keys.encryption_key` is one byte over and over, not random: draw one with `counterfoil init`
    cf.toml:7: `keys.encryption_key` must be 32 bytes in base64url, unpadded: draw one with `counterfoil init`
    cf.toml:7: nowhere can't be read: No such file or directory (os error 2)
    cf.toml:8: `keys.encryption_key` and `keys.encryption_key_file` are both set: keep one
    cf.toml:11: `bootstrap.admin_client_secret` is a development secret, which everyone knows
    cf.toml:11: `bootstrap.admin_client_secret` must be at least 24 letters, digits and `-._~`: draw one with `counterfoil init`
    "#);
}

#[test]
fn not_toml() {
    insta::assert_snapshot!([
        check(&format!("{GOOD}\nthis is = not ! toml")),
        check(&format!("{GOOD}\n[keys]\nencryption_key = 'hunter2")),
        check("[issuer]\nurl = 'a'\nurl = 'b'"),
    ].concat(), @r#"
    cf.toml:9: key with no value, expected `=`
    cf.toml:9: duplicate key
    cf.toml:3: duplicate key
    "#);
    let said = ended(counterfoil(&["check-config", "--config", "/nowhere/cf.toml"]));
    insta::assert_snapshot!(said.stderr, @"counterfoil: /nowhere/cf.toml:1: can't be read: No such file or directory (os error 2)");
    assert_eq!(said.code, 7);
}

#[test]
fn no_secret_is_ever_shown() {
    let dir = scratch::Dir::new("config").unwrap();
    let text =
        format!("{GOOD}\n[bootstrap]\nadmin_client_id = 'a'\nadmin_client_secret = 'hunter2'");
    let file = write(&dir.join("cf.toml"), &text);
    let mut command = counterfoil(&["check-config", "--show", "--config", &file]);
    command.env("COUNTERFOIL_LOG__LEVEL", "debug");
    let said = ended(command);
    for secret in ["hunter2", KEY] {
        assert!(!said.stdout.contains(secret) && !said.stderr.contains(secret));
    }
    let shown = said.stdout.replace(&format!("{}/", dir.path().display()), "");
    insta::assert_snapshot!(shown, @r#"
    issuer.url = https://id.example (cf.toml:3)
    listen.address = 127.0.0.1:8080 (default)
    listen.management_address = 127.0.0.1:9090 (default)
    listen.tls.certificate_file = - (default)
    listen.tls.key_file = - (default)
    proxy.trusted = - (default)
    storage.sqlite.path = counterfoil.db (cf.toml:5)
    storage.postgres.url = - (default)
    storage.postgres.ca_file = - (default)
    storage.readers = 4 (default)
    storage.migrate = true (default)
    keys.encryption_key = (secret) (cf.toml:7)
    bootstrap.admin_client_id = a (cf.toml:10)
    bootstrap.admin_client_secret = (secret) (cf.toml:11)
    permissions.preshared_key = - (default)
    permissions.default_store = - (default)
    permissions.memory_mib = 2048 (default)
    permissions.snapshots = - (default)
    log.level = debug (COUNTERFOIL_LOG__LEVEL)
    "#);
}

#[test]
fn init_prints_a_valid_file() {
    let said = ended(counterfoil(&["init", "--issuer", "https://login.example"]));
    assert_eq!((said.code, said.stdout.lines().count() <= 15), (0, true), "{}", said.stderr);
    valid(&said.stdout, &[]);
    let again = ended(counterfoil(&["init", "--issuer", "https://login.example"]));
    assert_ne!(said.stdout, again.stdout, "the key is drawn anew");
    let said = ended(counterfoil(&["init", "--issuer", "https://login.example/"]));
    assert_eq!((said.code, said.stdout.as_str()), (2, ""));
}
