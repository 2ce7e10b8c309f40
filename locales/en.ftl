### Everything that people read, in English. An entry has the same name and the same values in every
### language. Where the program writes a sentence itself (problems, errors, answers), the entry here
### has the same words, and is found by them.

## What is refused: the titles of problems

problem-malformed_request = The request could not be read.
problem-validation_error = Some fields are not valid.
problem-invalid_token = This link is not valid or has been used.
problem-invalid_credentials = Wrong sign-in name or password.
problem-no_active_account = No active account found with the given credentials
problem-not_authenticated = Authentication is required.
problem-token_not_valid = The token is not valid.
problem-session_ended = The session has ended.
problem-refresh_token_reused = The refresh token has been used before.
problem-permission_denied = You may not do this.
problem-email_not_verified = The email address is not verified yet.
problem-account_locked = Too many wrong passwords.
problem-registration_closed = Registration is closed.
problem-invitation_required = An invitation is required.
problem-account_deleted = This account has been deleted.
problem-step_up_required = Confirm that it is you first.
problem-origin_not_allowed = Requests from this origin are not allowed.
problem-csrf_failed = The form has expired.
problem-not_found = Not found.
problem-method_not_allowed = This method is not allowed here.
problem-request_timeout = The request took too long to arrive.
problem-payload_too_large = The request is too large.
problem-unsupported_media_type = This content type is not supported.
problem-misdirected_request = This server does not answer for this host.
problem-idempotency_key_reused = This idempotency key was used before.
problem-rate_limited = Too many requests.
problem-internal_error = Something went wrong on our side.
problem-service_unavailable = The service is not available right now.
problem-timeout = The request took too long.

## What is wrong with a field

error-required = This field is required.
error-null = This field may not be null.
error-blank = This field may not be blank.
error-unknown = This field is not known.
error-string = Not a valid string.
error-boolean = Must be a valid boolean.
error-number = A valid number is required.
error-integer = A valid integer is required.
error-list = Expected a list of items.
error-object = Expected an object.
error-value = Not a valid value.
error-control-characters = Control characters are not allowed.
error-null-characters = Null characters are not allowed.
error-max_length = Ensure this field has no more than { $max ->
    [one] { $max } character
   *[other] { $max } characters
}.
error-invalid_length = Use { $min } to { $max } characters.
error-email = Enter a valid email address.
error-phone = Enter a phone number with its country, as +4930123456.
error-web-address = Enter an address that begins with https://.
error-date = Enter a date as YYYY-MM-DD.
error-time-zone = Enter a time zone such as Europe/Berlin.
error-language = Enter a language such as en or pt-BR.
error-username = Use letters, digits and . _ - + only.
error-username-taken = This username is taken.
error-email-taken = A user with this email address already exists.
error-email-unchanged = This is your address already.
error-email-domain = Addresses of this domain cannot be registered.
error-invitation = The invitation is for another address.
error-account-disabled = The account is disabled.
error-code-challenge = Send the SHA-256 of the code verifier in base64url (RFC 7636, S256).
error-nested = This is nested too deeply.
error-too_large = At most { $limit } bytes are kept.
error-password-characters = Use no invisible or control characters.
error-password-common = This password is too common.
error-password-upper = Use at least one upper-case letter.
error-password-lower = Use at least one lower-case letter.
error-password-digit = Use at least one digit.
error-password-special = Use at least one special character.
error-password-numeric = Use more than digits.
error-password_too_short = Use at least { $min ->
    [one] { $min } character
   *[other] { $min } characters
}.
error-password_too_long = Use at most { $max ->
    [one] { $max } character
   *[other] { $max } characters
}.
error-password_too_similar = The password is too similar to the { $attribute ->
    [email_address] email address
    [username] username
    [first_name] first name
    [last_name] last name
   *[other] account
}.
error-password-mismatch = The passwords are not the same.
error-password-incorrect = This is not your password.
error-password-reused = Use a password that you have not had lately.

## What is wrong with a request as a whole

detail-not-object = The body must be a JSON object.
detail-not-json = The body is not valid JSON.
detail-not-utf8 = The text must be UTF-8.
detail-not-whole = The body did not arrive in full.
detail-not-form = The form is not valid.
detail-field-twice = A field was sent twice.
detail-number-range = A number is out of range.
detail-many-cookies = Too many cookies have the same name.
detail-two-hosts = Two hosts were named.
detail-no-host = Host is missing.
detail-busy = Too many sign-ins at once.
detail-idempotency-key = The Idempotency-Key is not readable.
detail-no-key = There is no such key, or it has ended.

