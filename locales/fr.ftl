### Français.

## Titres des refus

problem-malformed_request = La requête n’a pas pu être lue.
problem-validation_error = Certains champs ne sont pas valides.
problem-invalid_token = Ce lien n’est pas valide ou a déjà été utilisé.
problem-invalid_credentials = Identifiant ou mot de passe incorrect.
problem-no_active_account = Aucun compte actif ne correspond à ces identifiants
problem-not_authenticated = Vous devez vous connecter.
problem-token_not_valid = Le jeton n’est pas valide.
problem-session_ended = La session est terminée.
problem-refresh_token_reused = Le jeton de rafraîchissement a déjà été utilisé.
problem-permission_denied = Vous n’avez pas le droit de faire cela.
problem-email_not_verified = L’adresse e-mail n’est pas encore confirmée.
problem-account_locked = Trop de mots de passe incorrects.
problem-registration_closed = Les inscriptions sont fermées.
problem-invitation_required = Une invitation est nécessaire.
problem-account_deleted = Ce compte a été supprimé.
problem-step_up_required = Confirmez d’abord que c’est bien vous.
problem-origin_not_allowed = Les requêtes de cette origine ne sont pas autorisées.
problem-csrf_failed = Le formulaire a expiré.
problem-not_found = Introuvable.
problem-method_not_allowed = Cette méthode n’est pas autorisée ici.
problem-request_timeout = La requête a mis trop de temps à arriver.
problem-payload_too_large = La requête est trop volumineuse.
problem-unsupported_media_type = Ce type de contenu n’est pas pris en charge.
problem-misdirected_request = Ce serveur ne répond pas pour cet hôte.
problem-idempotency_key_reused = Cette clé d’idempotence a déjà été utilisée.
problem-rate_limited = Trop de requêtes.
problem-internal_error = Une erreur s’est produite de notre côté.
problem-service_unavailable = Le service n’est pas disponible pour le moment.
problem-timeout = La requête a pris trop de temps.

## Erreurs dans les champs

error-required = Ce champ est obligatoire.
error-null = Ce champ ne peut pas être nul.
error-blank = Ce champ ne peut pas être vide.
error-unknown = Ce champ est inconnu.
error-string = Ce n’est pas un texte valide.
error-boolean = Une valeur vraie ou fausse est attendue.
error-number = Un nombre valide est attendu.
error-integer = Un nombre entier valide est attendu.
error-list = Une liste est attendue.
error-object = Un objet est attendu.
error-value = Ce n’est pas une valeur valide.
error-control-characters = Les caractères de contrôle ne sont pas autorisés.
error-null-characters = Les caractères nuls ne sont pas autorisés.
error-max_length = Ce champ ne doit pas dépasser { $max ->
    [one] { $max } caractère
   *[other] { $max } caractères
}.
error-invalid_length = Utilisez de { $min } à { $max } caractères.
error-email = Saisissez une adresse e-mail valide.
error-phone = Saisissez un numéro de téléphone avec son indicatif, par exemple +4930123456.
error-web-address = Saisissez une adresse qui commence par https://.
error-date = Saisissez une date au format AAAA-MM-JJ.
error-time-zone = Saisissez un fuseau horaire tel que Europe/Berlin.
error-language = Saisissez une langue telle que en ou pt-BR.
error-username = Utilisez uniquement des lettres, des chiffres et . _ - +
error-username-taken = Ce nom d’utilisateur est déjà pris.
error-email-taken = Un compte avec cette adresse e-mail existe déjà.
error-email-unchanged = C’est déjà votre adresse.
error-email-domain = Les adresses de ce domaine ne peuvent pas être inscrites.
error-invitation = L’invitation est destinée à une autre adresse.
error-account-disabled = Le compte est désactivé.
error-code-challenge = Envoyez l’empreinte SHA-256 du code verifier en base64url (RFC 7636, S256).
error-nested = L’imbrication est trop profonde.
error-too_large = Au plus { $limit } octets sont conservés.
error-password-characters = N’utilisez ni caractères invisibles ni caractères de contrôle.
error-password-common = Ce mot de passe est trop courant.
error-password-upper = Utilisez au moins une lettre majuscule.
error-password-lower = Utilisez au moins une lettre minuscule.
error-password-digit = Utilisez au moins un chiffre.
error-password-special = Utilisez au moins un caractère spécial.
error-password-numeric = N’utilisez pas uniquement des chiffres.
error-password_too_short = Utilisez au moins { $min ->
    [one] { $min } caractère
   *[other] { $min } caractères
}.
error-password_too_long = Utilisez au plus { $max ->
    [one] { $max } caractère
   *[other] { $max } caractères
}.
error-password_too_similar = Le mot de passe ressemble trop à { $attribute ->
    [email_address] votre adresse e-mail
    [username] votre nom d’utilisateur
    [first_name] votre prénom
    [last_name] votre nom
   *[other] vos données
}.
error-password-mismatch = Les mots de passe ne sont pas identiques.
error-password-incorrect = Ce n’est pas votre mot de passe.
error-password-reused = Choisissez un mot de passe que vous n’avez pas utilisé récemment.

