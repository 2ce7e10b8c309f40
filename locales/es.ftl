### Español.

## Títulos de los rechazos

problem-malformed_request = No se ha podido leer la solicitud.
problem-validation_error = Algunos campos no son válidos.
problem-invalid_token = Este enlace no es válido o ya se ha utilizado.
problem-invalid_credentials = El nombre de acceso o la contraseña no son correctos.
problem-no_active_account = No hay ninguna cuenta activa con estos datos
problem-not_authenticated = Es necesario iniciar sesión.
problem-token_not_valid = El token no es válido.
problem-session_ended = La sesión ha terminado.
problem-refresh_token_reused = El token de renovación ya se había utilizado.
problem-permission_denied = No tiene permiso para hacer esto.
problem-email_not_verified = La dirección de correo aún no está confirmada.
problem-account_locked = Demasiadas contraseñas incorrectas.
problem-registration_closed = El registro está cerrado.
problem-invitation_required = Se necesita una invitación.
problem-account_deleted = Esta cuenta se ha eliminado.
problem-step_up_required = Confirme primero que es usted.
problem-origin_not_allowed = No se permiten solicitudes de este origen.
problem-csrf_failed = El formulario ha caducado.
problem-not_found = No se ha encontrado.
problem-method_not_allowed = Este método no está permitido aquí.
problem-request_timeout = La solicitud ha tardado demasiado en llegar.
problem-payload_too_large = La solicitud es demasiado grande.
problem-unsupported_media_type = Este tipo de contenido no se admite.
problem-misdirected_request = Este servidor no responde por este host.
problem-idempotency_key_reused = Esta clave de idempotencia ya se ha utilizado.
problem-rate_limited = Demasiadas solicitudes.
problem-internal_error = Algo ha fallado por nuestra parte.
problem-service_unavailable = El servicio no está disponible en este momento.
problem-timeout = La solicitud ha tardado demasiado.

## Errores en los campos

error-required = Este campo es obligatorio.
error-null = Este campo no puede ser nulo.
error-blank = Este campo no puede estar vacío.
error-unknown = Este campo no se conoce.
error-string = No es un texto válido.
error-boolean = Se espera verdadero o falso.
error-number = Se espera un número válido.
error-integer = Se espera un número entero válido.
error-list = Se espera una lista.
error-object = Se espera un objeto.
error-value = No es un valor válido.
error-control-characters = No se permiten caracteres de control.
error-null-characters = No se permiten caracteres nulos.
error-max_length = Este campo no puede tener más de { $max ->
    [one] { $max } carácter
   *[other] { $max } caracteres
}.
error-invalid_length = Utilice de { $min } a { $max } caracteres.
error-email = Introduzca una dirección de correo válida.
error-phone = Introduzca un número de teléfono con su prefijo internacional, por ejemplo +4930123456.
error-web-address = Introduzca una dirección que empiece por https://.
error-date = Introduzca una fecha como AAAA-MM-DD.
error-time-zone = Introduzca una zona horaria como Europe/Berlin.
error-language = Introduzca un idioma como en o pt-BR.
error-username = Utilice solo letras, cifras y . _ - +
error-username-taken = Este nombre de usuario ya está en uso.
error-email-taken = Ya existe una cuenta con esta dirección de correo.
error-email-unchanged = Esta ya es su dirección.
error-email-domain = Las direcciones de este dominio no se pueden registrar.
error-invitation = La invitación es para otra dirección.
error-account-disabled = La cuenta está desactivada.
error-code-challenge = Envíe el SHA-256 del code verifier en base64url (RFC 7636, S256).
error-nested = El anidamiento es demasiado profundo.
error-too_large = Se guardan como máximo { $limit } bytes.
error-password-characters = No utilice caracteres invisibles ni de control.
error-password-common = Esta contraseña es demasiado común.
error-password-upper = Utilice al menos una letra mayúscula.
error-password-lower = Utilice al menos una letra minúscula.
error-password-digit = Utilice al menos una cifra.
error-password-special = Utilice al menos un carácter especial.
error-password-numeric = No utilice solo cifras.
error-password_too_short = Utilice al menos { $min ->
    [one] { $min } carácter
   *[other] { $min } caracteres
}.
error-password_too_long = Utilice como máximo { $max ->
    [one] { $max } carácter
   *[other] { $max } caracteres
}.
error-password_too_similar = La contraseña se parece demasiado a { $attribute ->
    [email_address] su dirección de correo
    [username] su nombre de usuario
    [first_name] su nombre
    [last_name] su apellido
   *[other] sus datos
}.
error-password-mismatch = Las contraseñas no coinciden.
error-password-incorrect = Esta no es su contraseña.
error-password-reused = Elija una contraseña que no haya tenido últimamente.

