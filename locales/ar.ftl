### العربية.

## عناوين حالات الرفض

problem-malformed_request = تعذّرت قراءة الطلب.
problem-validation_error = بعض الحقول غير صالحة.
problem-invalid_token = هذا الرابط غير صالح أو سبق استخدامه.
problem-invalid_credentials = اسم الدخول أو كلمة المرور غير صحيحة.
problem-no_active_account = لا يوجد حساب نشط بهذه البيانات
problem-not_authenticated = يلزم تسجيل الدخول.
problem-token_not_valid = الرمز غير صالح.
problem-session_ended = انتهت الجلسة.
problem-refresh_token_reused = سبق استخدام رمز التحديث.
problem-permission_denied = لا يُسمح لك بذلك.
problem-email_not_verified = لم يتم تأكيد عنوان البريد الإلكتروني بعد.
problem-account_locked = عدد كبير من كلمات المرور غير الصحيحة.
problem-registration_closed = التسجيل مغلق.
problem-invitation_required = تلزم دعوة.
problem-account_deleted = تم حذف هذا الحساب.
problem-step_up_required = يُرجى تأكيد هويتك أولاً.
problem-origin_not_allowed = الطلبات الواردة من هذا المصدر غير مسموح بها.
problem-csrf_failed = انتهت صلاحية النموذج.
problem-not_found = غير موجود.
problem-method_not_allowed = هذه الطريقة غير مسموح بها هنا.
problem-request_timeout = استغرق وصول الطلب وقتاً طويلاً.
problem-payload_too_large = الطلب كبير جداً.
problem-unsupported_media_type = نوع المحتوى هذا غير مدعوم.
problem-misdirected_request = هذا الخادم لا يجيب عن هذا المضيف.
problem-idempotency_key_reused = سبق استخدام مفتاح منع التكرار هذا.
problem-rate_limited = عدد الطلبات كبير جداً.
problem-internal_error = حدث خطأ من جانبنا.
problem-service_unavailable = الخدمة غير متاحة حالياً.
problem-timeout = استغرق الطلب وقتاً طويلاً.

## أخطاء الحقول

error-required = هذا الحقل مطلوب.
error-null = لا يمكن أن يكون هذا الحقل فارغ القيمة.
error-blank = لا يمكن أن يكون هذا الحقل فارغاً.
error-unknown = هذا الحقل غير معروف.
error-string = هذا ليس نصاً صالحاً.
error-boolean = القيمة المتوقعة هي صواب أو خطأ.
error-number = يلزم إدخال رقم صالح.
error-integer = يلزم إدخال عدد صحيح صالح.
error-list = القيمة المتوقعة قائمة.
error-object = القيمة المتوقعة كائن.
error-value = هذه ليست قيمة صالحة.
error-control-characters = أحرف التحكم غير مسموح بها.
error-null-characters = الأحرف الصفرية غير مسموح بها.
error-max_length = يجب ألا يتجاوز هذا الحقل { $max ->
    [one] حرفاً واحداً
    [two] حرفين
    [few] { $max } أحرف
    [many] { $max } حرفاً
   *[other] { $max } حرف
}.
error-invalid_length = استخدم من { $min } إلى { $max } من الأحرف.
error-email = أدخل عنوان بريد إلكتروني صالحاً.
error-phone = أدخل رقم هاتف مع رمز البلد، مثل +4930123456.
error-web-address = أدخل عنواناً يبدأ بـ https://.
error-date = أدخل تاريخاً بالصيغة YYYY-MM-DD.
error-time-zone = أدخل منطقة زمنية مثل Europe/Berlin.
error-language = أدخل لغة مثل en أو pt-BR.
error-username = استخدم الأحرف والأرقام و . _ - + فقط.
error-username-taken = اسم المستخدم هذا محجوز.
error-email-taken = يوجد حساب بعنوان البريد الإلكتروني هذا بالفعل.
error-email-unchanged = هذا هو عنوانك الحالي بالفعل.
error-email-domain = لا يمكن تسجيل عناوين هذا النطاق.
error-invitation = الدعوة مخصصة لعنوان آخر.
error-account-disabled = الحساب معطّل.
error-code-challenge = أرسل قيمة SHA-256 لـ code verifier بترميز base64url (RFC 7636، S256).
error-nested = مستويات التداخل كثيرة جداً.
error-too_large = يُحفظ { $limit } بايت على الأكثر.
error-password-characters = لا تستخدم أحرفاً غير مرئية أو أحرف تحكم.
error-password-common = كلمة المرور هذه شائعة جداً.
error-password-upper = استخدم حرفاً كبيراً واحداً على الأقل.
error-password-lower = استخدم حرفاً صغيراً واحداً على الأقل.
error-password-digit = استخدم رقماً واحداً على الأقل.
error-password-special = استخدم رمزاً خاصاً واحداً على الأقل.
error-password-numeric = لا تستخدم الأرقام وحدها.
error-password_too_short = استخدم على الأقل { $min ->
    [one] حرفاً واحداً
    [two] حرفين
    [few] { $min } أحرف
    [many] { $min } حرفاً
   *[other] { $min } حرف
}.
error-password_too_long = استخدم على الأكثر { $max ->
    [one] حرفاً واحداً
    [two] حرفين
    [few] { $max } أحرف
    [many] { $max } حرفاً
   *[other] { $max } حرف
}.
error-password_too_similar = كلمة المرور تشبه كثيراً { $attribute ->
    [email_address] عنوان بريدك الإلكتروني
    [username] اسم المستخدم الخاص بك
    [first_name] اسمك الأول
    [last_name] اسم عائلتك
   *[other] بياناتك
}.
error-password-mismatch = كلمتا المرور غير متطابقتين.
error-password-incorrect = هذه ليست كلمة مرورك.
error-password-reused = اختر كلمة مرور لم تستخدمها مؤخراً.

