//! The messages in English.

use super::message::{Block, FactorEvent, Message, Restore, Service, Words, minute};
use crate::timestamp::Timestamp;

fn paragraph(text: impl Into<String>) -> Block {
    Block::Paragraph(text.into())
}

const NOT_YOU: &str =
    "If this was not you, set a new password. That signs out all devices. Open this page:";
const ONE_HOUR: &str = "The link works once, within one hour.";

/// The message in words.
#[expect(clippy::too_many_lines, reason = "one table of all messages")]
pub fn words(message: &Message, service: &Service<'_>) -> Words {
    let name = service.name;
    let (subject, blocks) = match message {
        Message::SetPassword { link } => (
            format!("Set your password for {name}"),
            vec![
                paragraph(format!(
                    "A new password was requested for your account at {name}. To set it, open this link:"
                )),
                Block::Link(link.clone()),
                paragraph(format!(
                    "{ONE_HOUR} If you did not request it, ignore this message. Your password stays as it is."
                )),
            ],
        ),
        Message::SetUpAccount { link } => (
            format!("Set up your account at {name}"),
            vec![
                paragraph(format!(
                    "An account at {name} was created for you. To set your password, open this link:"
                )),
                Block::Link(link.clone()),
                paragraph(format!(
                    "{ONE_HOUR} After that, you can request a new link on this page:"
                )),
                service.forgot_password(),
            ],
        ),
        Message::ConfirmAddress { link } => (
            format!("Confirm your e-mail address for {name}"),
            vec![
                paragraph(format!(
                    "A user of {name} asked to use this e-mail address for an account. If this was you, open this link in the \
                     browser in which you asked for it:"
                )),
                Block::Link(link.clone()),
                paragraph(format!(
                    "{ONE_HOUR} If you did not ask for it, ignore this message."
                )),
            ],
        ),
        Message::AddressTaken => (
            format!("Your e-mail address already belongs to an account at {name}"),
            vec![
                paragraph(format!(
                    "A user of {name} asked to use this e-mail address for another account. It belongs to your account, so \
                     nothing was changed."
                )),
                paragraph(
                    "If this was you, sign in to the account that has this address. Otherwise, ignore this message.",
                ),
            ],
        ),
        Message::AddressChanged { restore, at } => address_changed(name, restore.as_ref(), *at),
        Message::AddressRestored { link } => (
            format!("The e-mail address of your account at {name} was restored"),
            vec![
                paragraph(format!(
                    "This is the e-mail address of your account at {name} again. All devices were signed out, and the password \
                     was removed. To set a new one, open this link:"
                )),
                Block::Link(link.clone()),
                paragraph(format!(
                    "{ONE_HOUR} After that, you can request a new link on this page:"
                )),
                service.forgot_password(),
            ],
        ),
        Message::AddressReplaced => (
            format!("The earlier e-mail address of your account at {name} was restored"),
            vec![
                paragraph(format!(
                    "The earlier e-mail address of your account at {name} was restored with a link that had been sent to it. \
                     The address that receives this message no longer belongs to the account. All devices were signed out, and the password was removed."
                )),
                paragraph("If you did not expect this, contact the support of the service."),
            ],
        ),
        Message::NewDevice {
            device,
            address,
            at,
        } => (
            format!("New sign-in to your account at {name}"),
            vec![
                paragraph(format!(
                    "Your password was used to sign in to your account at {name} on a device that is not recognised."
                )),
                facts(device.as_deref(), address.as_deref(), &minute(*at)),
                paragraph(NOT_YOU),
                service.forgot_password(),
            ],
        ),
        Message::PasswordChanged { at } => password(service, "changed", &minute(*at)),
        Message::PasswordSet { at } => password(service, "set", &minute(*at)),
        Message::AccountLocked => (
            format!("Your account at {name} is locked"),
            vec![
                paragraph(format!(
                    "After 100 wrong passwords in a row, your account at {name} is locked. You cannot sign in with the password on \
                     devices that are not recognised. Devices on which you have signed in are not affected. To unlock the account, set a new \
                     password on this page:"
                )),
                service.forgot_password(),
            ],
        ),
        Message::Factor { event, at } => factor(service, *event, &minute(*at)),
    };
    Words {
        subject,
        greeting: "Hello",
        blocks,
    }
}