## Errores de toda la solicitud

detail-not-object = El contenido debe ser un objeto JSON.
detail-not-json = El contenido no es JSON válido.
detail-not-utf8 = El texto debe estar en UTF-8.
detail-not-whole = El contenido no ha llegado completo.
detail-not-form = El formulario no es válido.
detail-field-twice = Un campo se ha enviado dos veces.
detail-number-range = Un número está fuera del intervalo permitido.
detail-many-cookies = Demasiadas cookies tienen el mismo nombre.
detail-two-hosts = Se han indicado dos hosts.
detail-no-host = Falta el host.
detail-busy = Demasiados inicios de sesión a la vez.
detail-idempotency-key = La Idempotency-Key no se puede leer.
detail-no-key = Esta clave no existe o ya ha terminado.

## Lo que se ha hecho

said-email-verified = Su dirección de correo está confirmada.
said-verification-mailed = Si una cuenta con esta dirección espera confirmación, un correo está en camino.
said-change-mailed = Abra el enlace que se ha enviado a la nueva dirección.
said-address-changed = Su dirección se ha cambiado.
said-address-restored = Su cuenta vuelve a tener su dirección anterior. Un correo le lleva a una nueva contraseña.
said-signed-out = Ha cerrado la sesión.
said-sessions-ended = Las sesiones han terminado.
said-reset-mailed = Si hay una cuenta con esta dirección, un correo está en camino.
said-password-changed = Su contraseña se ha cambiado.
said-account-deleted = Su cuenta se ha eliminado.
said-account-restored = Su cuenta se ha restaurado.
said-registered = Su cuenta se ha creado. Confirme su dirección de correo.
said-registered-verified = Su cuenta se ha creado.
said-registration-mailed = Si esta dirección se puede registrar, un correo está en camino hacia ella.

## Solidez de una contraseña

strength-rows = Las filas de teclas son fáciles de adivinar.
strength-keyboard = Los patrones cortos de teclado son fáciles de adivinar.
strength-repeats = Las repeticiones como «aaa» son fáciles de adivinar.
strength-repeated-groups = Las repeticiones como «abcabcabc» apenas son más difíciles de adivinar que «abc».
strength-top-10 = Es una de las diez contraseñas más comunes.
strength-top-100 = Es una de las cien contraseñas más comunes.
strength-common = Es una contraseña muy común.
strength-similar = Se parece a una contraseña común.
strength-sequences = Las secuencias como abc o 6543 son fáciles de adivinar.
strength-years = Los años recientes son fáciles de adivinar.
strength-word = Una sola palabra es fácil de adivinar.
strength-dates = Las fechas suelen ser fáciles de adivinar.
strength-names = Un nombre o un apellido solo es fácil de adivinar.
strength-common-names = Los nombres y apellidos comunes son fáciles de adivinar.
strength-use-words = Utilice varias palabras y evite las frases comunes.
strength-no-symbols = No hacen falta símbolos, cifras ni mayúsculas.
strength-add-words = Añada una o dos palabras. Las poco comunes son mejores.
strength-capitals = Las mayúsculas no ayudan mucho.
strength-all-capitals = Todo en mayúsculas es casi tan fácil de adivinar como todo en minúsculas.
strength-reversed = Las palabras al revés no son mucho más difíciles de adivinar.
strength-substitutions = Las sustituciones previsibles como «@» por «a» no ayudan mucho.
strength-longer-keyboard = Utilice un patrón de teclado más largo y con más giros.
strength-avoid-repeats = Evite las palabras y los caracteres repetidos.
strength-avoid-sequences = Evite las secuencias.
strength-avoid-years = Evite los años recientes.
strength-avoid-own-years = Evite los años relacionados con usted.
strength-avoid-own-dates = Evite las fechas y los años relacionados con usted.

## Tiempos

span-days = { $count ->
    [one] { $count } día
   *[other] { $count } días
}
span-hours = { $count ->
    [one] { $count } hora
   *[other] { $count } horas
}
span-minutes = { $count ->
    [one] { $count } minuto
   *[other] { $count } minutos
}
month = { $month ->
    [1] enero
    [2] febrero
    [3] marzo
    [4] abril
    [5] mayo
    [6] junio
    [7] julio
    [8] agosto
    [9] septiembre
    [10] octubre
    [11] noviembre
   *[12] diciembre
}
time = { $day } de { $month } de { $year }, { $clock } (UTC)

