//! A mail server on loopback: it speaks SMTP, keeps the mails it accepts, and fails on demand.
//!
//! It has no TLS itself; a test that needs TLS passes an [`Upgrade`].

#![allow(dead_code, reason = "two suites use it, each its part")]
#![expect(clippy::disallowed_methods, reason = "the server ends with its test")]

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader},
    net::TcpListener,
    task::JoinHandle,
};

/// How the server answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Behaviour {
    #[default]
    Accept,
    /// 451 to each recipient.
    RefuseForNow,
    /// 550 to each recipient.
    RefuseForGood,
    /// This to each recipient.
    Answer(&'static str),
    /// 421 to each recipient, and hangs up.
    SayGoodbye,
    /// 552 to each recipient, whose box is full.
    MailboxFull,
    /// 552 to each mail as such.
    TooLarge,
    /// 504 to each greeting that is no full name.
    WantFullName,
    /// The same, told to each recipient.
    WantFullNameLater,
    /// 553 to each sender.
    RefuseSender,
    /// 554 to each recipient, as a server that relays for others does.
    RefuseRelay,
    /// 450 to each sender: too much at once.
    RefuseRate,
    /// Hangs up in the middle of the mail.
    DropInData,
    /// 500 to each sign-in, with the command repeated.
    RepeatSignIn,
    /// Hangs up after the recipient.
    Drop,
    /// Says nothing more after the recipient.
    Hang,
}

/// When a connection becomes encrypted.
#[derive(Clone, Default)]
pub enum Encryption {
    #[default]
    None,
    StartTls(Upgrade),
    FromTheStart(Upgrade),
}

pub type Upgrade = Arc<dyn Fn(Stream) -> Upgrading + Send + Sync>;
pub type Upgrading = Pin<Box<dyn Future<Output = io::Result<Stream>> + Send>>;
pub type Stream = Box<dyn Duplex>;

pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A mail that was accepted.
#[derive(Debug, Clone, Default)]
pub struct Received {
    /// What followed `EHLO`.
    pub hello: String,
    pub from: String,
    pub to: Vec<String>,
    /// Headers and body, lines ending in `\n`.
    pub data: String,
    pub encrypted: bool,
    /// What followed `AUTH PLAIN`.
    pub login: Option<String>,
}

pub struct SmtpServer {
    port: u16,
    state: Arc<State>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct State {
    encryption: Encryption,
    /// The only `AUTH PLAIN` that is accepted. `None`: no authentication is needed.
    login: Option<String>,
    behaviour: Mutex<Behaviour>,
    received: Mutex<Vec<Received>>,
    connections: Mutex<usize>,
}

impl SmtpServer {
    /// A server that accepts everything from everybody, without encryption.
    pub async fn start() -> SmtpServer {
        SmtpServer::with(Encryption::None, None).await
    }

