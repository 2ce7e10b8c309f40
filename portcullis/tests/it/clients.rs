//! Three client programs as people write them, against one server on two ports: a single-page app
//! in a browser, a program with a cookie jar, an app on a phone. They know paths, field names and
//! statuses, and nothing else of this server.

mod jar;
mod network;
mod page;
mod phone;
mod program;
mod spa;

use std::net::SocketAddr;

use domain::settings::Settings;

use crate::world::World;

const ANNA: &str = "anna@example.com";
/// The origin of the single-page app.
const ORIGIN: &str = "http://localhost:3000";

/// A world whose server listens twice, as `--listen` given twice does.
async fn two_ports(change: impl FnOnce(&mut Settings)) -> World {
    let world = World::with(|it| {
        it.server.listen = vec![SocketAddr::from(([127, 0, 0, 1], 0)); 2];
        it.cors.allowed_origins = vec![ORIGIN.into()];
        change(it);
    })
    .await;
    assert_eq!(world.addresses().len(), 2);
    world
}

/// The API of the first and of the second port, by the name that such clients know it by.
fn bases(world: &World) -> [String; 2] {
    [0, 1].map(|it| format!("http://localhost:{}/api/v1/auth", world.addresses()[it].port()))
}

/// The HTTP client that these clients share.
fn http() -> reqwest::Client {
    let here = SocketAddr::from(([127, 0, 0, 1], 0));
    #[expect(clippy::disallowed_methods, reason = "a client that calls us, not one of ours")]
    let client = reqwest::Client::builder().resolve("localhost", here).no_proxy().build();
    client.unwrap()
}