fn password(service: &Service<'_>, what: &str, at: &str) -> (String, Vec<Block>) {
    let about = format!(
        "The password of your account at {} was {what}",
        service.name
    );
    let blocks = vec![
        paragraph(format!("{about} on {at}.")),
        paragraph(NOT_YOU),
        service.forgot_password(),
    ];
    (about, blocks)
}

fn factor(service: &Service<'_>, event: FactorEvent, at: &str) -> (String, Vec<Block>) {
    let name = service.name;
    let about = match event {
        FactorEvent::PasskeyAdded => format!("A passkey was added to your account at {name}"),
        FactorEvent::PasskeyRemoved => format!("A passkey was removed from your account at {name}"),
        FactorEvent::PasskeyCloned => {
            format!("A passkey of your account at {name} may have been copied")
        }
        FactorEvent::TotpAdded => format!("One-time codes were added to your account at {name}"),
        FactorEvent::TotpRemoved => {
            format!("One-time codes were removed from your account at {name}")
        }
        FactorEvent::RecoveryCodesCreated => {
            format!("New recovery codes for your account at {name} were created")
        }
        FactorEvent::RecoveryCodeUsed => {
            format!("A recovery code of your account at {name} was used")
        }
        FactorEvent::CodesLocked => format!("Codes for your account at {name} are locked"),
        FactorEvent::FactorsReset => {
            format!("The second factors of your account at {name} were removed")
        }
        FactorEvent::PasswordRemoved => {
            format!("The password of your account at {name} was removed")
        }
    };
    let explanation = match event {
        FactorEvent::PasskeyCloned => {
            "The sign-in was refused. Remove this passkey, and add a new one."
        }
        FactorEvent::RecoveryCodesCreated => "Earlier recovery codes are no longer valid.",
        FactorEvent::RecoveryCodeUsed => {
            "Each recovery code works once. You can create new ones on the page of your account."
        }
        FactorEvent::CodesLocked => {
            "100 wrong codes in a row were entered after your password. No code is accepted until you \
             sign in with a passkey, use a recovery code on a device on which you have signed in before, or an administrator resets your \
             second factors."
        }
        FactorEvent::FactorsReset => {
            "An administrator did this, and all devices were signed out. You may be asked to add a new one when you sign in."
        }
        FactorEvent::PasswordRemoved => "You sign in with a passkey now.",
        _ => "",
    };
    let mut blocks = vec![paragraph(format!("{about} on {at}."))];
    if !explanation.is_empty() {
        blocks.push(paragraph(explanation));
    }
    blocks.extend([paragraph(NOT_YOU), service.forgot_password()]);
    (about, blocks)
}

fn facts(device: Option<&str>, address: Option<&str>, at: &str) -> Block {
    let shown = |text: Option<&str>| text.unwrap_or("unknown").to_owned();
    Block::Facts(vec![
        ("Time", at.to_owned()),
        ("Device", shown(device)),
        ("IP address", shown(address)),
    ])
}

fn address_changed(name: &str, restore: Option<&Restore>, at: Timestamp) -> (String, Vec<Block>) {
    let mut blocks = vec![paragraph(format!(
        "The e-mail address of your account at {name} was changed on {}. Messages are no longer sent to this address.",
        minute(at)
    ))];
    match restore {
        Some(Restore { link, until }) => blocks.extend([
            paragraph(format!(
                "If you did not change it, open this link before {}. It restores this address, signs out all devices and removes \
                 the password. You then get a link that sets a new password:",
                minute(*until)
            )),
            Block::Link(link.clone()),
        ]),
        None => blocks.push(paragraph(
            "If you did not expect this, contact the support of the service.",
        )),
    }
    let subject = format!("The e-mail address of your account at {name} was changed");
    (subject, blocks)
}