## أخطاء الطلب كله

detail-not-object = يجب أن يكون المحتوى كائن JSON.
detail-not-json = المحتوى ليس JSON صالحاً.
detail-not-utf8 = يجب أن يكون النص بترميز UTF-8.
detail-not-whole = لم يصل المحتوى كاملاً.
detail-not-form = النموذج غير صالح.
detail-field-twice = أُرسل أحد الحقول مرتين.
detail-number-range = أحد الأرقام خارج النطاق المسموح به.
detail-many-cookies = عدد كبير جداً من ملفات تعريف الارتباط يحمل الاسم نفسه.
detail-two-hosts = ذُكر مضيفان اثنان.
detail-no-host = المضيف غير مذكور.
detail-busy = عمليات تسجيل الدخول المتزامنة كثيرة جداً.
detail-idempotency-key = تعذّرت قراءة Idempotency-Key.
detail-no-key = لا يوجد مفتاح كهذا، أو انتهت صلاحيته.

## ما تم تنفيذه

said-email-verified = تم تأكيد عنوان بريدك الإلكتروني.
said-verification-mailed = إذا كان هناك حساب بهذا العنوان ينتظر التأكيد، فستصل رسالة إليه قريباً.
said-change-mailed = يُرجى فتح الرابط الذي أُرسل إلى العنوان الجديد.
said-address-changed = تم تغيير عنوانك.
said-address-restored = استعاد حسابك عنوانه القديم. ستصلك رسالة لتعيين كلمة مرور جديدة.
said-signed-out = تم تسجيل خروجك.
said-sessions-ended = انتهت الجلسات.
said-reset-mailed = إذا كان هناك حساب بهذا العنوان، فستصل رسالة إليه قريباً.
said-password-changed = تم تغيير كلمة مرورك.
said-account-deleted = تم حذف حسابك.
said-account-restored = تمت استعادة حسابك.
said-registered = تم إنشاء حسابك. يُرجى تأكيد عنوان بريدك الإلكتروني.
said-registered-verified = تم إنشاء حسابك.
said-registration-mailed = إذا كان تسجيل هذا العنوان ممكناً، فستصل رسالة إليه قريباً.

## قوة كلمة المرور