    /// `login`: the base64 of `\0user\0password` that is let in.
    pub async fn with(encryption: Encryption, login: Option<&str>) -> SmtpServer {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let login = login.map(str::to_owned);
        let state = Arc::new(State { encryption, login, ..State::default() });
        let shared = state.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *shared.connections.lock().unwrap() += 1;
                let shared = shared.clone();
                tokio::spawn(async move { shared.serve(Box::new(stream)).await });
            }
        });
        SmtpServer { port, state, task }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// `smtp://127.0.0.1:port`.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    pub fn behave(&self, behaviour: Behaviour) {
        *self.state.behaviour.lock().unwrap() = behaviour;
    }

    pub fn received(&self) -> Vec<Received> {
        self.state.received.lock().unwrap().clone()
    }

    /// How many connections were made so far.
    pub fn connections(&self) -> usize {
        *self.state.connections.lock().unwrap()
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl State {
    async fn serve(&self, stream: Stream) -> io::Result<()> {
        let mut connection = Connection::new(stream);
        if let Encryption::FromTheStart(upgrade) = &self.encryption {
            connection = connection.encrypted(upgrade).await?;
        }
        connection.say("220 test ESMTP").await?;
        loop {
            let Some(line) = connection.line().await? else { return Ok(()) };
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
            match verb.as_str() {
                "EHLO" => self.greet(&mut connection, &line).await?,
                "STARTTLS" => {
                    connection.say("220 go ahead").await?;
                    let Encryption::StartTls(upgrade) = &self.encryption else { return Ok(()) };
                    connection = connection.encrypted(upgrade).await?;
                }
                "AUTH" => self.sign_in(&mut connection, &line).await?,
                "MAIL" if self.login.is_some() && connection.mail.login.is_none() => {
                    connection.say("530 5.7.0 Authentication required").await?;
                }
                "MAIL" => self.sender(&mut connection, &line).await?,
                "RCPT" => self.recipient(&mut connection, &line).await?,
                "DATA" => self.data(&mut connection).await?,
                "NOOP" | "RSET" => connection.say("250 2.0.0 Ok").await?,
                "QUIT" => return connection.say("221 2.0.0 Bye").await,
                _ => connection.say("502 5.5.2 Command not recognized").await?,
            }
        }
    }

    async fn greet(&self, connection: &mut Connection, line: &str) -> io::Result<()> {
        connection.mail.hello = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let wants_full = *self.behaviour.lock().unwrap() == Behaviour::WantFullName;
        if wants_full && !connection.mail.hello.contains('.') {
            return connection
                .say("504 5.5.2 Helo command rejected: need fully-qualified hostname")
                .await;
        }
        connection.say("250-test").await?;
        if matches!(self.encryption, Encryption::StartTls(_)) && !connection.mail.encrypted {
            connection.say("250-STARTTLS").await?;
        }
        if self.login.is_some() {
            connection.say("250-AUTH PLAIN").await?;
        }
        connection.say("250 8BITMIME").await
    }

    async fn sign_in(&self, connection: &mut Connection, line: &str) -> io::Result<()> {
        if *self.behaviour.lock().unwrap() == Behaviour::RepeatSignIn {
            return connection.say(&format!("500 5.5.1 {line}: not recognized")).await;
        }
        let login = line.split(' ').nth(2).map(str::to_owned);
        if login != self.login {
            return connection.say("535 5.7.8 Error: authentication failed").await;
        }
        connection.mail.login = login;
        connection.say("235 2.7.0 Authentication successful").await
    }

    async fn sender(&self, connection: &mut Connection, line: &str) -> io::Result<()> {
        let behaviour = *self.behaviour.lock().unwrap();
        match behaviour {
            Behaviour::RefuseSender => connection.say("553 5.7.1 Sender is not owned by you").await,
            Behaviour::RefuseRate => connection.say("450 4.7.1 Too many messages").await,
            _ => {
                connection.mail.from = path(line);
                connection.say("250 2.1.0 Ok").await
            }
        }
    }

    async fn recipient(&self, connection: &mut Connection, line: &str) -> io::Result<()> {
        let behaviour = *self.behaviour.lock().unwrap();
        match behaviour {
            Behaviour::WantFullNameLater if !connection.mail.hello.contains('.') => {
                let host = &connection.mail.hello;
                let text = format!("504 5.5.2 <{host}>: Helo command rejected: need full name");
                connection.say(&text).await
            }
            Behaviour::RefuseRelay => connection.say("554 5.7.1 Relay access denied").await,
            Behaviour::Accept
            | Behaviour::RepeatSignIn
            | Behaviour::WantFullName
            | Behaviour::WantFullNameLater
            | Behaviour::RefuseSender
            | Behaviour::RefuseRate
            | Behaviour::TooLarge
            | Behaviour::DropInData => {
                connection.mail.to.push(path(line));
                connection.say("250 2.1.5 Ok").await
            }
            Behaviour::RefuseForNow => connection.say("451 4.7.1 Try again later").await,
            // With the recipient in the text, as mail servers do.
            Behaviour::RefuseForGood => {
                let to = path(line);
                connection.say(&format!("550 5.1.1 No such user here: <{to}>")).await
            }
            Behaviour::Answer(text) => connection.say(text).await,
            Behaviour::MailboxFull => connection.say("552 5.2.2 Over quota").await,
            Behaviour::SayGoodbye => {
                connection.say("421 4.3.2 Shutting down").await?;
                Err(io::ErrorKind::ConnectionAborted.into())
            }
            Behaviour::Drop => Err(io::ErrorKind::ConnectionAborted.into()),
            Behaviour::Hang => std::future::pending().await,
        }
    }

    async fn data(&self, connection: &mut Connection) -> io::Result<()> {
        connection.say("354 End data with <CR><LF>.<CR><LF>").await?;
        let (mut data, behaviour) = (String::new(), *self.behaviour.lock().unwrap());
        loop {
            let Some(line) = connection.line().await? else { return Ok(()) };
            if line == "." {
                break;
            }
            if behaviour == Behaviour::DropInData {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            data.push_str(line.strip_prefix('.').unwrap_or(&line));
            data.push('\n');
        }
        if behaviour == Behaviour::TooLarge {
            connection.mail.to.clear();
            return connection.say("552 5.3.4 Too large").await;
        }
        let mail = Received { data, ..connection.mail.clone() };
        self.received.lock().unwrap().push(mail);
        connection.mail.to.clear();
        connection.say("250 2.0.0 Ok: queued").await
    }
}

/// One connection, and the mail that is being received on it.
struct Connection {
    stream: BufReader<Stream>,
    mail: Received,
}

impl Connection {
    fn new(stream: Stream) -> Connection {
        Connection { stream: BufReader::new(stream), mail: Received::default() }
    }

    async fn encrypted(self, upgrade: &Upgrade) -> io::Result<Connection> {
        let mut connection = Connection::new(upgrade(self.stream.into_inner()).await?);
        connection.mail.encrypted = true;
        Ok(connection)
    }

    async fn line(&mut self) -> io::Result<Option<String>> {
        let mut line = String::new();
        let read = self.stream.read_line(&mut line).await?;
        Ok((read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
    }

    async fn say(&mut self, line: &str) -> io::Result<()> {
        self.stream.write_all(format!("{line}\r\n").as_bytes()).await?;
        self.stream.flush().await
    }
}

/// What stands between `<` and `>`.
fn path(line: &str) -> String {
    let from = line.find('<').map_or(0, |it| it + 1);
    let to = line.find('>').unwrap_or(line.len());
    line[from..to].to_owned()
}