## Erreurs de la requête entière

detail-not-object = Le contenu doit être un objet JSON.
detail-not-json = Le contenu n’est pas du JSON valide.
detail-not-utf8 = Le texte doit être en UTF-8.
detail-not-whole = Le contenu n’est pas arrivé en entier.
detail-not-form = Le formulaire n’est pas valide.
detail-field-twice = Un champ a été envoyé deux fois.
detail-number-range = Un nombre est hors des limites autorisées.
detail-many-cookies = Trop de cookies portent le même nom.
detail-two-hosts = Deux hôtes ont été indiqués.
detail-no-host = L’hôte n’est pas indiqué.
detail-busy = Trop de connexions à la fois.
detail-idempotency-key = L’Idempotency-Key n’est pas lisible.
detail-no-key = Cette clé n’existe pas ou n’est plus valable.

## Ce qui a été fait

said-email-verified = Votre adresse e-mail est confirmée.
said-verification-mailed = Si un compte avec cette adresse attend sa confirmation, un e-mail est en route.
said-change-mailed = Veuillez ouvrir le lien envoyé à la nouvelle adresse.
said-address-changed = Votre adresse a été modifiée.
said-address-restored = Votre compte a retrouvé son ancienne adresse. Un e-mail vous guide vers un nouveau mot de passe.
said-signed-out = Vous êtes déconnecté.
said-sessions-ended = Les sessions sont terminées.
said-reset-mailed = S’il existe un compte avec cette adresse, un e-mail est en route.
said-password-changed = Votre mot de passe a été modifié.
said-account-deleted = Votre compte a été supprimé.
said-account-restored = Votre compte a été restauré.
said-registered = Votre compte a été créé. Veuillez confirmer votre adresse e-mail.
said-registered-verified = Votre compte a été créé.
said-registration-mailed = Si cette adresse peut être inscrite, un e-mail lui est envoyé.

## Solidité d’un mot de passe

strength-rows = Les touches qui se suivent sont faciles à deviner.
strength-keyboard = Les motifs de clavier courts sont faciles à deviner.
strength-repeats = Les répétitions comme « aaa » sont faciles à deviner.
strength-repeated-groups = Les répétitions comme « abcabcabc » sont à peine plus difficiles à deviner que « abc ».
strength-top-10 = C’est l’un des dix mots de passe les plus courants.
strength-top-100 = C’est l’un des cent mots de passe les plus courants.
strength-common = C’est un mot de passe très courant.
strength-similar = Il ressemble à un mot de passe courant.
strength-sequences = Les suites comme abc ou 6543 sont faciles à deviner.
strength-years = Les années récentes sont faciles à deviner.
strength-word = Un mot seul est facile à deviner.
strength-dates = Les dates sont souvent faciles à deviner.
strength-names = Un prénom ou un nom seul est facile à deviner.
strength-common-names = Les prénoms et noms courants sont faciles à deviner.
strength-use-words = Utilisez quelques mots, en évitant les expressions courantes.
strength-no-symbols = Inutile d’ajouter des symboles, des chiffres ou des majuscules.
strength-add-words = Ajoutez un ou deux mots. Les mots rares sont préférables.
strength-capitals = Les majuscules n’aident pas beaucoup.
strength-all-capitals = Tout en majuscules est presque aussi facile à deviner que tout en minuscules.
strength-reversed = Les mots écrits à l’envers ne sont guère plus difficiles à deviner.
strength-substitutions = Les substitutions prévisibles comme « @ » pour « a » n’aident pas beaucoup.
strength-longer-keyboard = Utilisez un motif de clavier plus long, avec plus de changements de direction.
strength-avoid-repeats = Évitez les mots et les caractères répétés.
strength-avoid-sequences = Évitez les suites.
strength-avoid-years = Évitez les années récentes.
strength-avoid-own-years = Évitez les années qui ont un rapport avec vous.
strength-avoid-own-dates = Évitez les dates et les années qui ont un rapport avec vous.

## Temps

span-days = { $count ->
    [one] { $count } jour
   *[other] { $count } jours
}
span-hours = { $count ->
    [one] { $count } heure
   *[other] { $count } heures
}
span-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
month = { $month ->
    [1] janvier
    [2] février
    [3] mars
    [4] avril
    [5] mai
    [6] juin
    [7] juillet
    [8] août
    [9] septembre
    [10] octobre
    [11] novembre
   *[12] décembre
}
time = { $day } { $month } { $year } à { $clock } (UTC)