strength-rows = صفوف المفاتيح المتتالية سهلة التخمين.
strength-keyboard = أنماط لوحة المفاتيح القصيرة سهلة التخمين.
strength-repeats = التكرارات مثل "aaa" سهلة التخمين.
strength-repeated-groups = التكرارات مثل "abcabcabc" أصعب قليلاً فقط في التخمين من "abc".
strength-top-10 = هذه إحدى كلمات المرور العشر الأكثر شيوعاً.
strength-top-100 = هذه إحدى كلمات المرور المئة الأكثر شيوعاً.
strength-common = هذه كلمة مرور شائعة جداً.
strength-similar = هذه تشبه كلمة مرور شائعة.
strength-sequences = التسلسلات مثل abc أو 6543 سهلة التخمين.
strength-years = السنوات الأخيرة سهلة التخمين.
strength-word = الكلمة الواحدة سهلة التخمين.
strength-dates = التواريخ غالباً سهلة التخمين.
strength-names = الأسماء وأسماء العائلات وحدها سهلة التخمين.
strength-common-names = الأسماء وأسماء العائلات الشائعة سهلة التخمين.
strength-use-words = استخدم بضع كلمات وتجنب العبارات الشائعة.
strength-no-symbols = لا حاجة إلى الرموز أو الأرقام أو الأحرف الكبيرة.
strength-add-words = أضف كلمة أو كلمتين. الكلمات غير الشائعة أفضل.
strength-capitals = الأحرف الكبيرة لا تساعد كثيراً.
strength-all-capitals = الأحرف الكبيرة وحدها سهلة التخمين مثل الأحرف الصغيرة وحدها تقريباً.
strength-reversed = الكلمات المعكوسة ليست أصعب بكثير في التخمين.
strength-substitutions = الاستبدالات المتوقعة مثل "@" بدلاً من "a" لا تساعد كثيراً.
strength-longer-keyboard = استخدم نمط لوحة مفاتيح أطول مع تغييرات اتجاه أكثر.
strength-avoid-repeats = تجنب تكرار الكلمات والأحرف.
strength-avoid-sequences = تجنب التسلسلات.
strength-avoid-years = تجنب السنوات الأخيرة.
strength-avoid-own-years = تجنب السنوات المرتبطة بك.
strength-avoid-own-dates = تجنب التواريخ والسنوات المرتبطة بك.

## الأوقات

span-days = { $count ->
    [zero] { $count } يوم
    [one] يوم واحد
    [two] يومان
    [few] { $count } أيام
    [many] { $count } يوماً
   *[other] { $count } يوم
}
span-hours = { $count ->
    [zero] { $count } ساعة
    [one] ساعة واحدة
    [two] ساعتان
    [few] { $count } ساعات
    [many] { $count } ساعة
   *[other] { $count } ساعة
}
span-minutes = { $count ->
    [zero] { $count } دقيقة
    [one] دقيقة واحدة
    [two] دقيقتان
    [few] { $count } دقائق
    [many] { $count } دقيقة
   *[other] { $count } دقيقة
}
month = { $month ->
    [1] يناير
    [2] فبراير
    [3] مارس
    [4] أبريل
    [5] مايو
    [6] يونيو
    [7] يوليو
    [8] أغسطس
    [9] سبتمبر
    [10] أكتوبر
    [11] نوفمبر
   *[12] ديسمبر
}
time = { $day } { $month } { $year }، الساعة { $clock } (التوقيت العالمي)

## الرسائل

mail-hello = مرحباً { $name }،
mail-hello-unnamed = مرحباً،
mail-copy-link = أو انسخ هذا الرابط إلى متصفحك:
mail-link-once = مدة صلاحية الرابط: { $lifetime }. وهو يعمل مرة واحدة فقط.

mail-verify_email-subject = أكّد عنوان بريدك الإلكتروني في { $product }
mail-verify_email-about = يُرجى تأكيد أن { $email } هو عنوانك.
mail-verify_email-open = افتح هذا الرابط واضغط على الزر:
mail-verify_email-button = تأكيد عنواني
mail-verify_email-ignore = إذا لم تنشئ حساباً، فتجاهل هذه الرسالة: بدون تأكيدك يبقى العنوان غير مؤكد.

mail-welcome-subject = مرحباً بك في { $product }
mail-welcome-about = تم تأكيد عنوانك { $email } وأصبح حسابك جاهزاً.
mail-welcome-next = يمكنك تسجيل الدخول بهذا العنوان. إذا بدا لك أي شيء غير طبيعي، فأنهِ جميع جلساتك وغيّر كلمة مرورك.

