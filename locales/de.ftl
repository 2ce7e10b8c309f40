### Deutsch.

## Titel der Ablehnungen

problem-malformed_request = Die Anfrage konnte nicht gelesen werden.
problem-validation_error = Einige Felder sind nicht gültig.
problem-invalid_token = Dieser Link ist ungültig oder wurde schon benutzt.
problem-invalid_credentials = Anmeldename oder Passwort ist falsch.
problem-no_active_account = Zu diesen Angaben gibt es kein aktives Konto
problem-not_authenticated = Bitte melden Sie sich an.
problem-token_not_valid = Das Token ist nicht gültig.
problem-session_ended = Die Sitzung ist beendet.
problem-refresh_token_reused = Das Refresh-Token wurde schon einmal benutzt.
problem-permission_denied = Das dürfen Sie nicht.
problem-email_not_verified = Die E-Mail-Adresse ist noch nicht bestätigt.
problem-account_locked = Zu oft ein falsches Passwort.
problem-registration_closed = Die Registrierung ist geschlossen.
problem-invitation_required = Es wird eine Einladung benötigt.
problem-account_deleted = Dieses Konto wurde gelöscht.
problem-step_up_required = Bitte bestätigen Sie zuerst, dass Sie es sind.
problem-origin_not_allowed = Anfragen von dieser Herkunft sind nicht erlaubt.
problem-csrf_failed = Das Formular ist abgelaufen.
problem-not_found = Nicht gefunden.
problem-method_not_allowed = Diese Methode ist hier nicht erlaubt.
problem-request_timeout = Die Anfrage kam zu langsam an.
problem-payload_too_large = Die Anfrage ist zu groß.
problem-unsupported_media_type = Dieser Inhaltstyp wird nicht unterstützt.
problem-misdirected_request = Für diesen Host ist dieser Server nicht zuständig.
problem-idempotency_key_reused = Dieser Idempotenzschlüssel wurde schon benutzt.
problem-rate_limited = Zu viele Anfragen.
problem-internal_error = Bei uns ist etwas schiefgegangen.
problem-service_unavailable = Der Dienst ist gerade nicht verfügbar.
problem-timeout = Die Anfrage hat zu lange gedauert.

## Fehler in Feldern

error-required = Dieses Feld wird benötigt.
error-null = Dieses Feld darf nicht null sein.
error-blank = Dieses Feld darf nicht leer sein.
error-unknown = Dieses Feld ist nicht bekannt.
error-string = Das ist kein gültiger Text.
error-boolean = Erwartet wird wahr oder falsch.
error-number = Erwartet wird eine gültige Zahl.
error-integer = Erwartet wird eine gültige ganze Zahl.
error-list = Erwartet wird eine Liste.
error-object = Erwartet wird ein Objekt.
error-value = Das ist kein gültiger Wert.
error-control-characters = Steuerzeichen sind nicht erlaubt.
error-null-characters = Nullzeichen sind nicht erlaubt.
error-max_length = Dieses Feld darf höchstens { $max } Zeichen haben.
error-invalid_length = Verwenden Sie { $min } bis { $max } Zeichen.
error-email = Geben Sie eine gültige E-Mail-Adresse ein.
error-phone = Geben Sie eine Telefonnummer mit Landesvorwahl ein, etwa +4930123456.
error-web-address = Geben Sie eine Adresse ein, die mit https:// beginnt.
error-date = Geben Sie ein Datum als JJJJ-MM-TT ein.
error-time-zone = Geben Sie eine Zeitzone wie Europe/Berlin ein.
error-language = Geben Sie eine Sprache wie en oder pt-BR ein.
error-username = Verwenden Sie nur Buchstaben, Ziffern und . _ - +
error-username-taken = Dieser Benutzername ist vergeben.
error-email-taken = Es gibt schon ein Konto mit dieser E-Mail-Adresse.
error-email-unchanged = Das ist bereits Ihre Adresse.
error-email-domain = Adressen dieser Domain können nicht registriert werden.
error-invitation = Die Einladung gilt für eine andere Adresse.
error-account-disabled = Das Konto ist gesperrt.
error-code-challenge = Senden Sie den SHA-256-Wert des Code Verifier als base64url (RFC 7636, S256).
error-nested = Das ist zu tief verschachtelt.
error-too_large = Höchstens { $limit } Bytes werden aufbewahrt.
error-password-characters = Verwenden Sie keine unsichtbaren Zeichen und keine Steuerzeichen.
error-password-common = Dieses Passwort ist zu verbreitet.
error-password-upper = Verwenden Sie mindestens einen Großbuchstaben.
error-password-lower = Verwenden Sie mindestens einen Kleinbuchstaben.
error-password-digit = Verwenden Sie mindestens eine Ziffer.
error-password-special = Verwenden Sie mindestens ein Sonderzeichen.
error-password-numeric = Verwenden Sie nicht nur Ziffern.
error-password_too_short = Verwenden Sie mindestens { $min } Zeichen.
error-password_too_long = Verwenden Sie höchstens { $max } Zeichen.
error-password_too_similar = Das Passwort ähnelt { $attribute ->
    [email_address] Ihrer E-Mail-Adresse
    [username] Ihrem Benutzernamen
    [first_name] Ihrem Vornamen
    [last_name] Ihrem Nachnamen
   *[other] Ihren Angaben
} zu sehr.
error-password-mismatch = Die Passwörter stimmen nicht überein.
error-password-incorrect = Das ist nicht Ihr Passwort.
error-password-reused = Wählen Sie ein Passwort, das Sie in letzter Zeit nicht hatten.

