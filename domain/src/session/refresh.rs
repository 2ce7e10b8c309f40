//! Refresh tokens as generations of a session, and the rule for a presented one (RFC 9700, section
//! 4.14.2: rotation with reuse detection).
//!
//! Token *n* is a keyed hash over the session's id, its own secret and *n*: neither the database
//! nor the key alone is enough to make one, and a session costs one row however often it is
//! refreshed.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

use super::{Session, superseded::is_recent};
use crate::{Secret, SessionId, Span, Time, mac::MacKey};

/// Lets secret scanners and readers of logs recognize a token.
const PREFIX: &str = "pcr_";
/// Key id, session id, generation, keyed hash.
const LENGTH: usize = 1 + 16 + 8 + 32;

/// A presented refresh token: well formed, but not verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshToken {
    pub key_id: u8,
    pub session_id: SessionId,
    pub generation: i64,
    mac: [u8; 32],
}

impl RefreshToken {
    /// The token of one generation of a session.
    pub fn derive(session: &Session, generation: i64, key_id: u8, key: &MacKey) -> RefreshToken {
        let head = head(key_id, session.id, generation);
        let mac = key.sign(&[&head, &session.secret]);
        RefreshToken { key_id, session_id: session.id, generation, mac }
    }

    /// Parses a token. `None`: it cannot be one of ours.
    pub fn parse(text: &str) -> Option<RefreshToken> {
        let text = text.strip_prefix(PREFIX).filter(|it| it.len() == LENGTH.div_ceil(3) * 4)?;
        let bytes: [u8; LENGTH] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (key_id, rest) = bytes.split_first()?;
        let (id, rest) = rest.split_at_checked(16)?;
        let (generation, mac) = rest.split_at_checked(8)?;
        Some(RefreshToken {
            key_id: *key_id,
            session_id: SessionId(Uuid::from_slice(id).ok()?),
            generation: i64::from_be_bytes(generation.try_into().ok()?),
            mac: mac.try_into().ok()?,
        })
    }

    pub fn encode(&self) -> Secret {
        let head = head(self.key_id, self.session_id, self.generation);
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode([&head[..], &self.mac[..]].concat())).into()
    }

    /// Whether we made it for this session, compared in constant time.
    pub fn is_genuine(&self, session: &Session, key: &MacKey) -> bool {
        let head = head(self.key_id, self.session_id, self.generation);
        self.session_id == session.id && key.is_valid(&[&head, &session.secret], &self.mac)
    }
}

fn head(key_id: u8, session: SessionId, generation: i64) -> [u8; LENGTH - 32] {
    let mut bytes = [0; LENGTH - 32];
    let (key, rest) = bytes.split_at_mut(1);
    let (id, number) = rest.split_at_mut(16);
    key.fill(key_id);
    id.copy_from_slice(session.0.as_bytes());
    number.copy_from_slice(&generation.to_be_bytes());
    bytes
}

/// What to do when a genuine token of a living session is presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is the head: rotate by compare-and-set to head + 1 with the head as parent.
    Rotate,
    /// Parallel tabs, a quick retry, a request that was overtaken by others: the head again, with a
    /// new access token.
    Repeat,
    /// The response with the head was lost: rotate to head + 1 with the same parent. The old head
    /// becomes an orphan.
    Replace,
    /// Somebody else has used a later token: the session ends.
    Reused,
    /// Of a generation that this database has never seen, as after a restored backup: refused
    /// without an alarm.
    Ahead,
}

/// Who presents a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Holder {
    #[default]
    Program,
    /// A page in a browser. Its requests share a cookie, which holds the value of the response that
    /// arrived last. Responses overtake each other too, so all of those within the leeway have to
    /// hold the same token.
    Page,
}

impl Holder {
    /// With this many generations superseded within the leeway, the head is repeated instead of
    /// rotated. For a program it is as many as are remembered.
    const fn most_rotations(self) -> usize {
        match self {
            Holder::Program => 16,
            Holder::Page => 1,
        }
    }
}