mail-session_reused-subject = استخدم شخص ما تسجيل دخول قديماً لحسابك في { $product }
mail-session_reused-about = قُدِّم مرة أخرى رمز دخول لحسابك كان قد استُبدل (الوقت: { $happened_at }). يحدث ذلك عندما يُنسخ رمز من أحد أجهزتك.
mail-session_reused-next = لقد أنهينا تلك الجلسة، فلا يمكنك أنت ولا غيرك متابعتها. يُرجى تسجيل الدخول من جديد. إذا لم تتعرّف على ما حدث، فغيّر كلمة مرورك وراجع جلساتك الأخرى.

mail-registration_repeated-subject = لديك حساب في { $product } بالفعل
mail-registration_repeated-about = حاول شخص ما، ربما أنت، إنشاء حساب بالعنوان { $email }. يوجد حساب بهذا العنوان بالفعل، لذلك لم يتغير شيء.
mail-registration_repeated-next = إذا كنت أنت، فسجّل الدخول بهذا العنوان. وإن لم ينجح ذلك فاطلب كلمة مرور جديدة، فتعيينها يؤكد العنوان أيضاً. وإن لم تكن أنت فلا داعي لأي إجراء.

mail-reset_password-subject = تعيين كلمة مرور جديدة في { $product }
mail-reset_password-about = طلب شخص ما، ربما أنت، كلمة مرور جديدة للعنوان { $email }.
mail-reset_password-open = افتح هذا الرابط لتعيينها:
mail-reset_password-button = تعيين كلمة مرور جديدة
mail-reset_password-ignore = إذا لم تطلب ذلك، فتجاهل هذه الرسالة: تبقى كلمة مرورك كما هي.

mail-password_changed-subject = تم تغيير كلمة مرورك في { $product }
mail-password_changed-about = تم تغيير كلمة مرور حسابك (الوقت: { $happened_at })، وانتهت جلساتك الأخرى.
mail-password_changed-next = إذا لم تكن أنت، فعيّن كلمة مرور جديدة الآن: اختر «نسيت كلمة المرور» عند تسجيل الدخول.

mail-change_email-subject = أكّد عنوان بريدك الإلكتروني الجديد في { $product }
mail-change_email-about = يُرجى تأكيد أن { $email } سيكون عنوان حسابك.
mail-change_email-open = افتح هذا الرابط واضغط على الزر:
mail-change_email-button = تأكيد العنوان
mail-change_email-ignore = إذا لم تطلب ذلك، فتجاهل هذه الرسالة: لن يتغير شيء.

mail-email_changed-subject = تم تغيير عنوان حسابك في { $product }
mail-email_changed-about = تم تغيير عنوان حسابك (الوقت: { $happened_at }). من الآن فصاعداً تسجّل الدخول بالعنوان الجديد وتصلك رسائلك عليه.
mail-email_changed-undo = إذا لم تكن أنت، فتراجع عن التغيير: يعود الحساب إلى { $email }، وتنتهي جميع الجلسات، ويصلك رابط لتعيين كلمة مرور جديدة.
mail-email_changed-open = افتح هذا الرابط للتراجع عن التغيير:
mail-email_changed-button = لم أكن أنا

mail-account_deleted-subject = تم حذف حسابك في { $product }
mail-account_deleted-about = تم حذف حسابك (الوقت: { $happened_at }) وانتهت جميع جلساتك. يمكن استعادته إلى أن يُمحى نهائيًا.
mail-account_deleted-open = افتح هذا الرابط إذا أردت استعادته:
mail-account_deleted-button = استعادة حسابي
mail-account_deleted-next = إذا أردت أن يبقى محذوفًا، فلا يلزمك فعل شيء.

mail-invitation-subject = دعوة للانضمام إلى { $product }
mail-invitation-about = أنت مدعو لإنشاء حساب في { $product } بالعنوان { $email }.
mail-invitation-open = افتح هذا الرابط للبدء:
mail-invitation-button = إنشاء حساب
mail-invitation-ignore = إذا كنت لا ترغب في إنشاء حساب، فتجاهل هذه الرسالة.

## الصفحات

page-skip = الانتقال إلى المحتوى
page-failed = لم ينجح ذلك
page-field-new_password = كلمة المرور الجديدة
page-field-new_password_confirm = كلمة المرور الجديدة مرة أخرى
page-field-first_name = الاسم الأول
page-field-last_name = اسم العائلة
page-field-username = اسم المستخدم
page-field-phone_number = رقم الهاتف مع رمز البلد
page-field-password = كلمة المرور
page-field-password_confirm = كلمة المرور مرة أخرى
page-field-terms_accepted = أوافق على شروط الاستخدام
page-field-privacy_policy_accepted = أوافق على سياسة الخصوصية

