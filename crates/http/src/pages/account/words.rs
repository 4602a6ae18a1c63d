//! What do the pages say, in each language?
//!
//! A text is a pair of English and German, and [`Pair::in_language`] takes one of it. `\u{2011}` is a hyphen at which no line
//! ends.

use portcullis_core::model::{EmailError, Locale, ProfileTextError, Purpose, UsernameError};
use portcullis_core::policy::PasswordProblem;

use super::Page;
use super::reveal::{Done, Fault, Reason};

/// The same in English and in German.
#[derive(Clone, Copy)]
pub(super) struct Pair(pub(super) &'static str, pub(super) &'static str);

impl Pair {
    pub(super) const fn in_language(self, locale: Locale) -> &'static str {
        match locale {
            Locale::En => self.0,
            Locale::De => self.1,
        }
    }
}

pub(super) const SKIP: Pair = Pair("Skip to the content", "Zum Inhalt springen");
pub(super) const EMAIL: Pair = Pair("Email address", "E\u{2011}Mail-Adresse");
pub(super) const CODE: Pair = Pair("Code", "Code");
pub(super) const CODE_HINT: Pair =
    Pair("Eight characters, as they stand in the mail.", "Acht Zeichen, wie sie in der Mail stehen.");
pub(super) const USERNAME: Pair = Pair("Username (optional)", "Benutzername (freiwillig)");
pub(super) const USERNAME_HINT: Pair = Pair(
    "3 to 64 letters, digits and . _ - +. You can log in with it instead of your address.",
    "3 bis 64 Buchstaben, Ziffern und . _ - +. Damit können Sie sich statt mit der Adresse anmelden.",
);
pub(super) const NAME: Pair = Pair("Your name (optional)", "Ihr Name (freiwillig)");
pub(super) const NEW_PASSWORD: Pair = Pair("New password", "Neues Passwort");
pub(super) const PASSWORD: Pair = Pair("Password", "Passwort");

/// What a new password has to be like.
pub(super) fn password_rules(locale: Locale, min_chars: usize) -> String {
    match locale {
        Locale::En => format!(
            "At least {min_chars} characters. Not one that many people have, and not made of your name or address. Several words are easy to remember and hard to guess."
        ),
        Locale::De => format!(
            "Mindestens {min_chars} Zeichen. Keines, das viele haben, und keines aus Ihrem Namen oder Ihrer Adresse. Mehrere Wörter sind leicht zu merken und schwer zu erraten."
        ),
    }
}

/// Title, what it is about, and the button.
pub(super) const fn form(page: Page, has_token: bool) -> [Pair; 3] {
    match page {
        Page::Confirm => [
            Pair("Confirm your email address", "Bestätigen Sie Ihre E\u{2011}Mail-Adresse"),
            if has_token {
                Pair(
                    "Enter the password that you chose for your account. If this is about no account of yours, close the page.",
                    "Geben Sie das Passwort ein, das Sie für Ihr Konto gewählt haben. Falls es nicht um ein Konto von Ihnen geht, schließen Sie die Seite.",
                )
            } else {
                Pair(
                    "The mail that we sent you has a code. Enter it here, with the address that the mail went to and the password that you chose for your account. If this is about no account of yours, close the page.",
                    "In der Mail, die wir Ihnen geschickt haben, steht ein Code. Geben Sie ihn hier ein, mit der Adresse, an die die Mail ging, und dem Passwort, das Sie für Ihr Konto gewählt haben. Falls es nicht um ein Konto von Ihnen geht, schließen Sie die Seite.",
                )
            },
            Pair("Confirm", "Bestätigen"),
        ],
        Page::ResetPassword => [
            Pair("Choose a new password", "Wählen Sie ein neues Passwort"),
            Pair(
                "Afterwards you are logged out everywhere and log in with the new password.",
                "Danach sind Sie überall abgemeldet und melden sich mit dem neuen Passwort an.",
            ),
            Pair("Save password", "Passwort speichern"),
        ],
        Page::UndoEmailChange => [
            Pair("Get your email address back", "E\u{2011}Mail-Adresse zurückholen"),
            Pair(
                "Your account gets back the address that the mail was sent to. All devices are logged out, and the password no longer counts: whoever changed the address knew it. We send you a mail to choose another.",
                "Ihr Konto bekommt die Adresse zurück, an die die Mail ging. Alle Geräte werden abgemeldet, und das Passwort gilt nicht mehr: Wer die Adresse geändert hat, kannte es. Wir schicken Ihnen eine Mail, mit der Sie ein neues wählen.",
            ),
            Pair("Get the address back", "Adresse zurückholen"),
        ],
        Page::KeepAccount => [
            Pair("Keep your account", "Behalten Sie Ihr Konto"),
            Pair(
                "Your account is about to be deleted. You can still keep it, with all that belongs to it.",
                "Ihr Konto soll gelöscht werden. Noch können Sie es behalten, mit allem, was dazugehört.",
            ),
            Pair("Keep my account", "Konto behalten"),
        ],
        Page::Register => [
            Pair("Create your account", "Erstellen Sie Ihr Konto"),
            Pair(
                "You were invited. The account is for the email address that the invitation went to.",
                "Sie wurden eingeladen. Das Konto gilt für die E\u{2011}Mail-Adresse, an die die Einladung ging.",
            ),
            Pair("Create account", "Konto erstellen"),
        ],
    }
}