## E-mails

mail-hello = Bonjour { $name },
mail-hello-unnamed = Bonjour,
mail-copy-link = Ou copiez ce lien dans votre navigateur :
mail-link-once = Durée de validité du lien : { $lifetime }. Il ne fonctionne qu’une seule fois.

mail-verify_email-subject = Confirmez votre adresse e-mail pour { $product }
mail-verify_email-about = Veuillez confirmer que { $email } est bien votre adresse.
mail-verify_email-open = Ouvrez ce lien et appuyez sur le bouton :
mail-verify_email-button = Confirmer mon adresse
mail-verify_email-ignore = Si vous n’avez pas créé de compte, ignorez cet e-mail : sans votre confirmation, l’adresse reste non confirmée.

mail-welcome-subject = Bienvenue chez { $product }
mail-welcome-about = Votre adresse { $email } est confirmée et votre compte est prêt.
mail-welcome-next = Vous pouvez vous connecter avec cette adresse. Si quelque chose vous semble suspect, mettez fin à toutes vos sessions et changez votre mot de passe.

mail-session_reused-subject = Quelqu’un a utilisé une ancienne connexion de votre compte { $product }
mail-session_reused-about = Un jeton de connexion de votre compte, déjà remplacé, a été présenté à nouveau le { $happened_at }. Cela arrive lorsqu’un jeton a été copié depuis l’un de vos appareils.
mail-session_reused-next = Nous avons mis fin à cette session : ni vous ni personne d’autre ne peut la poursuivre. Veuillez vous reconnecter. Si vous ne reconnaissez pas cette activité, changez votre mot de passe et vérifiez vos autres sessions.

mail-registration_repeated-subject = Vous avez déjà un compte { $product }
mail-registration_repeated-about = Quelqu’un, peut-être vous, a essayé de créer un compte avec { $email }. Cette adresse en a déjà un : rien n’a donc été modifié.
mail-registration_repeated-next = Si c’était vous, connectez-vous avec cette adresse. Si cela échoue, demandez un nouveau mot de passe : le définir confirme aussi l’adresse. Si ce n’était pas vous, vous n’avez rien à faire.

mail-reset_password-subject = Définissez un nouveau mot de passe pour { $product }
mail-reset_password-about = Quelqu’un, peut-être vous, a demandé un nouveau mot de passe pour { $email }.
mail-reset_password-open = Ouvrez ce lien pour en définir un :
mail-reset_password-button = Définir un nouveau mot de passe
mail-reset_password-ignore = Si vous ne l’avez pas demandé, ignorez cet e-mail : votre mot de passe reste le même.

mail-password_changed-subject = Votre mot de passe { $product } a été modifié
mail-password_changed-about = Le mot de passe de votre compte a été modifié le { $happened_at }, et vos autres sessions sont terminées.
mail-password_changed-next = Si ce n’était pas vous, définissez un nouveau mot de passe dès maintenant : choisissez « mot de passe oublié » lors de la connexion.

mail-change_email-subject = Confirmez votre nouvelle adresse e-mail pour { $product }
mail-change_email-about = Veuillez confirmer que { $email } doit devenir l’adresse de votre compte.
mail-change_email-open = Ouvrez ce lien et appuyez sur le bouton :
mail-change_email-button = Confirmer l’adresse
mail-change_email-ignore = Si vous ne l’avez pas demandé, ignorez cet e-mail : rien ne change.

mail-email_changed-subject = L’adresse de votre compte { $product } a été modifiée
mail-email_changed-about = L’adresse de votre compte a été modifiée le { $happened_at }. Désormais, vous vous connectez avec la nouvelle adresse et y recevez vos e-mails.
mail-email_changed-undo = Si ce n’était pas vous, annulez ce changement : le compte revient à { $email }, toutes les sessions prennent fin et vous recevez un lien vers un nouveau mot de passe.
mail-email_changed-open = Ouvrez ce lien pour annuler le changement :
mail-email_changed-button = Ce n’était pas moi

mail-account_deleted-subject = Votre compte { $product } a été supprimé
mail-account_deleted-about = Votre compte a été supprimé (date : { $happened_at }) et toutes vos sessions ont pris fin. Il peut être restauré jusqu’à son effacement définitif.
mail-account_deleted-open = Ouvrez ce lien si vous souhaitez le récupérer :
mail-account_deleted-button = Restaurer mon compte
mail-account_deleted-next = Si vous souhaitez qu’il disparaisse, vous n’avez rien à faire.