page-verify_email-title = تأكيد عنوان بريدك الإلكتروني
page-verify_email-about = اضغط على الزر لتأكيد أن هذا العنوان لك.
page-verify_email-button = تأكيد عنواني
page-verify_email-done = تم تأكيد عنوانك
page-verify_email-next = شكراً لك. يمكنك إغلاق هذه الصفحة.
page-verify_email-again = يمكنك طلب رابط جديد من حيث أنشأت حسابك.

page-reset_password-title = تعيين كلمة مرور جديدة
page-reset_password-about = اختر كلمة مرور جديدة. ستنتهي جميع جلسات حسابك.
page-reset_password-button = تعيين كلمة المرور
page-reset_password-done = تم تغيير كلمة مرورك
page-reset_password-next = يمكنك الآن تسجيل الدخول بها.
page-reset_password-again = يمكنك طلب رابط جديد من صفحة تسجيل الدخول.

page-change_email-title = تأكيد عنوانك الجديد
page-change_email-about = اضغط على الزر ليصبح هذا عنوان حسابك من الآن فصاعداً.
page-change_email-button = تأكيد العنوان
page-change_email-done = أصبح لحسابك عنوان جديد
page-change_email-next = سجّل الدخول به من الآن فصاعداً.
page-change_email-again = يمكنك طلب رابط جديد من حسابك.

page-undo_email_change-title = استعادة حسابك
page-undo_email_change-about = اضغط على الزر ليستعيد حسابك عنوانه القديم. ستنتهي جميع الجلسات، وستصلك رسالة لتعيين كلمة مرور جديدة.
page-undo_email_change-button = لم أكن أنا
page-undo_email_change-done = استعاد حسابك عنوانه القديم
page-undo_email_change-next = أرسلنا إليك رسالة لتعيين كلمة مرور جديدة.
page-undo_email_change-again = يُرجى طلب المساعدة من القائمين على هذه الخدمة.
page-invitation-title = أنشئ حسابك
page-invitation-about = لقد تمت دعوتك. اختر كلمة مرور وسيكون حسابك جاهزًا.
page-invitation-button = إنشاء الحساب
page-invitation-done = حسابك جاهز
page-invitation-next = يمكنك تسجيل الدخول الآن.
page-invitation-again = يُرجى طلب دعوة جديدة ممن دعاك.
page-restore_account-title = استعد حسابك
page-restore_account-about = اضغط الزر وسيعود حسابك كما كان.
page-restore_account-button = استعادة حسابي
page-restore_account-done = تمت استعادة حسابك
page-restore_account-next = يمكنك تسجيل الدخول من جديد.
page-restore_account-again = سجّل الدخول بكلمة مرورك للحصول على رابط جديد.

page-start = البداية
page-start-nothing = هذه خدمة لتسجيل الدخول. لا يوجد شيء هنا.
page-start-development = يعمل هذا الخادم للتطوير. عنوانه:
page-start-try = تجربة الواجهة البرمجية
page-start-try-about = Swagger UI لاستدعاء العمليات من هنا
page-start-read = قراءة الواجهة البرمجية
page-start-read-about = جميع العمليات والإجابات والأنواع
page-start-inbox-about = الرسائل المحفوظة هنا بدلًا من إرسالها
page-start-health = الحالة
page-start-health-about = ما الذي يعمل الآن
page-start-document = مستند OpenAPI
page-start-document-about = للمولّدات والأدوات

page-problem = مشكلة · { $status }

page-inbox = صندوق الوارد
page-inbox-about = الرسائل التي أرسلها هذا الخادم. لم يغادر أي منها هذا الجهاز. نفسها كبيانات:
page-inbox-subject = الموضوع
page-inbox-to = إلى
page-inbox-time = الوقت
page-inbox-empty = لا توجد رسائل بعد. أنشئ حساباً لتظهر رسالة تأكيده هنا.
page-letter-to = إلى { $to }،
page-letter-links = الروابط
page-letter-text = النص
page-letter-html = جزء HTML من الرسالة