## Fehler der ganzen Anfrage

detail-not-object = Der Inhalt muss ein JSON-Objekt sein.
detail-not-json = Der Inhalt ist kein gültiges JSON.
detail-not-utf8 = Der Text muss UTF-8 sein.
detail-not-whole = Der Inhalt ist nicht vollständig angekommen.
detail-not-form = Das Formular ist nicht gültig.
detail-field-twice = Ein Feld wurde doppelt gesendet.
detail-number-range = Eine Zahl ist außerhalb des erlaubten Bereichs.
detail-many-cookies = Zu viele Cookies haben denselben Namen.
detail-two-hosts = Es wurden zwei Hosts genannt.
detail-no-host = Die Angabe des Hosts fehlt.
detail-busy = Zu viele Anmeldungen auf einmal.
detail-idempotency-key = Der Idempotency-Key ist nicht lesbar.
detail-no-key = Diesen Schlüssel gibt es nicht, oder er ist beendet.

## Was getan wurde

said-email-verified = Ihre E-Mail-Adresse ist bestätigt.
said-verification-mailed = Wenn ein Konto mit dieser Adresse auf die Bestätigung wartet, ist eine E-Mail unterwegs.
said-change-mailed = Bitte öffnen Sie den Link, den wir an die neue Adresse geschickt haben.
said-address-changed = Ihre Adresse wurde geändert.
said-address-restored = Ihr Konto hat wieder seine alte Adresse. Eine E-Mail führt Sie zu einem neuen Passwort.
said-signed-out = Sie sind abgemeldet.
said-sessions-ended = Die Sitzungen sind beendet.
said-reset-mailed = Wenn es ein Konto mit dieser Adresse gibt, ist eine E-Mail unterwegs.
said-password-changed = Ihr Passwort wurde geändert.
said-account-deleted = Ihr Konto wurde gelöscht.
said-account-restored = Ihr Konto wurde wiederhergestellt.
said-registered = Ihr Konto ist angelegt. Bitte bestätigen Sie Ihre E-Mail-Adresse.
said-registered-verified = Ihr Konto wurde angelegt.
said-registration-mailed = Wenn diese Adresse registriert werden kann, ist eine E-Mail dorthin unterwegs.

## Stärke eines Passworts