## Correos

mail-hello = Hola, { $name }:
mail-hello-unnamed = Hola:
mail-copy-link = O copie este enlace en su navegador:
mail-link-once = Validez del enlace: { $lifetime }. Funciona una sola vez.

mail-verify_email-subject = Confirme su dirección de correo para { $product }
mail-verify_email-about = Confirme que { $email } es su dirección.
mail-verify_email-open = Abra este enlace y pulse el botón:
mail-verify_email-button = Confirmar mi dirección
mail-verify_email-ignore = Si no ha creado una cuenta, ignore este correo: sin su confirmación, la dirección queda sin confirmar.

mail-welcome-subject = Le damos la bienvenida a { $product }
mail-welcome-about = Su dirección { $email } está confirmada y su cuenta está lista.
mail-welcome-next = Puede iniciar sesión con esta dirección. Si algo le parece extraño, cierre todas sus sesiones y cambie su contraseña.

mail-session_reused-subject = Alguien ha utilizado un acceso antiguo de su cuenta de { $product }
mail-session_reused-about = Un token de acceso de su cuenta que ya se había sustituido se ha vuelto a presentar (momento: { $happened_at }). Esto ocurre cuando un token se ha copiado de uno de sus dispositivos.
mail-session_reused-next = Hemos cerrado esa sesión, de modo que ni usted ni nadie más puede continuarla. Vuelva a iniciar sesión. Si no reconoce lo ocurrido, cambie su contraseña y revise sus demás sesiones.

mail-registration_repeated-subject = Ya tiene una cuenta de { $product }
mail-registration_repeated-about = Alguien, quizá usted, ha intentado crear una cuenta con { $email }. Esta dirección ya tiene una, así que no se ha cambiado nada.
mail-registration_repeated-next = Si ha sido usted, inicie sesión con esta dirección. Si no lo consigue, pida una nueva contraseña: al establecerla también se confirma la dirección. Si no ha sido usted, no tiene que hacer nada.

mail-reset_password-subject = Establezca una nueva contraseña para { $product }
mail-reset_password-about = Alguien, quizá usted, ha pedido una nueva contraseña para { $email }.
mail-reset_password-open = Abra este enlace para establecerla:
mail-reset_password-button = Establecer una nueva contraseña
mail-reset_password-ignore = Si no la ha pedido, ignore este correo: su contraseña sigue siendo la misma.

mail-password_changed-subject = Su contraseña de { $product } se ha cambiado
mail-password_changed-about = La contraseña de su cuenta se ha cambiado (momento: { $happened_at }) y sus demás sesiones se han cerrado.
mail-password_changed-next = Si no ha sido usted, establezca ahora una nueva contraseña: elija «contraseña olvidada» al iniciar sesión.

mail-change_email-subject = Confirme su nueva dirección de correo para { $product }
mail-change_email-about = Confirme que { $email } debe ser la dirección de su cuenta.
mail-change_email-open = Abra este enlace y pulse el botón:
mail-change_email-button = Confirmar la dirección
mail-change_email-ignore = Si no lo ha pedido, ignore este correo: no cambia nada.

mail-email_changed-subject = La dirección de su cuenta de { $product } se ha cambiado
mail-email_changed-about = La dirección de su cuenta se ha cambiado (momento: { $happened_at }). A partir de ahora inicia sesión con la nueva dirección y recibe allí sus correos.
mail-email_changed-undo = Si no ha sido usted, deshaga el cambio: la cuenta vuelve a { $email }, se cierran todas las sesiones y recibe un enlace para una nueva contraseña.
mail-email_changed-open = Abra este enlace para deshacer el cambio:
mail-email_changed-button = No he sido yo

mail-account_deleted-subject = Su cuenta de { $product } se ha eliminado
mail-account_deleted-about = Su cuenta se ha eliminado (momento: { $happened_at }) y todas sus sesiones se han cerrado. Se puede restaurar hasta que se borre definitivamente.
mail-account_deleted-open = Abra este enlace si desea recuperarla:
mail-account_deleted-button = Restaurar mi cuenta
mail-account_deleted-next = Si desea que desaparezca, no tiene que hacer nada.