## What has been done

said-email-verified = Your email address is verified.
said-verification-mailed = If an account with this address waits for verification, a mail is on its way.
said-change-mailed = Please open the link that was mailed to the new address.
said-address-changed = Your address has been changed.
said-address-restored = Your account has its old address again. A mail leads you to a new password.
said-signed-out = You are signed out.
said-sessions-ended = The sessions have ended.
said-reset-mailed = If there is an account with this address, a mail is on its way.
said-password-changed = Your password has been changed.
said-account-deleted = Your account has been deleted.
said-account-restored = Your account has been restored.
said-registered = Your account has been created. Please confirm your email address.
said-registered-verified = Your account has been created.
said-registration-mailed = If this address can be registered, a mail is on its way to it.

## How hard a password is to guess

strength-rows = Straight rows of keys are easy to guess.
strength-keyboard = Short keyboard patterns are easy to guess.
strength-repeats = Repeats like "aaa" are easy to guess.
strength-repeated-groups = Repeats like "abcabcabc" are only slightly harder to guess than "abc".
strength-top-10 = This is a top-10 common password.
strength-top-100 = This is a top-100 common password.
strength-common = This is a very common password.
strength-similar = This is similar to a commonly used password.
strength-sequences = Sequences like abc or 6543 are easy to guess.
strength-years = Recent years are easy to guess.
strength-word = A word by itself is easy to guess.
strength-dates = Dates are often easy to guess.
strength-names = Names and surnames by themselves are easy to guess.
strength-common-names = Common names and surnames are easy to guess.
strength-use-words = Use a few words, avoid common phrases.
strength-no-symbols = No need for symbols, digits, or uppercase letters.
strength-add-words = Add another word or two. Uncommon words are better.
strength-capitals = Capitalization doesn't help very much.
strength-all-capitals = All-uppercase is almost as easy to guess as all-lowercase.
strength-reversed = Reversed words aren't much harder to guess.
strength-substitutions = Predictable substitutions like '@' instead of 'a' don't help very much.
strength-longer-keyboard = Use a longer keyboard pattern with more turns.
strength-avoid-repeats = Avoid repeated words and characters.
strength-avoid-sequences = Avoid sequences.
strength-avoid-years = Avoid recent years.
strength-avoid-own-years = Avoid years that are associated with you.
strength-avoid-own-dates = Avoid dates and years that are associated with you.

## Times

span-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
span-hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
span-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
month = { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
}
time = { $day } { $month } { $year }, { $clock } UTC

## Mails

mail-hello = Hello { $name },
mail-hello-unnamed = Hello,
mail-copy-link = Or copy this link into your browser:
mail-link-once = The link is good for { $lifetime } and works once.

mail-verify_email-subject = Confirm your email address for { $product }
mail-verify_email-about = Please confirm that { $email } is your address.
mail-verify_email-open = Open this link and press the button:
mail-verify_email-button = Confirm my address
mail-verify_email-ignore = If you did not create an account, ignore this mail: without your confirmation the address stays unconfirmed.

mail-welcome-subject = Welcome to { $product }
mail-welcome-about = Your address { $email } is confirmed and your account is ready.
mail-welcome-next = You can sign in with this address. If something looks wrong to you, end all your sessions and change your password.

mail-session_reused-subject = Someone used an old sign-in of your { $product } account
mail-session_reused-about = A sign-in token of your account that had been replaced was presented again at { $happened_at }. That happens when a token was copied from one of your devices.
mail-session_reused-next = We have ended that session, so neither you nor anybody else can go on with it. Please sign in again. If you do not recognise what happened, change your password and look at your other sessions.

mail-registration_repeated-subject = You already have a { $product } account
mail-registration_repeated-about = Somebody, perhaps you, tried to create an account with { $email }. This address has one already, so nothing was changed.
mail-registration_repeated-next = If it was you, sign in with this address. If that fails, ask for a new password: setting it confirms the address too. If it was not you, there is nothing to do.

mail-reset_password-subject = Set a new password for { $product }
mail-reset_password-about = Somebody, perhaps you, asked for a new password for { $email }.
mail-reset_password-open = Open this link to set one:
mail-reset_password-button = Set a new password
mail-reset_password-ignore = If you did not ask for it, ignore this mail: your password stays as it is.

mail-password_changed-subject = Your { $product } password has been changed
mail-password_changed-about = The password of your account was changed at { $happened_at }, and other sessions of yours have ended.
mail-password_changed-next = If that was not you, set a new password now: use “forgot password” where you sign in.

