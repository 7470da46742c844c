//! The messages in German.

use super::message::{Block, FactorEvent, Message, Restore, Service, Words, minute};
use crate::timestamp::Timestamp;

fn paragraph(text: impl Into<String>) -> Block {
    Block::Paragraph(text.into())
}

const NOT_YOU: &str = "Wenn Sie das nicht waren, legen Sie ein neues Passwort fest. Dadurch werden alle Geräte abgemeldet. Öffnen \
     Sie dazu diese Seite:";
const ONE_HOUR: &str = "Der Link gilt eine Stunde lang und nur einmal.";

/// The message in words.
#[expect(clippy::too_many_lines, reason = "one table of all messages")]
pub fn words(message: &Message, service: &Service<'_>) -> Words {
    let name = service.name;
    let (subject, blocks) = match message {
        Message::SetPassword { link } => (
            format!("Passwort für {name} festlegen"),
            vec![
                paragraph(format!(
                    "Für Ihr Konto bei {name} wurde ein neues Passwort angefordert. Öffnen Sie diesen Link, um es festzulegen:"
                )),
                Block::Link(link.clone()),
                paragraph(format!(
                    "{ONE_HOUR} Wenn Sie ihn nicht angefordert haben, ignorieren Sie diese Nachricht. Ihr Passwort bleibt, wie \
                     es ist."
                )),
            ],
        ),
        Message::SetUpAccount { link } => (
            format!("Ihr Konto bei {name} einrichten"),
            vec![
                paragraph(format!(
                    "Für Sie wurde ein Konto bei {name} angelegt. Öffnen Sie diesen Link, um Ihr Passwort festzulegen:"
                )),
                Block::Link(link.clone()),
                paragraph(format!(
                    "{ONE_HOUR} Danach können Sie auf dieser Seite einen neuen Link anfordern:"
                )),
                service.forgot_password(),
            ],
        ),
        Message::ConfirmAddress { link } => (
            format!("E-Mail-Adresse für {name} bestätigen"),
            vec![
                paragraph(format!(
                    "Ein Benutzer von {name} wollte diese E-Mail-Adresse für ein Konto verwenden. Wenn Sie das waren, öffnen Sie \
                     diesen Link in dem Browser, in dem Sie die Änderung angefordert haben:"
                )),
                Block::Link(link.clone()),
                paragraph(format!(
                    "{ONE_HOUR} Wenn Sie ihn nicht angefordert haben, ignorieren Sie diese Nachricht."
                )),
            ],
        ),
        Message::AddressTaken => (
            format!("Ihre E-Mail-Adresse gehört bereits zu einem Konto bei {name}"),
            vec![
                paragraph(format!(
                    "Ein Benutzer von {name} wollte diese E-Mail-Adresse für ein anderes Konto verwenden. Sie gehört zu Ihrem \
                     Konto, deshalb wurde nichts geändert."
                )),
                paragraph(
                    "Wenn Sie das waren, melden Sie sich mit dem Konto an, zu dem diese Adresse gehört. Andernfalls ignorieren Sie \
                     diese Nachricht.",
                ),
            ],
        ),
        Message::AddressChanged { restore, at } => address_changed(name, restore.as_ref(), *at),
        Message::AddressRestored { link } => (
            format!("Die E-Mail-Adresse Ihres Kontos bei {name} wurde wiederhergestellt"),
            vec![
                paragraph(format!(
                    "Dies ist wieder die E-Mail-Adresse Ihres Kontos bei {name}. Alle Geräte wurden abgemeldet, und das Passwort \
                     wurde entfernt. Öffnen Sie diesen Link, um ein neues Passwort festzulegen:"
                )),
                Block::Link(link.clone()),
                paragraph(format!(
                    "{ONE_HOUR} Danach können Sie auf dieser Seite einen neuen Link anfordern:"
                )),
                service.forgot_password(),
            ],
        ),
        Message::AddressReplaced => (
            format!("Die frühere E-Mail-Adresse Ihres Kontos bei {name} wurde wiederhergestellt"),
            vec![
                paragraph(format!(
                    "Die frühere E-Mail-Adresse Ihres Kontos bei {name} wurde mit einem Link wiederhergestellt, der an sie \
                     gesendet worden war. Die Adresse, an die diese Nachricht geht, gehört nicht mehr zu dem Konto. Alle Geräte wurden abgemeldet, und das \
                     Passwort wurde entfernt."
                )),
                paragraph(
                    "Wenn Sie das nicht erwartet haben, wenden Sie sich an die Betreiber des Dienstes.",
                ),
            ],
        ),
        Message::NewDevice {
            device,
            address,
            at,
        } => (
            format!("Neue Anmeldung mit Ihrem Konto bei {name}"),
            vec![
                paragraph(format!(
                    "Ihr Passwort wurde auf einem unbekannten Gerät für eine Anmeldung mit Ihrem Konto bei {name} verwendet."
                )),
                facts(device.as_deref(), address.as_deref(), &minute(*at)),
                paragraph(NOT_YOU),
                service.forgot_password(),
            ],
        ),
        Message::PasswordChanged { at } => password(service, "geändert", &minute(*at)),
        Message::PasswordSet { at } => password(service, "festgelegt", &minute(*at)),
        Message::AccountLocked => (
            format!("Ihr Konto bei {name} ist gesperrt"),
            vec![
                paragraph(format!(
                    "Nach 100 falschen Passwörtern in Folge ist Ihr Konto bei {name} gesperrt. Auf unbekannten Geräten können \
                     Sie sich nicht mehr mit dem Passwort anmelden. Geräte, auf denen Sie sich bereits angemeldet haben, sind nicht betroffen. Legen Sie auf dieser \
                     Seite ein neues Passwort fest, um das Konto zu entsperren:"
                )),
                service.forgot_password(),
            ],
        ),
        Message::Factor { event, at } => factor(service, *event, &minute(*at)),
    };
    Words {
        subject,
        greeting: "Guten Tag",
        blocks,
    }
}