/// Title and text. The address, if it says one, stands between the two texts.
pub(super) const fn done(done: &Done) -> [Pair; 2] {
    match done {
        Done::Verified(verified) => match verified.purpose {
            Purpose::Register => [
                Pair("Your account is ready", "Ihr Konto ist bereit"),
                Pair(
                    "The address is confirmed. You can close this page and log in now.",
                    "Die Adresse ist bestätigt. Sie können diese Seite schließen und sich jetzt anmelden.",
                ),
            ],
            Purpose::ChangeEmail => [
                Pair("Your account has this address", "Ihr Konto hat diese Adresse"),
                Pair(
                    "From now on you log in with it, and our mails go there.",
                    "Ab jetzt melden Sie sich damit an, und unsere Mails gehen dorthin.",
                ),
            ],
            _ => [
                Pair("Your address is confirmed", "Ihre Adresse ist bestätigt"),
                Pair(
                    "There is nothing more to do. You can close this page.",
                    "Mehr ist nicht zu tun. Sie können diese Seite schließen.",
                ),
            ],
        },
        Done::PasswordSet => [
            Pair("Your password is changed", "Ihr Passwort ist geändert"),
            Pair(
                "You are logged out on all devices. Log in with the new password.",
                "Sie sind auf allen Geräten abgemeldet. Melden Sie sich mit dem neuen Passwort an.",
            ),
        ],
        Done::EmailBack(_) => [
            Pair("Your account has its address back", "Ihr Konto hat seine Adresse zurück"),
            Pair(
                "All devices are logged out. A mail is on its way to you: with it you choose a new password.",
                "Alle Geräte sind abgemeldet. Eine Mail ist zu Ihnen unterwegs: Damit wählen Sie ein neues Passwort.",
            ),
        ],
        Done::AccountKept => [
            Pair("Your account stays", "Ihr Konto bleibt"),
            Pair(
                "It will not be deleted. Log in again. If it was not you who wanted to delete it, change your password now.",
                "Es wird nicht gelöscht. Melden Sie sich wieder an. Falls nicht Sie es löschen wollten, ändern Sie jetzt Ihr Passwort.",
            ),
        ],
        Done::Registered => [
            Pair("Your account is ready", "Ihr Konto ist bereit"),
            Pair(
                "You can log in now, with your email address and the password.",
                "Sie können sich jetzt anmelden, mit Ihrer E\u{2011}Mail-Adresse und dem Passwort.",
            ),
        ],
    }
}