mail-invitation-subject = Vous êtes invité à rejoindre { $product }
mail-invitation-about = Vous êtes invité à créer un compte { $product } avec l’adresse { $email }.
mail-invitation-open = Ouvrez ce lien pour commencer :
mail-invitation-button = Créer un compte
mail-invitation-ignore = Si vous ne souhaitez pas de compte, ignorez cet e-mail.

## Pages

page-skip = Aller au contenu
page-failed = Cela n’a pas fonctionné
page-field-new_password = Nouveau mot de passe
page-field-new_password_confirm = Nouveau mot de passe, encore une fois
page-field-first_name = Prénom
page-field-last_name = Nom
page-field-username = Nom d’utilisateur
page-field-phone_number = Numéro de téléphone, avec l’indicatif du pays
page-field-password = Mot de passe
page-field-password_confirm = Mot de passe, encore une fois
page-field-terms_accepted = J’accepte les conditions d’utilisation
page-field-privacy_policy_accepted = J’accepte la politique de confidentialité

page-verify_email-title = Confirmez votre adresse e-mail
page-verify_email-about = Appuyez sur le bouton pour confirmer que cette adresse est la vôtre.
page-verify_email-button = Confirmer mon adresse
page-verify_email-done = Votre adresse est confirmée
page-verify_email-next = Merci. Vous pouvez fermer cette page.
page-verify_email-again = Vous pouvez demander un nouveau lien là où vous vous êtes inscrit.

page-reset_password-title = Définissez un nouveau mot de passe
page-reset_password-about = Choisissez un nouveau mot de passe. Toutes les sessions de votre compte prendront fin.
page-reset_password-button = Définir le mot de passe
page-reset_password-done = Votre mot de passe a été modifié
page-reset_password-next = Vous pouvez maintenant l’utiliser pour vous connecter.
page-reset_password-again = Vous pouvez demander un nouveau lien lors de la connexion.

page-change_email-title = Confirmez votre nouvelle adresse
page-change_email-about = Appuyez sur le bouton et votre compte aura désormais cette adresse.
page-change_email-button = Confirmer l’adresse
page-change_email-done = Votre compte a une nouvelle adresse
page-change_email-next = Utilisez-la désormais pour vous connecter.
page-change_email-again = Vous pouvez demander un nouveau lien dans votre compte.

page-undo_email_change-title = Reprenez votre compte
page-undo_email_change-about = Appuyez sur le bouton et votre compte retrouve son ancienne adresse. Toutes les sessions prennent fin, et un e-mail vous guide vers un nouveau mot de passe.
page-undo_email_change-button = Ce n’était pas moi
page-undo_email_change-done = Votre compte a retrouvé son ancienne adresse
page-undo_email_change-next = Nous vous avons envoyé un e-mail qui mène à un nouveau mot de passe.
page-undo_email_change-again = Veuillez demander de l’aide aux responsables de ce service.
page-invitation-title = Créez votre compte
page-invitation-about = Vous êtes invité. Choisissez un mot de passe et votre compte est prêt.
page-invitation-button = Créer le compte
page-invitation-done = Votre compte est prêt
page-invitation-next = Vous pouvez maintenant vous connecter.
page-invitation-again = Veuillez demander une nouvelle invitation à la personne qui vous a invité.
page-restore_account-title = Restaurez votre compte
page-restore_account-about = Appuyez sur le bouton et votre compte redevient comme avant.
page-restore_account-button = Restaurer mon compte
page-restore_account-done = Votre compte est restauré
page-restore_account-next = Vous pouvez de nouveau vous connecter.
page-restore_account-again = Connectez-vous avec votre mot de passe pour obtenir un nouveau lien.

page-start = Accueil
page-start-nothing = Ceci est un service de connexion. Il n’y a rien à voir ici.
page-start-development = Ce serveur est utilisé pour le développement. Son adresse :
page-start-try = Essayer l’API
page-start-try-about = Swagger UI, pour appeler des opérations d’ici
page-start-read = Lire l’API
page-start-read-about = Toutes les opérations, réponses et types
page-start-inbox-about = Les e-mails conservés ici au lieu d’être envoyés
page-start-health = État
page-start-health-about = Ce qui fonctionne en ce moment
page-start-document = Document OpenAPI
page-start-document-about = Pour les générateurs et les outils

page-problem = Problème · { $status }

page-inbox = Boîte de réception
page-inbox-about = Les e-mails envoyés par ce serveur. Rien n’a quitté la machine. Les mêmes sous forme de données :
page-inbox-subject = Objet
page-inbox-to = À
page-inbox-time = Heure
page-inbox-empty = Pas encore d’e-mail. Inscrivez un compte et son e-mail de confirmation apparaîtra ici.
page-letter-to = À { $to },
page-letter-links = Liens
page-letter-text = Texte
page-letter-html = La partie HTML de l’e-mail
