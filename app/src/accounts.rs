//! Accounts that operators make.

use domain::{
    Code, Secret, UserId,
    account::{Email, User, username},
    event::Event,
    problem::FieldErrors,
};

pub(crate) use crate::registration::{name, optional};
use crate::{App, Ctx, Error, Result, audit, link::Mailed, password, random, registration};

/// Who is to have every right.
#[derive(Debug, Clone, Default)]
pub struct NewSuperuser {
    pub email: String,
    pub username: Option<String>,
    pub first_name: String,
    pub last_name: String,
    pub password: Secret,
}

/// Makes an account with every right, its address taken for proved. For the operator at the
/// server, who needs no permission.
pub async fn create_superuser(app: &App, ctx: &Ctx, new: NewSuperuser) -> Result<User> {
    let mut errors = FieldErrors::default();
    let email = errors.take("email", Email::parse(&new.email));
    let username = optional(&mut errors, "username", new.username, username::parse);
    let first_name = name(&mut errors, "first_name", Some(new.first_name));
    let last_name = name(&mut errors, "last_name", Some(new.last_name));
    errors.check()?;
    let email = email.ok_or_else(|| Error::from(Code::Validation))?;
    let mut user = User {
        username,
        first_name,
        last_name,
        is_staff: true,
        is_superuser: true,
        email_verified_at: Some(ctx.now),
        ..User::new(UserId::new(ctx.now, random::bytes()?), email, ctx.now)
    };
    password::check(app, "password", &user, &new.password).await?;
    user.password_hash = Some(app.hasher.hash(&new.password).await?);
    let entry = audit::event(ctx, Event::UserRegistered)?
        .about(Some(user.id))
        .with("by", "operator")
        .with("is_superuser", true);
    add(app, &user, entry, None).await?;
    Ok(user)
}

/// Writes a new account down, with the mail that tells its owner. One that is taken is an error of
/// its field.
pub(crate) async fn add(
    app: &App,
    user: &User,
    entry: audit::Entry,
    mailed: Option<Mailed>,
) -> Result<()> {
    let made = user.clone();
    let inserted = app
        .store
        .write(async move |db| {
            let inserted = store::users::insert(&db, &made).await?;
            if inserted {
                audit::record(&db, &entry).await?;
                if let Some(mailed) = &mailed {
                    mailed.write(&db).await?;
                }
            }
            Ok(inserted)
        })
        .await?;
    if inserted {
        return Ok(());
    }
    match registration::owner(app, user).await? {
        Some(_) => Err(registration::email_taken().into()),
        None => Err(registration::username_taken().into()),
    }
}
