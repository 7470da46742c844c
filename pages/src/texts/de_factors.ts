// The German texts about passkeys, one-time codes and recovery codes.
import type { FactorTexts } from "./en_factors.ts";

const codes = (count: number) => (count === 1 ? "1 Wiederherstellungscode" : `${count} Wiederherstellungscodes`);

export const factors: FactorTexts = {
  passkey: {
    name: "Passkey",
    signIn: "Mit Passkey anmelden",
    lead: "Ihr Browser fragt nach Ihrem Passkey. Bestätigen Sie mit Fingerabdruck, Gesicht oder der PIN des Geräts.",
    submit: "Passkey verwenden",
    add: "Passkey hinzufügen",
    create: "Passkey erstellen",
    what: "Ein Passkey liegt auf Ihrem Gerät oder in Ihrem Passwortmanager. Sie bestätigen mit Fingerabdruck, Gesicht oder der PIN des Geräts. So gibt es kein Passwort, das Sie eintippen müssen oder das gestohlen werden kann.",
    otherDevice: "Telefon oder Sicherheitsschlüssel",
  },

  totp: {
    name: "Einmalcode",
    plural: "Einmalcodes",
    lead: "Geben Sie die sechs Ziffern ein, die Ihre Authenticator-App für diesen Dienst anzeigt.",
    label: "Einmalcode",
    what: "Eine App auf Ihrem Telefon zeigt alle 30 Sekunden einen neuen Code mit sechs Ziffern an.",
    scan: "Scannen Sie diesen Code mit Ihrer Authenticator-App, oder tippen Sie den Schlüssel in die App ein. Geben Sie dann die sechs Ziffern ein, die die App anzeigt.",
    image: "QR-Code für die Authenticator-App",
    key: "Schlüssel",
    copyKey: "Schlüssel kopieren",
    open: "In einer App auf diesem Gerät öffnen",
  },

  recovery: {
    name: "Wiederherstellungscode",
    plural: "Wiederherstellungscodes",
    lead: "Geben Sie einen Ihrer Wiederherstellungscodes ein. Jeder Code gilt einmal.",
    label: "Wiederherstellungscode",
    title: "Sichern Sie diese Codes",
    what: "Mit einem Wiederherstellungscode können Sie sich anmelden, wenn Sie Ihr Telefon oder Ihren Passkey verloren haben. Jeder Code gilt einmal. Die Codes werden nur jetzt angezeigt.",
    where: "Bewahren Sie die Codes so auf, dass andere sie nicht lesen können und Sie sie auch ohne dieses Gerät erreichen: ausgedruckt oder in einem Passwortmanager.",
    list: "Ihre Wiederherstellungscodes",
    copy: "Codes kopieren",
    download: "Codes herunterladen",
    stored: "Ich habe die Codes gesichert",
    storeFirst: "Sichern Sie die Codes, und setzen Sie dann das Häkchen bei „Ich habe die Codes gesichert“.",
    finish: "Weiter",
    fileName: "wiederherstellungscodes",
    fileHeading: (service) => `Wiederherstellungscodes für ${service}`,
    fileLead: "Jeder Code gilt einmal.",
  },

  confirm: "Bestätigen",

  use: {
    passkey: "Passkey verwenden",
    totp: "Einmalcode verwenden",
    recovery_code: "Wiederherstellungscode verwenden",
    password: "Passwort verwenden",
    aws_device: "AWS verwenden",
  },

  secondStep: {
    title: "Bestätigen Sie, dass Sie es sind",
    startAgain: "Von vorn beginnen",
    expired: "Die Anmeldung ist abgelaufen. Beginnen Sie von vorn.",
    lost: "Wenn Sie nichts davon haben, wenden Sie sich an Ihre Administration.",
  },

  enrol: {
    title: "Schützen Sie Ihr Konto",
    lead: "Dieser Dienst verlangt bei der Anmeldung einen zweiten Schritt. Richten Sie ihn jetzt ein. Sie brauchen ihn bei jeder weiteren Anmeldung.",
  },

  offer: {
    title: "Ohne Passwort anmelden",
    changes: "Danach fragt eine Anmeldung mit dem Passwort auch nach dem Passkey oder einem Wiederherstellungscode.",
    later: "Nicht jetzt",
  },

  added: {
    passkey: "Der Passkey wurde hinzugefügt.",
    totp: "Einmalcodes sind eingerichtet.",
  },

  ways: {
    title: "Anmeldemethoden",
    demanded: "Dieser Dienst verlangt einen Passkey oder Einmalcodes. Deshalb lässt sich die letzte dieser Methoden nicht entfernen.",
    password: "Passwort",
    passwordSet: "Sie können sich mit Ihrem Passwort anmelden.",
    passwordNone: "Ihr Konto hat kein Passwort. Sie melden sich mit einem Passkey an. Mit „Passwort vergessen?“ auf der Anmeldeseite können Sie wieder ein Passwort festlegen.",
    removePassword: "Passwort entfernen",
    passwordRemoved: "Das Passwort wurde entfernt.",
    passkeys: "Passkeys",
    noPasskeys: "Sie haben keine Passkeys.",
    created: "Erstellt",
    lastUsed: "Zuletzt benutzt",
    never: "Nie",
    stored: "Gespeichert",
    synced: "In einem Passwortmanager, auf mehreren Geräten",
    oneDevice: "Auf einem Gerät",
    rename: "Umbenennen",
    renameLabel: (name) => `Den Passkey ${name} umbenennen`,
    newName: "Name des Passkeys",
    save: "Speichern",
    renamed: "Der Passkey wurde umbenannt.",
    delete: "Löschen",
    deleteLabel: (name) => `Den Passkey ${name} löschen`,
    deleted: "Der Passkey wurde gelöscht.",
    totpSet: (time) => `Eingerichtet am ${time}.`,
    totpNone: "Nicht eingerichtet.",
    setUpTotp: "Einmalcodes einrichten",
    removeTotp: "Einmalcodes entfernen",
    totpRemoved: "Einmalcodes wurden entfernt.",
    codesLeft: (count, time) => `Noch ${codes(count)}, erstellt am ${time}.`,
    codesNone: "Sie erhalten Wiederherstellungscodes mit Ihrem ersten Passkey oder mit Einmalcodes.",
    codesUsedUp: "Sie haben keine Wiederherstellungscodes mehr. Erstellen Sie neue.",
    newCodes: "Neue Wiederherstellungscodes erstellen",
  },

  questions: {
    delete: {
      title: (name) => `Den Passkey ${name} löschen?`,
      consequences: [
        "Sie können sich mit diesem Passkey nicht mehr anmelden. Ihre Sitzungen bestehen weiter.",
        "Der Passkey kann auf Ihrem Gerät oder in Ihrem Passwortmanager bleiben. Sie können ihn auch dort löschen.",
      ],
      confirm: "Passkey löschen",
    },
    last: "Das ist Ihr letzter Passkey, und Sie haben keine Einmalcodes. Danach melden Sie sich ohne zweiten Schritt an, und Ihre Wiederherstellungscodes werden gelöscht.",
    removeTotp: {
      title: "Einmalcodes entfernen?",
      consequences: ["Die Codes Ihrer App werden nicht mehr angenommen. Sie können den Eintrag für diesen Dienst in der App löschen."],
      last: "Sie haben keinen Passkey. Danach melden Sie sich ohne zweiten Schritt an, und Ihre Wiederherstellungscodes werden gelöscht.",
      confirm: "Codes entfernen",
    },
    newCodes: {
      title: "Neue Wiederherstellungscodes erstellen?",
      consequences: ["Die bisherigen Wiederherstellungscodes werden nicht mehr angenommen."],
      confirm: "Codes erstellen",
    },
    removePassword: {
      title: "Das Passwort entfernen?",
      consequences: [
        "Sie melden sich dann nur noch mit einem Passkey an. Sorgen Sie dafür, dass Sie auch auf einem anderen Gerät einen haben, oder Wiederherstellungscodes und eine E‑Mail-Adresse.",
        "Mit einem Link von „Passwort vergessen?“ können Sie wieder ein Passwort festlegen.",
      ],
      confirm: "Passwort entfernen",
    },
  },

  review: {
    title: "Prüfen Sie Ihre Passkeys",
    lead: "Sie haben ein neues Passwort festgelegt. Wenn jemand anderes Zugang zu Ihrem Konto hatte, kann diese Person einen Passkey hinzugefügt haben, und ein neues Passwort entfernt ihn nicht. Löschen Sie jeden Passkey, den Sie nicht kennen.",
    keep: "Diese Passkeys behalten",
    kept: "Danke. Sie können sie jederzeit ändern.",
  },

  failures: {
    invalid_second_factor: "Dieser Code ist falsch oder wurde schon verwendet. Prüfen Sie ihn, und versuchen Sie es erneut.",
    invalid_code: "Dieser Code ist falsch oder wurde schon verwendet. Versuchen Sie es mit einem anderen Code erneut.",
    pending_sign_in_expired: "Die Anmeldung ist abgelaufen. Beginnen Sie von vorn.",
    invalid_passkey: "Dieser Passkey wurde nicht angenommen. Versuchen Sie es erneut.",
    aws_sign_in_required: "Ihr Konto wird über AWS angemeldet. Melden Sie sich zuerst mit AWS an; der Passkey ist der zweite Schritt.",
    too_many_codes: "Zu viele Codes waren falsch. Verwenden Sie einen Passkey, oder melden Sie sich ab und wieder an.",
    unknown_passkey: "Dieser Passkey gehört zu keinem Konto hier, oder er wurde gelöscht. Melden Sie sich auf einem anderen Weg an.",
    passkey_refused: "Dieser Passkey wurde nicht angenommen. Versuchen Sie es erneut, oder melden Sie sich auf einem anderen Weg an.",
    passkey_cancelled: "Es wurde kein Passkey verwendet. Versuchen Sie es erneut, oder wählen Sie einen anderen Weg.",
    passkey_exists: "Dieses Gerät oder dieser Passwortmanager hat schon einen Passkey für Ihr Konto. Wählen Sie für einen weiteren ein anderes Gerät.",
    passkey_unsupported: "Dieser Browser oder dieses Gerät kann für diesen Dienst keine Passkeys verwenden. Wählen Sie einen anderen Weg.",
    passkey_address: "Passkeys funktionieren unter dieser Adresse nicht. Öffnen Sie den Dienst unter seiner üblichen Adresse.",
    passkey_failed: "Der Browser konnte den Passkey nicht verwenden. Versuchen Sie es erneut.",
    too_many_passkeys: "Ihr Konto kann nicht mehr Passkeys haben. Löschen Sie zuerst einen.",
    passkey_not_found: "Dieser Passkey wurde bereits gelöscht. Laden Sie die Seite neu.",
    last_sign_in_method: "Das ist Ihre einzige Anmeldemethode. Fügen Sie zuerst eine andere hinzu.",
    factor_required: "Dieser Dienst verlangt einen Passkey oder Einmalcodes. Fügen Sie zuerst einen anderen Passkey hinzu, oder richten Sie Einmalcodes ein.",
    totp_exists: "Einmalcodes sind bereits eingerichtet. Entfernen Sie sie zuerst, um sie neu einzurichten.",
    totp_unavailable: "Dieser Dienst bietet keine Einmalcodes an. Fügen Sie einen Passkey hinzu.",
    factor_exists: "Ihr Konto hat bereits einen Passkey oder Einmalcodes. Beginnen Sie von vorn.",
    no_factor: "Fügen Sie zuerst einen Passkey hinzu, oder richten Sie Einmalcodes ein.",
    factor_required_for_step_up: "Bestätigen Sie mit einem Passkey oder einem Code.",
    not_confirmed: "Diese Änderung braucht Ihre Bestätigung. Versuchen Sie es erneut.",
    invalid_name: "Der Name muss 1 bis 64 Zeichen haben, ohne unsichtbare Zeichen.",
  },
};
