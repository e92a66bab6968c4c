//! The rules of the house hold.

#[test]
fn tidy() {
    let broken = xtask::tidy::check(&xtask::run::root());
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}