/// The rule for generation `presented` of a session.
pub fn decide(
    presented: i64,
    session: &Session,
    now: Time,
    leeway: Span,
    holder: Holder,
) -> Verdict {
    if presented > session.head {
        return Verdict::Ahead;
    }
    let is_recent = |at: Time| is_recent(at, now, leeway);
    if presented == session.head {
        let parents = usize::from(session.parent.is_some() && is_recent(session.head_made_at));
        let remembered = session.superseded.recent(now, leeway) + parents;
        let may_rotate = remembered < holder.most_rotations();
        return if may_rotate { Verdict::Rotate } else { Verdict::Repeat };
    }
    if leeway.is_zero() {
        return Verdict::Reused;
    }
    match session.superseded_at(presented) {
        Some(at) if is_recent(at) => Verdict::Repeat,
        Some(_) if session.parent == Some(presented) && !session.head_shown => Verdict::Replace,
        _ => Verdict::Reused,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Holder::*, *};
    use crate::{
        UserId,
        session::{EndReason, Superseded},
        settings::Tokens,
    };

    const LEEWAY: Span = Span::seconds(10);

    fn decided(presented: i64, session: &Session, now: Time) -> Verdict {
        decide(presented, session, now, LEEWAY, Program)
    }

    fn session(head: i64, parent: Option<i64>, head_shown: bool) -> Session {
        let start = Time::from_seconds(1_000);
        Session {
            id: SessionId::new(start, [1; 10]),
            user_id: UserId::new(start, [2; 10]),
            secret: [3; 32],
            head,
            parent,
            superseded: Superseded::default(),
            floor: 1,
            head_made_at: start,
            head_shown,
            remembered: false,
            device_name: String::new(),
            device_fingerprint: String::new(),
            user_agent: String::new(),
            browser: String::new(),
            os: String::new(),
            device_type: String::new(),
            ip_address: String::new(),
            city: String::new(),
            country: String::new(),
            mfa_verified: false,
            amr: "pwd".into(),
            authenticated_at: start,
            created_at: start,
            last_activity_at: start,
            last_rotation_at: None,
            expires_at: start + Span::days(7),
            ended_at: None,
            end_reason: None,
        }
    }

    #[test]
    fn the_table_of_section_3() {
        use Verdict::*;
        // presented, head, parent, shown, seconds since the head was made
        let cases = [
            (5, 5, Some(4), false, 0, Rotate),
            (5, 5, Some(4), true, 99_999, Rotate),
            (4, 5, Some(4), false, 9, Repeat),
            (4, 5, Some(4), true, 9, Repeat),
            (4, 5, Some(4), false, 10, Replace),
            (4, 5, Some(4), true, 10, Reused),
            (3, 5, Some(4), false, 0, Reused),
            // 5 is an orphan: 6 was made from 4 in its place.
            (5, 6, Some(4), false, 0, Reused),
            (4, 6, Some(4), false, 0, Repeat),
            (6, 5, Some(4), false, 0, Ahead),
            (0, 1, None, false, 0, Reused),
        ];
        for (presented, head, parent, shown, seconds, verdict) in cases {
            let now = Time::from_seconds(1_000 + seconds);
            let told = decided(presented, &session(head, parent, shown), now);
            assert_eq!(told, verdict, "{presented} of {head}, parent {parent:?}, {seconds} s");
        }
    }

    /// Of rotations a second apart.
    fn after_rotations(count: i64) -> (Session, Time) {
        let (mut current, mut now) = (session(1, None, true), Time::from_seconds(2_000));
        for _ in 0..count {
            now = now + Span::seconds(1);
            current = Session { head_shown: true, ..current.rotated(now, &Tokens::default()) };
        }
        (current, now)
    }

    #[test]
    fn whoever_was_overtaken_gets_the_head_however_many_rotations_lie_between() {
        let (current, now) = after_rotations(5);
        assert_eq!(current.head, 6);
        // Generation n was superseded at second n.
        let table =
            |passed| [1, 2, 3, 4, 5].map(|it| decided(it, &current, now + Span::seconds(passed)));
        let (repeat, reused) = (Verdict::Repeat, Verdict::Reused);
        assert_eq!(table(0), [repeat; 5]);
        assert_eq!(table(5), [repeat; 5]);
        assert_eq!(table(6), [reused, repeat, repeat, repeat, repeat]);
        assert_eq!(table(10), [reused; 5]);
    }

    #[test]
    fn beyond_sixteen_the_head_is_answered_with_itself_until_one_is_forgotten() {
        let mut current = session(1, None, true);
        let start = Time::from_seconds(2_000);
        for number in 1..=16 {
            assert_eq!(decided(number, &current, start), Verdict::Rotate);
            current = current.rotated(start, &Tokens::default());
        }
        assert_eq!(current.superseded.as_bytes().len(), 15 * 16);
        assert_eq!(decided(17, &current, start), Verdict::Repeat);
        assert_eq!(decided(1, &current, start), Verdict::Repeat);
        let later = start + LEEWAY;
        assert_eq!(decided(17, &current, later), Verdict::Rotate);
        assert_eq!(decided(1, &current, later), Verdict::Reused);
        let next = current.rotated(later, &Tokens::default());
        assert_eq!(next.superseded, Superseded::default());
    }

    #[test]
    fn a_page_rotates_once_within_the_leeway() {
        let tokens = Tokens::default();
        let (current, start) = (session(1, None, true), Time::from_seconds(2_000));
        let told = |it: &Session, now| decide(it.head, it, now, LEEWAY, Page);
        assert_eq!(told(&current, start), Verdict::Rotate);
        let next = current.rotated(start, &tokens);
        assert_eq!(told(&next, start), Verdict::Repeat);
        assert_eq!(decided(1, &next, start), Verdict::Repeat);
        assert_eq!(told(&next, start + LEEWAY), Verdict::Rotate);
        assert_eq!(decide(2, &next, start, Span::ZERO, Page), Verdict::Rotate);
    }

    #[test]
    fn an_orphan_is_never_remembered() {
        let tokens = Tokens::default();
        let (current, now) = after_rotations(2);
        let lost = current.rotated(now, &tokens);
        let later = now + LEEWAY;
        assert_eq!(decided(3, &lost, later), Verdict::Replace);
        let replaced = lost.replaced(later, &tokens);
        assert_eq!((replaced.head, replaced.parent), (5, Some(3)));
        let told = [3, 4].map(|it| decided(it, &replaced, later));
        assert_eq!(told, [Verdict::Repeat, Verdict::Reused]);
        let next = replaced.rotated(later, &tokens);
        let told = [3, 4, 5].map(|it| decided(it, &next, later));
        assert_eq!(told, [Verdict::Repeat, Verdict::Reused, Verdict::Repeat]);
    }

    #[test]
    fn a_clock_that_was_set_back_makes_nothing_good_again() {
        let (current, now) = after_rotations(3);
        let yesterday = now - Span::days(1);
        let told = [1, 2, 3, 4].map(|it| decided(it, &current, yesterday));
        assert_eq!(told, [Verdict::Reused, Verdict::Reused, Verdict::Reused, Verdict::Rotate]);
    }

    #[test]
    fn without_leeway_any_older_token_is_stolen() {
        let told =
            decide(4, &session(5, Some(4), false), Time::from_seconds(1_000), Span::ZERO, Program);
        assert_eq!(told, Verdict::Reused);
    }

    #[test]
    fn tokens_need_the_secret_and_the_key() {
        let (session, key) = (session(5, Some(4), false), MacKey::new(&[7; 32]));
        let token = RefreshToken::derive(&session, 5, 1, &key);
        let parsed = RefreshToken::parse(token.encode().expose()).unwrap();
        assert_eq!(parsed, token);
        assert!(parsed.is_genuine(&session, &key));
        assert!(!parsed.is_genuine(&session, &MacKey::new(&[8; 32])));
        assert!(!parsed.is_genuine(&Session { secret: [4; 32], ..session.clone() }, &key));
        assert!(!RefreshToken { generation: 6, ..parsed }.is_genuine(&session, &key));
        assert_eq!(EndReason::Reused.word(), "refresh_token_reused");
    }

    proptest! {
        #[test]
        fn any_text_parses_or_is_refused(text in "(pcr_)?[A-Za-z0-9_=.-]{0,90}") {
            if let Some(token) = RefreshToken::parse(&text) {
                let encoded = token.encode();
                prop_assert_eq!(encoded.expose(), text.as_str());
            }
        }

        /// Whoever comes second with a generation the other has superseded ends the session.
        #[test]
        fn a_thief_and_an_owner_cannot_both_go_on(
            steps in 1_usize..4, wait in 10_i64..1_000,
        ) {
            let mut current = session(5, Some(4), true);
            let (mut now, held) = (Time::from_seconds(2_000), current.head);
            let mut winner = held;
            for _ in 0..steps {
                prop_assert_eq!(decided(winner, &current, now), Verdict::Rotate);
                current = Session { head_shown: true, ..current.rotated(now, &Tokens::default()) };
                winner = current.head;
                now = now + Span::seconds(wait.unsigned_abs());
            }
            prop_assert_eq!(decided(held, &current, now), Verdict::Reused);
        }
    }
}