strength-rows = Tastenreihen sind leicht zu erraten.
strength-keyboard = Kurze Tastaturmuster sind leicht zu erraten.
strength-repeats = Wiederholungen wie „aaa“ sind leicht zu erraten.
strength-repeated-groups = Wiederholungen wie „abcabcabc“ sind kaum schwerer zu erraten als „abc“.
strength-top-10 = Das ist eines der zehn häufigsten Passwörter.
strength-top-100 = Das ist eines der hundert häufigsten Passwörter.
strength-common = Das ist ein sehr häufiges Passwort.
strength-similar = Das ähnelt einem häufigen Passwort.
strength-sequences = Folgen wie abc oder 6543 sind leicht zu erraten.
strength-years = Jahreszahlen der letzten Zeit sind leicht zu erraten.
strength-word = Ein einzelnes Wort ist leicht zu erraten.
strength-dates = Daten sind oft leicht zu erraten.
strength-names = Einzelne Vor- oder Nachnamen sind leicht zu erraten.
strength-common-names = Häufige Vor- und Nachnamen sind leicht zu erraten.
strength-use-words = Verwenden Sie einige Wörter, aber keine gängigen Wendungen.
strength-no-symbols = Sonderzeichen, Ziffern oder Großbuchstaben sind nicht nötig.
strength-add-words = Fügen Sie ein oder zwei Wörter hinzu. Seltene Wörter sind besser.
strength-capitals = Großschreibung hilft nicht viel.
strength-all-capitals = Nur Großbuchstaben sind fast so leicht zu erraten wie nur Kleinbuchstaben.
strength-reversed = Rückwärts geschriebene Wörter sind kaum schwerer zu erraten.
strength-substitutions = Naheliegende Ersetzungen wie „@“ statt „a“ helfen nicht viel.
strength-longer-keyboard = Verwenden Sie ein längeres Tastaturmuster mit mehr Wendungen.
strength-avoid-repeats = Vermeiden Sie wiederholte Wörter und Zeichen.
strength-avoid-sequences = Vermeiden Sie Folgen.
strength-avoid-years = Vermeiden Sie Jahreszahlen der letzten Zeit.
strength-avoid-own-years = Vermeiden Sie Jahreszahlen, die mit Ihnen zu tun haben.
strength-avoid-own-dates = Vermeiden Sie Daten und Jahreszahlen, die mit Ihnen zu tun haben.

## Zeiten

span-days = { $count ->
    [one] { $count } Tag
   *[other] { $count } Tage
}
span-hours = { $count ->
    [one] { $count } Stunde
   *[other] { $count } Stunden
}
span-minutes = { $count ->
    [one] { $count } Minute
   *[other] { $count } Minuten
}
month = { $month ->
    [1] Januar
    [2] Februar
    [3] März
    [4] April
    [5] Mai
    [6] Juni
    [7] Juli
    [8] August
    [9] September
    [10] Oktober
    [11] November
   *[12] Dezember
}
time = { $day }. { $month } { $year }, { $clock } Uhr (UTC)

## E-Mails

mail-hello = Guten Tag { $name },
mail-hello-unnamed = Guten Tag,
mail-copy-link = Oder kopieren Sie diesen Link in Ihren Browser:
mail-link-once = Gültigkeit des Links: { $lifetime }. Er funktioniert nur einmal.

mail-verify_email-subject = Bestätigen Sie Ihre E-Mail-Adresse für { $product }
mail-verify_email-about = Bitte bestätigen Sie, dass { $email } Ihre Adresse ist.
mail-verify_email-open = Öffnen Sie diesen Link und drücken Sie auf die Schaltfläche:
mail-verify_email-button = Adresse bestätigen
mail-verify_email-ignore = Wenn Sie kein Konto angelegt haben, ignorieren Sie diese E-Mail: Ohne Ihre Bestätigung bleibt die Adresse unbestätigt.

mail-welcome-subject = Willkommen bei { $product }
mail-welcome-about = Ihre Adresse { $email } ist bestätigt, und Ihr Konto ist bereit.
mail-welcome-next = Sie können sich mit dieser Adresse anmelden. Wenn Ihnen etwas verdächtig vorkommt, beenden Sie alle Sitzungen und ändern Sie Ihr Passwort.

mail-session_reused-subject = Jemand hat eine alte Anmeldung Ihres { $product }-Kontos benutzt
mail-session_reused-about = Ein bereits ersetztes Anmelde-Token Ihres Kontos wurde noch einmal vorgelegt (Zeitpunkt: { $happened_at }). Das geschieht, wenn ein Token von einem Ihrer Geräte kopiert wurde.
mail-session_reused-next = Wir haben die betroffene Sitzung beendet, sodass weder Sie noch jemand anderes sie fortsetzen kann. Bitte melden Sie sich neu an. Wenn Sie sich den Vorgang nicht erklären können, ändern Sie Ihr Passwort und prüfen Sie Ihre anderen Sitzungen.

