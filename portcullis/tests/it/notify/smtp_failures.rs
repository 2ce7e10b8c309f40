//! Each failure of a mail server: whether the mail is retried or becomes a dead letter.

use domain::{Span, settings::Settings};

use crate::{
    fakes::smtp::{Behaviour, SmtpServer},
    world::World,
};

const ANNA: &str = "anna@example.com";

/// The number of waiting and of dead jobs after the first attempt.
const LATER: (i64, i64) = (1, 0);
const NEVER: (i64, i64) = (0, 1);

fn over_smtp(server: &SmtpServer) -> impl FnOnce(&mut Settings) {
    let url = format!("{}?tls=none", server.url());
    move |settings| {
        settings.email.url = url.into();
        settings.email.timeout = Span::millis(500);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_tried_again_or_buried_as_its_failure_deserves() {
    let table = [
        (Behaviour::RefuseForNow, LATER, "451: greylisting"),
        (Behaviour::SayGoodbye, LATER, "421: the server goes away"),
        (Behaviour::MailboxFull, LATER, "552 5.2.2: the box is full"),
        (Behaviour::Drop, LATER, "it hangs up after the recipient"),
        (Behaviour::DropInData, LATER, "it hangs up in the middle of the mail"),
        (Behaviour::Hang, LATER, "it says nothing in time"),
        (Behaviour::RefuseSender, LATER, "553 5.7.1: we may not send as this sender"),
        (Behaviour::RefuseRelay, LATER, "554 5.7.1: the server relays for others"),
        (Behaviour::RefuseRate, LATER, "450 4.7.1: too much at once"),
        (Behaviour::RefuseForGood, NEVER, "550: nobody is there"),
        (Behaviour::Answer("550 5.5.0 mailbox unavailable"), NEVER, "550 5.5.0: nobody is there"),
        (Behaviour::Answer("450 4.7.1 Greylisted"), LATER, "450: greylisting"),
        (Behaviour::TooLarge, NEVER, "552 5.3.4: the mail is too large"),
    ];
    for (behaviour, jobs, what) in table {
        let server = SmtpServer::start().await;
        server.behave(behaviour);
        let mut world = World::with(over_smtp(&server)).await;
        if jobs == NEVER {
            world.expect_failed_jobs();
        }
        world.registered(ANNA).await;
        world.settle().await;
        assert_eq!(world.jobs().await, jobs, "{what}");
        server.behave(Behaviour::Accept);
        world.pass(Span::seconds(67)).await;
        world.settle().await;
        let delivered = usize::from(jobs == LATER);
        assert_eq!(server.received().len(), delivered, "{what}");
    }
}