fn password(service: &Service<'_>, what: &str, at: &str) -> (String, Vec<Block>) {
    let about = format!(
        "Das Passwort Ihres Kontos bei {} wurde {what}",
        service.name
    );
    let blocks = vec![
        paragraph(format!("{about} ({at}).")),
        paragraph(NOT_YOU),
        service.forgot_password(),
    ];
    (about, blocks)
}

fn factor(service: &Service<'_>, event: FactorEvent, at: &str) -> (String, Vec<Block>) {
    let name = service.name;
    let about = match event {
        FactorEvent::PasskeyAdded => {
            format!("Ein Passkey wurde zu Ihrem Konto bei {name} hinzugefügt")
        }
        FactorEvent::PasskeyRemoved => {
            format!("Ein Passkey wurde aus Ihrem Konto bei {name} entfernt")
        }
        FactorEvent::PasskeyCloned => {
            format!("Ein Passkey Ihres Kontos bei {name} wurde möglicherweise kopiert")
        }
        FactorEvent::TotpAdded => {
            format!("Einmalcodes wurden zu Ihrem Konto bei {name} hinzugefügt")
        }
        FactorEvent::TotpRemoved => {
            format!("Einmalcodes wurden aus Ihrem Konto bei {name} entfernt")
        }
        FactorEvent::RecoveryCodesCreated => {
            format!("Neue Wiederherstellungscodes für Ihr Konto bei {name} wurden erstellt")
        }
        FactorEvent::RecoveryCodeUsed => {
            format!("Ein Wiederherstellungscode Ihres Kontos bei {name} wurde verwendet")
        }
        FactorEvent::CodesLocked => format!("Codes für Ihr Konto bei {name} sind gesperrt"),
        FactorEvent::FactorsReset => {
            format!("Die zweiten Faktoren Ihres Kontos bei {name} wurden entfernt")
        }
        FactorEvent::PasswordRemoved => {
            format!("Das Passwort Ihres Kontos bei {name} wurde entfernt")
        }
    };
    let explanation = match event {
        FactorEvent::PasskeyCloned => {
            "Die Anmeldung wurde abgelehnt. Entfernen Sie diesen Passkey, und fügen Sie einen neuen hinzu."
        }
        FactorEvent::RecoveryCodesCreated => "Frühere Wiederherstellungscodes gelten nicht mehr.",
        FactorEvent::RecoveryCodeUsed => {
            "Jeder Wiederherstellungscode gilt einmal. Auf der Seite Ihres Kontos können Sie neue erstellen."
        }
        FactorEvent::CodesLocked => {
            "Nach Ihrem Passwort wurden 100 falsche Codes in Folge eingegeben. Es wird kein Code mehr \
             angenommen, bis Sie sich mit einem Passkey anmelden, einen Wiederherstellungscode auf einem Gerät verwenden, auf dem Sie sich \
             bereits angemeldet haben, oder eine Administratorin oder ein Administrator Ihre zweiten Faktoren zurücksetzt."
        }
        FactorEvent::FactorsReset => {
            "Eine Administratorin oder ein Administrator hat das veranlasst, und alle Geräte wurden abgemeldet. Sie \
             werden bei der Anmeldung vielleicht nach einem neuen gefragt."
        }
        FactorEvent::PasswordRemoved => "Sie melden sich jetzt mit einem Passkey an.",
        _ => "",
    };
    let mut blocks = vec![paragraph(format!("{about} ({at})."))];
    if !explanation.is_empty() {
        blocks.push(paragraph(explanation));
    }
    blocks.extend([paragraph(NOT_YOU), service.forgot_password()]);
    (about, blocks)
}

fn facts(device: Option<&str>, address: Option<&str>, at: &str) -> Block {
    let shown = |text: Option<&str>| text.unwrap_or("unbekannt").to_owned();
    Block::Facts(vec![
        ("Zeitpunkt", at.to_owned()),
        ("Gerät", shown(device)),
        ("IP-Adresse", shown(address)),
    ])
}

fn address_changed(name: &str, restore: Option<&Restore>, at: Timestamp) -> (String, Vec<Block>) {
    let mut blocks = vec![paragraph(format!(
        "Die E-Mail-Adresse Ihres Kontos bei {name} wurde geändert ({}). An diese Adresse werden keine Nachrichten mehr gesendet.",
        minute(at)
    ))];
    match restore {
        Some(Restore { link, until }) => blocks.extend([
            paragraph(format!(
                "Wenn Sie das nicht waren, öffnen Sie diesen Link bis {}. Er stellt diese Adresse wieder her, meldet alle Geräte ab \
                 und entfernt das Passwort. Danach erhalten Sie einen Link, mit dem Sie ein neues Passwort festlegen:",
                minute(*until)
            )),
            Block::Link(link.clone()),
        ]),
        None => blocks.push(paragraph(
            "Wenn Sie das nicht erwartet haben, wenden Sie sich an die Betreiber des Dienstes.",
        )),
    }
    let subject = format!("Die E-Mail-Adresse Ihres Kontos bei {name} wurde geändert");
    (subject, blocks)
}
