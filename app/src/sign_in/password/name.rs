//! Looks up the account of a sign-in name.

use domain::{
    UserId,
    account::{Email, User, phone, username},
};
use store::Db;

use crate::{
    App, Ctx, Result,
    access::lockout::{Counters, ReadTallies},
};

/// A normalized sign-in name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Name {
    Account(String),
    Phone(String),
}

impl Name {
    /// An invalid name is kept, and looked up like any other.
    pub fn parse(text: &str) -> Name {
        if let Ok(email) = Email::parse(text) {
            return Name::Account(email.canonical());
        }
        if let Some(number) = phone::parse(text).ok().filter(|_| text.trim().starts_with('+')) {
            return Name::Phone(number);
        }
        Name::Account(username::parse(text).unwrap_or_else(|_| text.trim().to_lowercase()))
    }

    pub fn as_str(&self) -> &str {
        match self {
            Name::Account(it) | Name::Phone(it) => it,
        }
    }
}

/// The account of a name, unless it is hidden, and the counters of guesses at it.
pub(super) struct NameLookup {
    pub user: Option<User>,
    pub counters: Counters,
    pub tallies: Option<ReadTallies>,
}

pub(super) async fn find_by_name(app: &App, ctx: &Ctx, name: &Name) -> Result<NameLookup> {
    let (name, owned) = (name.clone(), app.clone());
    let device = ctx.device.map(|it| it.fingerprint()).unwrap_or_default();
    let moment = ReadTallies::moment(app);
    let unit = async move |db: Db| {
        let user = match &name {
            Name::Account(name) => store::users::by_name(&db, name).await?,
            Name::Phone(number) => store::users::by_phone(&db, number).await?,
        };
        let user = user.filter(|it| !it.is_hidden(&owned.settings.privacy));
        // Also looked up for unknown names, with the nil id.
        let id = user.as_ref().map_or(UserId(Default::default()), |it| it.id);
        let is_known = store::sessions::is_known_device(&db, id, &device).await?;
        let (id, device) = (user.as_ref().map(|it| it.id), is_known.then_some(&*device));
        let counters = Counters::of_sign_in(&owned, name.as_str(), id, device);
        let tallies = match moment {
            Some(moment) => Some(ReadTallies::read(&db, &counters, moment).await?),
            None => None,
        };
        Ok(NameLookup { user, counters, tallies })
    };
    Ok(app.store.read(unit).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart() {
        let cases = [
            ("Anna@Example.com", Name::Account("anna@example.com".into())),
            ("a.nna+x@gmail.com", Name::Account("anna@gmail.com".into())),
            ("Anna_1", Name::Account("anna_1".into())),
            ("+49 30 901820", Name::Phone("+4930901820".into())),
            ("no body!", Name::Account("no body!".into())),
        ];
        for (text, name) in cases {
            assert_eq!(Name::parse(text), name);
        }
    }
}
