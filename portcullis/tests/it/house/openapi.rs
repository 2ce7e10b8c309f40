//! The committed OpenAPI document is the one the program generates.

use std::{fs, path::Path};

/// With this variable set the test rewrites the file instead of comparing it.
const UPDATE: &str = "PORTCULLIS_TEST_UPDATE";

#[test]
fn the_committed_description_is_todays() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi.json");
    let mut made = serde_json::to_string_pretty(&web::document()).unwrap();
    made.push('\n');
    if crate::world::variable(UPDATE).is_some() {
        fs::write(&file, &made).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    let hint = "run the tests with PORTCULLIS_TEST_UPDATE=1 and look at the difference";
    assert!(committed == made, "openapi.json is not what the code says: {hint}");
}