mail-invitation-subject = Le han invitado a { $product }
mail-invitation-about = Le invitamos a crear una cuenta en { $product } con la dirección { $email }.
mail-invitation-open = Abra este enlace para empezar:
mail-invitation-button = Crear una cuenta
mail-invitation-ignore = Si no desea una cuenta, ignore este correo.

## Páginas

page-skip = Ir al contenido
page-failed = No ha funcionado
page-field-new_password = Nueva contraseña
page-field-new_password_confirm = Nueva contraseña, otra vez
page-field-first_name = Nombre
page-field-last_name = Apellidos
page-field-username = Nombre de usuario
page-field-phone_number = Número de teléfono, con el prefijo del país
page-field-password = Contraseña
page-field-password_confirm = Contraseña, otra vez
page-field-terms_accepted = Acepto las condiciones de uso
page-field-privacy_policy_accepted = Acepto la política de privacidad

page-verify_email-title = Confirme su dirección de correo
page-verify_email-about = Pulse el botón para confirmar que esta dirección es suya.
page-verify_email-button = Confirmar mi dirección
page-verify_email-done = Su dirección está confirmada
page-verify_email-next = Gracias. Puede cerrar esta página.
page-verify_email-again = Puede pedir un nuevo enlace donde se registró.

page-reset_password-title = Establezca una nueva contraseña
page-reset_password-about = Elija una nueva contraseña. Todas las sesiones de su cuenta se cerrarán.
page-reset_password-button = Establecer la contraseña
page-reset_password-done = Su contraseña se ha cambiado
page-reset_password-next = Ya puede iniciar sesión con ella.
page-reset_password-again = Puede pedir un nuevo enlace donde inicia sesión.

page-change_email-title = Confirme su nueva dirección
page-change_email-about = Pulse el botón y su cuenta tendrá esta dirección a partir de ahora.
page-change_email-button = Confirmar la dirección
page-change_email-done = Su cuenta tiene una nueva dirección
page-change_email-next = A partir de ahora, inicie sesión con ella.
page-change_email-again = Puede pedir un nuevo enlace en su cuenta.

page-undo_email_change-title = Recupere su cuenta
page-undo_email_change-about = Pulse el botón y su cuenta volverá a tener su dirección anterior. Se cierran todas las sesiones y un correo le lleva a una nueva contraseña.
page-undo_email_change-button = No he sido yo
page-undo_email_change-done = Su cuenta vuelve a tener su dirección anterior
page-undo_email_change-next = Le hemos enviado un correo que lleva a una nueva contraseña.
page-undo_email_change-again = Pida ayuda a los responsables de este servicio.
page-invitation-title = Cree su cuenta
page-invitation-about = Tiene una invitación. Elija una contraseña y su cuenta estará lista.
page-invitation-button = Crear la cuenta
page-invitation-done = Su cuenta está lista
page-invitation-next = Ya puede iniciar sesión.
page-invitation-again = Pida una nueva invitación a quien le invitó.
page-restore_account-title = Restaure su cuenta
page-restore_account-about = Pulse el botón y su cuenta quedará como estaba.
page-restore_account-button = Restaurar mi cuenta
page-restore_account-done = Su cuenta está restaurada
page-restore_account-next = Puede volver a iniciar sesión.
page-restore_account-again = Inicie sesión con su contraseña para obtener un nuevo enlace.

page-start = Inicio
page-start-nothing = Este es un servicio de inicio de sesión. Aquí no hay nada que ver.
page-start-development = Este servidor funciona para desarrollo. Su dirección:
page-start-try = Probar la API
page-start-try-about = Swagger UI, para llamar operaciones desde aquí
page-start-read = Leer la API
page-start-read-about = Todas las operaciones, respuestas y tipos
page-start-inbox-about = Los correos guardados aquí en lugar de enviarse
page-start-health = Estado
page-start-health-about = Lo que funciona en este momento
page-start-document = Documento OpenAPI
page-start-document-about = Para generadores y herramientas

page-problem = Problema · { $status }

page-inbox = Bandeja de entrada
page-inbox-about = Correos que ha enviado este servidor. Nada ha salido de la máquina. Lo mismo como datos:
page-inbox-subject = Asunto
page-inbox-to = Para
page-inbox-time = Hora
page-inbox-empty = Aún no hay correos. Registre una cuenta y su correo de confirmación aparecerá aquí.
page-letter-to = Para { $to },
page-letter-links = Enlaces
page-letter-text = Texto
page-letter-html = La parte HTML del correo
