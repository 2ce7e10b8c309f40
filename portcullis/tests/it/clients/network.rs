//! A network that delays each request by a random time, so that requests overtake each other.
//! Answers arrive in the order in which the server gives them.

use std::{
    hash::{BuildHasher as _, RandomState},
    net::SocketAddr,
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::JoinSet,
};

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

/// What is read at once is a request, or a piece of one that is late as a whole.
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