mail-change_email-subject = Confirm your new email address for { $product }
mail-change_email-about = Please confirm that { $email } is to be the address of your account.
mail-change_email-open = Open this link and press the button:
mail-change_email-button = Confirm the address
mail-change_email-ignore = If you did not ask for it, ignore this mail: nothing changes.

mail-email_changed-subject = The address of your { $product } account has been changed
mail-email_changed-about = The address of your account was changed at { $happened_at }. From now on you sign in with the new address and get your mails there.
mail-email_changed-undo = If that was not you, take it back: this gives the account back to { $email }, ends every session and sends you a link to a new password.
mail-email_changed-open = Open this link to take it back:
mail-email_changed-button = That was not me

mail-account_deleted-subject = Your { $product } account has been deleted
mail-account_deleted-about = Your account was deleted at { $happened_at }, and every session of yours has ended. It can be restored until it is erased for good.
mail-account_deleted-open = Open this link if you want it back:
mail-account_deleted-button = Restore my account
mail-account_deleted-next = If you want it gone, there is nothing to do.

mail-invitation-subject = You are invited to { $product }
mail-invitation-about = You are invited to make an account at { $product } with the address { $email }.
mail-invitation-open = Open this link to begin:
mail-invitation-button = Make an account
mail-invitation-ignore = If you do not want an account, ignore this mail.

## Pages

page-skip = Skip to the content
page-failed = This did not work
page-field-new_password = New password
page-field-new_password_confirm = New password, once more
page-field-first_name = First name
page-field-last_name = Last name
page-field-username = Username
page-field-phone_number = Phone number, with its country
page-field-password = Password
page-field-password_confirm = Password, once more
page-field-terms_accepted = I accept the terms
page-field-privacy_policy_accepted = I accept the privacy policy

page-verify_email-title = Verify your email address
page-verify_email-about = Press the button to confirm that this address is yours.
page-verify_email-button = Verify my address
page-verify_email-done = Your address is verified
page-verify_email-next = Thank you. You can close this page.
page-verify_email-again = You can ask for a new link where you signed up.

page-reset_password-title = Set a new password
page-reset_password-about = Choose a new password. Every session of your account ends.
page-reset_password-button = Set the password
page-reset_password-done = Your password has been changed
page-reset_password-next = You can sign in with it now.
page-reset_password-again = You can ask for a new link where you sign in.

page-change_email-title = Confirm your new address
page-change_email-about = Press the button and your account has this address from now on.
page-change_email-button = Confirm the address
page-change_email-done = Your account has a new address
page-change_email-next = Sign in with it from now on.
page-change_email-again = You can ask for a new link in your account.

page-undo_email_change-title = Take your account back
page-undo_email_change-about = Press the button and your account has its old address again. Every session ends, and a mail leads you to a new password.
page-undo_email_change-button = That was not me
page-undo_email_change-done = Your account has its old address again
page-undo_email_change-next = We have sent you a mail that leads to a new password.
page-undo_email_change-again = Please ask whoever runs this service for help.
page-invitation-title = Make your account
page-invitation-about = You are invited. Choose a password and your account is ready.
page-invitation-button = Make the account
page-invitation-done = Your account is ready
page-invitation-next = You can sign in now.
page-invitation-again = Please ask whoever invited you for a new invitation.
page-restore_account-title = Restore your account
page-restore_account-about = Press the button and your account is as it was.
page-restore_account-button = Restore my account
page-restore_account-done = Your account is restored
page-restore_account-next = You can sign in again.
page-restore_account-again = Sign in with your password to get a new link.

page-start = Start
page-start-nothing = This is a sign-in service. There is nothing to see here.
page-start-development = This server runs for development. Its address:
page-start-try = Try the API
page-start-try-about = Swagger UI, to call operations from here
page-start-read = Read the API
page-start-read-about = All operations, answers and types
page-start-inbox-about = Mails that were kept here instead of being sent
page-start-health = Health
page-start-health-about = What works right now
page-start-document = OpenAPI document
page-start-document-about = For generators and tools

page-problem = Problem · { $status }

page-inbox = Inbox
page-inbox-about = Mail that this server sent. Nothing here has left the machine. The same as data:
page-inbox-subject = Subject
page-inbox-to = To
page-inbox-time = Time
page-inbox-empty = No mail yet. Register an account, and its verification mail shows up here.
page-letter-to = To { $to },
page-letter-links = Links
page-letter-text = Text
page-letter-html = The HTML part of the mail
