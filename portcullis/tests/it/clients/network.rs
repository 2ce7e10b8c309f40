//! A network that delays each request by a random time, so that requests overtake each other.
//! Answers arrive in the order in which the server gives them.

use std::{
    hash::{BuildHasher as _, RandomState},
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use domain::Span;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::JoinSet,
};

use super::ANNA;
use crate::world::{Person, World, at_once};

/// Far less than real networks take: what matters is the order, not the time.
const LONGEST: Duration = Duration::from_millis(20);

/// A proxy on loopback, until it is dropped.
pub struct Network {
    pub address: SocketAddr,
    _serving: JoinSet<()>,
}

impl Network {
    pub async fn before(server: SocketAddr) -> Network {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut serving = JoinSet::new();
        serving.spawn(serve(listener, server));
        Network { address, _serving: serving }
    }
}

async fn serve(listener: TcpListener, server: SocketAddr) {
    let mut connections = JoinSet::new();
    while let Ok((near, _)) = listener.accept().await {
        let far = TcpStream::connect(server).await.unwrap();
        for stream in [&near, &far] {
            stream.set_nodelay(true).unwrap();
        }
        let ((requests, mut answers), (answered, onward)) = (near.into_split(), far.into_split());
        connections.spawn(delay(requests, onward));
        connections.spawn(async move {
            let mut answered = answered;
            drop(copy(&mut answered, &mut answers).await);
        });
    }
}

/// Each read is a request, or part of one that is delayed as a whole.
async fn delay(mut requests: OwnedReadHalf, mut onward: OwnedWriteHalf) {
    let random = RandomState::new();
    let mut bytes = vec![0; 64 * 1024];
    for number in 0_u64.. {
        let count = requests.read(&mut bytes).await.unwrap_or(0);
        if count == 0 {
            return;
        }
        let share = random.hash_one(number) % 1_000;
        tokio::time::sleep(LONGEST * u32::try_from(share).unwrap() / 1_000).await;
        if onward.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}

/// A program whose calls each refresh twice, with the token that the last answer brought.
#[tokio::test(flavor = "multi_thread")]
async fn refreshes_of_a_program_that_overtake_each_other_end_no_session() {
    let world = World::start().await;
    let network = Network::before(world.address()).await;
    let anna = world.registered(ANNA).await.at(format!("http://{}", network.address));
    let held = Arc::new(Mutex::new(anna.refresh_token()));
    let refresh = async |anna: &Person, held: &Mutex<String>| {
        let token = held.lock().unwrap().clone();
        let pair = anna.refresh_with(&token).await.ok();
        *held.lock().unwrap() = pair["refresh"].as_str().unwrap().to_owned();
        anna.bearing(pair["access"].as_str().unwrap())
    };
    for _ in 0..20 {
        world.pass(Span::minutes(16)).await;
        at_once(8, |_| {
            let (anna, held) = (anna.clone(), held.clone());
            async move {
                refresh(&anna, &held).await;
                refresh(&anna, &held).await;
            }
        })
        .await;
        // The last answer may not be the one with the newest token, so it asks once more.
        refresh(&anna, &held).await.profile().await.ok();
    }
}