/// Title and text.
pub(super) const fn refused(reason: Reason, page: Page) -> [Pair; 2] {
    match reason {
        Reason::Incomplete => [
            Pair("This link is incomplete", "Dieser Link ist unvollständig"),
            Pair(
                "A part of it was lost on the way. Open it from the mail once more, or copy all of it into the address line.",
                "Ein Teil davon ging unterwegs verloren. Öffnen Sie ihn noch einmal aus der Mail, oder kopieren Sie ihn ganz in die Adresszeile.",
            ),
        ],
        Reason::NotGood => {
            [Pair("This link is no longer good", "Dieser Link gilt nicht mehr"), another(page)]
        }
        Reason::EmailTaken => [
            Pair("The address belongs to an account", "Die Adresse gehört zu einem Konto"),
            Pair(
                "Another account has this email address by now. Log in there, or ask for a new password.",
                "Ein anderes Konto hat inzwischen diese E\u{2011}Mail-Adresse. Melden Sie sich dort an, oder fordern Sie ein neues Passwort an.",
            ),
        ],
        Reason::UsernameTaken => [
            Pair("The username is taken", "Der Benutzername ist vergeben"),
            Pair(
                "Somebody else has it by now. Register once more, with another one.",
                "Jemand anderes hat ihn inzwischen. Registrieren Sie sich noch einmal, mit einem anderen.",
            ),
        ],
        Reason::AccountDisabled => [
            Pair("This account is disabled", "Dieses Konto ist gesperrt"),
            Pair(
                "Nothing was changed. Only who runs this service can enable it again.",
                "Es wurde nichts geändert. Nur wer diesen Dienst betreibt, kann es wieder freigeben.",
            ),
        ],
        Reason::TooMany => [
            Pair("Too many tries", "Zu viele Versuche"),
            Pair(
                "Wait a while, then try again. Nothing was used up.",
                "Warten Sie eine Weile und versuchen Sie es dann noch einmal. Es ist nichts verbraucht.",
            ),
        ],
        Reason::Busy => [
            Pair("The server is busy", "Der Server ist beschäftigt"),
            Pair(
                "Nothing was changed. Try again in a moment.",
                "Es wurde nichts geändert. Versuchen Sie es gleich noch einmal.",
            ),
        ],
        Reason::Unreadable => [
            Pair("That could not be read", "Das war nicht zu lesen"),
            Pair("Open the link from the mail once more.", "Öffnen Sie den Link aus der Mail noch einmal."),
        ],
        Reason::Broken => [
            Pair("Something went wrong", "Etwas ist schiefgegangen"),
            Pair(
                "That was the server's fault, not yours. Try again later.",
                "Das lag am Server, nicht an Ihnen. Versuchen Sie es später noch einmal.",
            ),
        ],
    }
}

/// How somebody gets another link.
const fn another(page: Page) -> Pair {
    match page {
        Page::Confirm => Pair(
            "It was used before, or has expired. If you confirmed the address before, there is nothing more to do: log in. Else ask for another mail, or register once more.",
            "Er wurde schon benutzt oder ist abgelaufen. Falls Sie die Adresse schon bestätigt haben, ist nichts mehr zu tun: Melden Sie sich an. Sonst fordern Sie eine neue Mail an, oder registrieren Sie sich noch einmal.",
        ),
        Page::ResetPassword => Pair(
            "It was used before, has expired, or a newer one took its place. Ask for a new password once more.",
            "Er wurde schon benutzt, ist abgelaufen, oder ein neuerer hat ihn ersetzt. Fordern Sie noch einmal ein neues Passwort an.",
        ),
        Page::UndoEmailChange => Pair(
            "It was used before, or has expired. If you cannot get into your account, ask who runs this service.",
            "Er wurde schon benutzt oder ist abgelaufen. Falls Sie nicht in Ihr Konto kommen, fragen Sie, wer diesen Dienst betreibt.",
        ),
        Page::KeepAccount => Pair(
            "It was used before, or it is too late. If you kept your account before, log in.",
            "Er wurde schon benutzt, oder es ist zu spät. Falls Sie Ihr Konto schon behalten haben, melden Sie sich an.",
        ),
        Page::Register => Pair(
            "The invitation was used before, was withdrawn, or has expired. Ask whoever invited you for another.",
            "Die Einladung wurde schon benutzt, zurückgenommen oder ist abgelaufen. Bitten Sie um eine neue.",
        ),
    }
}