mail-registration_repeated-subject = Sie haben bereits ein { $product }-Konto
mail-registration_repeated-about = Jemand, vielleicht Sie selbst, wollte ein Konto mit { $email } anlegen. Zu dieser Adresse gibt es schon eines, deshalb wurde nichts geändert.
mail-registration_repeated-next = Wenn Sie es waren, melden Sie sich mit dieser Adresse an. Gelingt das nicht, fordern Sie ein neues Passwort an: Wenn Sie es setzen, ist auch die Adresse bestätigt. Wenn Sie es nicht waren, müssen Sie nichts tun.

mail-reset_password-subject = Neues Passwort für { $product } festlegen
mail-reset_password-about = Jemand, vielleicht Sie selbst, hat ein neues Passwort für { $email } angefordert.
mail-reset_password-open = Öffnen Sie diesen Link, um es festzulegen:
mail-reset_password-button = Neues Passwort festlegen
mail-reset_password-ignore = Wenn Sie das nicht angefordert haben, ignorieren Sie diese E-Mail: Ihr Passwort bleibt, wie es ist.

mail-password_changed-subject = Ihr Passwort für { $product } wurde geändert
mail-password_changed-about = Das Passwort Ihres Kontos wurde geändert (Zeitpunkt: { $happened_at }). Ihre anderen Sitzungen sind beendet.
mail-password_changed-next = Wenn Sie das nicht waren, legen Sie jetzt ein neues Passwort fest: Wählen Sie bei der Anmeldung „Passwort vergessen“.

mail-change_email-subject = Bestätigen Sie Ihre neue E-Mail-Adresse für { $product }
mail-change_email-about = Bitte bestätigen Sie, dass { $email } die Adresse Ihres Kontos werden soll.
mail-change_email-open = Öffnen Sie diesen Link und drücken Sie auf die Schaltfläche:
mail-change_email-button = Adresse bestätigen
mail-change_email-ignore = Wenn Sie das nicht angefordert haben, ignorieren Sie diese E-Mail: Es ändert sich nichts.

mail-email_changed-subject = Die Adresse Ihres { $product }-Kontos wurde geändert
mail-email_changed-about = Die Adresse Ihres Kontos wurde geändert (Zeitpunkt: { $happened_at }). Von jetzt an melden Sie sich mit der neuen Adresse an und erhalten Ihre E-Mails dort.
mail-email_changed-undo = Wenn Sie das nicht waren, machen Sie es rückgängig: Das Konto gehört dann wieder zu { $email }, alle Sitzungen enden, und Sie erhalten einen Link zu einem neuen Passwort.
mail-email_changed-open = Öffnen Sie diesen Link, um es rückgängig zu machen:
mail-email_changed-button = Das war ich nicht

mail-account_deleted-subject = Ihr { $product }-Konto wurde gelöscht
mail-account_deleted-about = Ihr Konto wurde gelöscht (Zeitpunkt: { $happened_at }), und alle Ihre Sitzungen sind beendet. Bis zur endgültigen Löschung lässt es sich wiederherstellen.
mail-account_deleted-open = Öffnen Sie diesen Link, wenn Sie es zurückhaben möchten:
mail-account_deleted-button = Konto wiederherstellen
mail-account_deleted-next = Wenn es gelöscht bleiben soll, müssen Sie nichts tun.

mail-invitation-subject = Sie sind zu { $product } eingeladen
mail-invitation-about = Sie sind eingeladen, bei { $product } ein Konto mit der Adresse { $email } anzulegen.
mail-invitation-open = Öffnen Sie diesen Link, um zu beginnen:
mail-invitation-button = Konto anlegen
mail-invitation-ignore = Wenn Sie kein Konto möchten, ignorieren Sie diese E-Mail.

## Seiten

page-skip = Zum Inhalt springen
page-failed = Das hat nicht geklappt
page-field-new_password = Neues Passwort
page-field-new_password_confirm = Neues Passwort wiederholen
page-field-first_name = Vorname
page-field-last_name = Nachname
page-field-username = Benutzername
page-field-phone_number = Telefonnummer mit Ländervorwahl
page-field-password = Passwort
page-field-password_confirm = Passwort wiederholen
page-field-terms_accepted = Ich akzeptiere die Nutzungsbedingungen
page-field-privacy_policy_accepted = Ich akzeptiere die Datenschutzerklärung

page-verify_email-title = E-Mail-Adresse bestätigen
page-verify_email-about = Drücken Sie auf die Schaltfläche, um zu bestätigen, dass diese Adresse Ihnen gehört.
page-verify_email-button = Adresse bestätigen
page-verify_email-done = Ihre Adresse ist bestätigt
page-verify_email-next = Vielen Dank. Sie können diese Seite schließen.
page-verify_email-again = Einen neuen Link können Sie dort anfordern, wo Sie sich registriert haben.

page-reset_password-title = Neues Passwort festlegen
page-reset_password-about = Wählen Sie ein neues Passwort. Alle Sitzungen Ihres Kontos enden.
page-reset_password-button = Passwort festlegen
page-reset_password-done = Ihr Passwort wurde geändert
page-reset_password-next = Sie können sich jetzt damit anmelden.
page-reset_password-again = Einen neuen Link können Sie bei der Anmeldung anfordern.

page-change_email-title = Neue Adresse bestätigen
page-change_email-about = Drücken Sie auf die Schaltfläche, und Ihr Konto hat von jetzt an diese Adresse.
page-change_email-button = Adresse bestätigen
page-change_email-done = Ihr Konto hat eine neue Adresse
page-change_email-next = Melden Sie sich von jetzt an mit ihr an.
page-change_email-again = Einen neuen Link können Sie in Ihrem Konto anfordern.

page-undo_email_change-title = Konto zurückholen
page-undo_email_change-about = Drücken Sie auf die Schaltfläche, und Ihr Konto hat wieder seine alte Adresse. Alle Sitzungen enden, und eine E-Mail führt Sie zu einem neuen Passwort.
page-undo_email_change-button = Das war ich nicht
page-undo_email_change-done = Ihr Konto hat wieder seine alte Adresse
page-undo_email_change-next = Wir haben Ihnen eine E-Mail geschickt, die zu einem neuen Passwort führt.
page-undo_email_change-again = Bitte wenden Sie sich an die Betreiber dieses Dienstes.
page-invitation-title = Legen Sie Ihr Konto an
page-invitation-about = Sie sind eingeladen. Wählen Sie ein Passwort, und Ihr Konto ist bereit.
page-invitation-button = Konto anlegen
page-invitation-done = Ihr Konto ist bereit
page-invitation-next = Sie können sich jetzt anmelden.
page-invitation-again = Bitte lassen Sie sich von der einladenden Person eine neue Einladung schicken.
page-restore_account-title = Stellen Sie Ihr Konto wieder her
page-restore_account-about = Drücken Sie den Knopf, und Ihr Konto ist wie zuvor.
page-restore_account-button = Konto wiederherstellen
page-restore_account-done = Ihr Konto ist wiederhergestellt
page-restore_account-next = Sie können sich wieder anmelden.
page-restore_account-again = Melden Sie sich mit Ihrem Passwort an, um einen neuen Link zu erhalten.

page-start = Übersicht
page-start-nothing = Dies ist ein Anmeldedienst. Hier gibt es nichts zu sehen.
page-start-development = Dieser Server läuft für die Entwicklung. Seine Adresse:
page-start-try = API ausprobieren
page-start-try-about = Swagger UI, um Operationen von hier aus aufzurufen
page-start-read = API nachlesen
page-start-read-about = Alle Operationen, Antworten und Typen
page-start-inbox-about = E-Mails, die hier behalten statt verschickt wurden
page-start-health = Zustand
page-start-health-about = Was gerade funktioniert
page-start-document = OpenAPI-Dokument
page-start-document-about = Für Generatoren und Werkzeuge

page-problem = Fehler · { $status }

page-inbox = Posteingang
page-inbox-about = E-Mails, die dieser Server verschickt hat. Nichts davon hat den Rechner verlassen. Dasselbe als Daten:
page-inbox-subject = Betreff
page-inbox-to = An
page-inbox-time = Zeit
page-inbox-empty = Noch keine E-Mails. Registrieren Sie ein Konto, und seine Bestätigungsmail erscheint hier.
page-letter-to = An { $to },
page-letter-links = Verweise
page-letter-text = Textfassung
page-letter-html = HTML-Teil der E-Mail