/// What is wrong with a field.
pub(super) fn fault(fault: Fault, locale: Locale) -> String {
    let pair = match fault {
        Fault::Password(problem) => return password(problem, locale),
        Fault::ChosenPasswordMissing => Pair(
            "Enter the password that you chose for your account.",
            "Geben Sie das Passwort ein, das Sie für Ihr Konto gewählt haben.",
        ),
        Fault::ChosenPasswordWrong => Pair(
            "This is not the password that was chosen for the account. Nothing was used up: try again.",
            "Dieses Passwort wurde für das Konto nicht gewählt. Es ist nichts verbraucht: Versuchen Sie es noch einmal.",
        ),
        Fault::Incomplete => Pair(
            "This link is incomplete: a part of it was lost on the way. Open it from the mail once more, or enter the code of the mail.",
            "Dieser Link ist unvollständig: Ein Teil davon ging unterwegs verloren. Öffnen Sie ihn noch einmal aus der Mail, oder geben Sie den Code der Mail ein.",
        ),
        Fault::Name(ProfileTextError::TooLong { limit_chars }) => {
            return match locale {
                Locale::En => format!("The name may have at most {limit_chars} characters."),
                Locale::De => format!("Der Name darf höchstens {limit_chars} Zeichen haben."),
            };
        }
        Fault::Name(ProfileTextError::ContainsNul) => Pair(
            "There is a character in the name that cannot be kept.",
            "Im Namen ist ein Zeichen, das nicht gespeichert werden kann.",
        ),
        Fault::Email(EmailError::Empty) => Pair("Enter the address.", "Geben Sie die Adresse ein."),
        Fault::Email(EmailError::TooLong | EmailError::NotAnAddress) => Pair(
            "This is no email address like name@example.com.",
            "Das ist keine E\u{2011}Mail-Adresse wie name@example.com.",
        ),
        Fault::Code => Pair(
            "This code is not good for this address, or no longer. Look at the latest mail.",
            "Dieser Code gilt für diese Adresse nicht, oder nicht mehr. Sehen Sie in der neuesten Mail nach.",
        ),
        Fault::Username(UsernameError::Length) => {
            Pair("A username has 3 to 64 characters.", "Ein Benutzername hat 3 bis 64 Zeichen.")
        }
        Fault::Username(UsernameError::Character) => Pair(
            "A username consists of letters, digits and . _ - +.",
            "Ein Benutzername besteht aus Buchstaben, Ziffern und . _ - +.",
        ),
        Fault::UsernameTaken => Pair(
            "Somebody else has this username. Choose another.",
            "Diesen Benutzernamen hat jemand anderes. Wählen Sie einen anderen.",
        ),
    };
    pair.in_language(locale).to_owned()
}

fn password(problem: PasswordProblem, locale: Locale) -> String {
    let pair = match problem {
        PasswordProblem::TooShort { min_chars } => {
            return match locale {
                Locale::En => format!("The password must have at least {min_chars} characters."),
                Locale::De => format!("Das Passwort muss mindestens {min_chars} Zeichen haben."),
            };
        }
        PasswordProblem::TooLong { .. } => Pair("The password is too long.", "Das Passwort ist zu lang."),
        PasswordProblem::ContainsNul => Pair(
            "There is a character in the password that cannot be kept.",
            "Im Passwort ist ein Zeichen, das nicht gespeichert werden kann.",
        ),
        PasswordProblem::Common => Pair(
            "Many people have this password: it is guessed first. Choose another.",
            "Dieses Passwort haben viele: Es wird zuerst geraten. Wählen Sie ein anderes.",
        ),
        PasswordProblem::MadeOfIdentifier => Pair(
            "The password must be more than your name or address.",
            "Das Passwort muss mehr sein als Ihr Name oder Ihre Adresse.",
        ),
        PasswordProblem::MadeOfBlockedWord => Pair(
            "The password must be more than the name of this service.",
            "Das Passwort muss mehr sein als der Name dieses Dienstes.",
        ),
        PasswordProblem::Breached => Pair(
            "This password was stolen elsewhere and published. Choose another.",
            "Dieses Passwort wurde anderswo gestohlen und veröffentlicht. Wählen Sie ein anderes.",
        ),
    };
    pair.in_language(locale).to_owned()
}
