// The German texts.
import { factors } from "./de_factors.ts";
import type { Texts } from "./en.ts";

const seconds = (count: number) => (count === 1 ? "1 Sekunde" : `${count} Sekunden`);

export const de: Texts = {
  name: "Deutsch",
  language: "Sprache",
  loading: "Wird geladen …",
  slow: "Das dauert länger als üblich. Bitte warten Sie.",
  cancel: "Abbrechen",
  retry: "Erneut versuchen",
  copied: "Kopiert.",
  copyFailed: "Der Browser erlaubt das Kopieren nicht. Markieren Sie den Text, und kopieren Sie ihn.",
  support: "Hilfe",
  toAccount: "Zu Ihrem Konto",
  toSignIn: "Zur Anmeldung",
  administration: "Administration",
  showPassword: "Passwort anzeigen",
  hidePassword: "Passwort verbergen",

  failure: {
    network: "Der Dienst ist nicht erreichbar. Prüfen Sie Ihre Verbindung, und versuchen Sie es erneut.",
    temporary: "Der Dienst ist vorübergehend nicht verfügbar. Versuchen Sie es gleich noch einmal.",
    unknown: "Es ist ein Fehler aufgetreten. Versuchen Sie es erneut.",
    tooMany: (count) => `Es gab zu viele Versuche. Sie können es in ${seconds(count)} erneut versuchen.`,
    missing: "Füllen Sie alle Felder aus.",
    credentials: "Der Benutzername oder das Passwort ist falsch.",
    currentPassword: "Das aktuelle Passwort ist falsch.",
    passwordTooShort: (count) => `Das Passwort muss mindestens ${count} Zeichen haben.`,
    passwordTooLong: "Das Passwort darf höchstens 128 Zeichen haben.",
    passwordTooCommon: "Dieses Passwort wird zu häufig verwendet. Wählen Sie ein anderes.",
    passwordContainsName: "Das Passwort darf nicht Ihrem Namen, Ihrem Benutzernamen, Ihrer E‑Mail-Adresse oder Ihrer Organisation ähneln.",
    link: "Dieser Link ist nicht mehr gültig. Fordern Sie einen neuen an.",
    denied: "Die Anmeldung wurde laut AWS abgelehnt, oder Ihr Konto ist hier nicht zugelassen.",
    noAssignment: "Sie haben keinen Zugriff auf das AWS-Konto dieses Dienstes. Wenden Sie sich an Ihre Administration.",
    codeExpired: "Der Code ist abgelaufen.",
    sessionNotFound: "Diese Sitzung ist bereits beendet.",
    crossSite: "Die Anfrage kam nicht von dieser Seite und wurde deshalb abgelehnt.",
    email: "Das ist keine gültige E‑Mail-Adresse.",
    awsUnavailable: "AWS antwortet nicht. Versuchen Sie es gleich noch einmal.",
  },

  signIn: {
    title: "Anmelden",
    lead: "Verwenden Sie Ihren Benutzernamen oder Ihre E‑Mail-Adresse.",
    leadAws: "Verwenden Sie Ihr AWS-Konto.",
    expired: "Ihre Sitzung ist beendet. Melden Sie sich erneut an.",
    username: "Benutzername oder E‑Mail-Adresse",
    password: "Passwort",
    submit: "Anmelden",
    submitIn: (count) => `Anmelden (in ${count} s)`,
    mayRetry: "Sie können es jetzt erneut versuchen.",
    or: "oder",
    aws: "Mit AWS anmelden",
    forgotten: "Passwort vergessen?",
    forgottenHint: "Mehrere Versuche sind fehlgeschlagen. Wenn Sie Ihr Passwort nicht mehr wissen, können Sie ein neues festlegen.",
    alreadySignedIn: (name) => `Sie sind als ${name} angemeldet.`,
    proceed: "Weiter",
    asOther: "Als andere Person anmelden",
    noMethod: "Es ist keine Anmeldemethode eingerichtet. Wenden Sie sich an Ihre Administration.",
  },

  aws: {
    title: "Mit AWS anmelden",
    starting: "Die Anmeldung wird vorbereitet …",
    lead: "Öffnen Sie AWS in einem neuen Tab. Bestätigen Sie die Anfrage dort nur, wenn AWS diesen Code und diese Anwendung anzeigt.",
    code: "Code",
    application: "Anwendung",
    open: "AWS öffnen",
    opensTab: "(öffnet einen neuen Tab)",
    waiting: "Warten auf Ihre Bestätigung …",
    keepOpen: "Lassen Sie diese Seite geöffnet.",
  },

  signedOut: {
    title: "Sie sind abgemeldet",
    lead: "Schließen Sie den Browser, wenn auch andere dieses Gerät benutzen.",
    again: "Erneut anmelden",
  },

  newPassword: {
    label: "Neues Passwort",
    hint: (count) => `Mindestens ${count} Zeichen. Mehrere Wörter sind leicht zu merken und schwer zu erraten.`,
  },

  setPassword: {
    title: "Passwort festlegen",
    submit: "Passwort festlegen",
    done: "Ihr Passwort ist festgelegt.",
    doneHint: "Melden Sie sich mit dem neuen Passwort an. Etwaige frühere Sitzungen sind beendet.",
    noSecret: "Der Link ist unvollständig. Öffnen Sie den ganzen Link aus der Nachricht, oder fordern Sie einen neuen an.",
  },

  forgotPassword: {
    title: "Passwort vergessen",
    lead: "Wir senden Ihnen per E‑Mail einen Link, mit dem Sie ein neues Passwort festlegen können.",
    submit: "Link senden",
    done: "Wenn das Konto existiert, wurde ein Link an seine E‑Mail-Adresse gesendet.",
    doneHint: "Der Link gilt eine Stunde. Wenn keine Nachricht ankommt, sehen Sie im Spam-Ordner nach, und prüfen Sie, ob der Name stimmt.",
    unavailable: "Dieser Dienst versendet keine E‑Mails. Bitten Sie Ihre Administration um einen Link, mit dem Sie ein neues Passwort festlegen können.",
  },

  confirmEmail: {
    title: "E‑Mail-Adresse bestätigen",
    working: "Ihre Adresse wird bestätigt …",
    done: (address) => `Ihre E‑Mail-Adresse ist jetzt ${address}.`,
    otherSession: "Öffnen Sie den Link in dem Browser, in dem Sie die Adresse geändert haben. Wenn Sie sich dort inzwischen abgemeldet haben, ändern Sie die Adresse noch einmal.",
    noSecret: "Der Link ist unvollständig. Öffnen Sie den ganzen Link aus der Nachricht.",
  },

  revertEmail: {
    title: "E‑Mail-Adresse wiederherstellen",
    lead: "Dadurch wird Ihre frühere E‑Mail-Adresse wiederhergestellt, Ihr Passwort entfernt, und Sie werden überall abgemeldet. Sie erhalten eine Nachricht mit einem Link, mit dem Sie ein neues Passwort festlegen können.",
    submit: "Adresse wiederherstellen",
    done: "Ihre frühere E‑Mail-Adresse wurde wiederhergestellt.",
    doneHint: "Alle Sitzungen sind beendet, und Ihr Passwort wurde entfernt. Wir haben Ihnen eine Nachricht gesendet. Legen Sie mit dem Link darin ein neues Passwort fest.",
    noSecret: "Der Link ist unvollständig. Öffnen Sie den ganzen Link aus der Nachricht.",
  },

  bootstrap: {
    title: "Ersten Administrator anlegen",
    lead: "Dieses Konto kann alle Benutzer des Dienstes verwalten.",
    name: "Name (optional)",
    submit: "Administrator anlegen",
    done: "Der Administrator wurde angelegt. Melden Sie sich mit dem neuen Passwort an.",
    invalid: "Dieser Link ist nicht mehr gültig. Erstellen Sie mit der Kommandozeile einen neuen Link.",
    alreadyDone: "Der Dienst hat bereits einen aktiven Super-Administrator. Melden Sie sich an, oder fragen Sie diesen Administrator.",
    username: "Dieser Benutzername ist nicht gültig, oder ein anderer Benutzer hat diesen oder einen ähnlich aussehenden Benutzernamen.",
    email: "Ein anderer Benutzer hat diese E‑Mail-Adresse.",
    noSecret: "Der Link ist unvollständig. Öffnen Sie den ganzen Link, den die Kommandozeile ausgegeben hat.",
  },

  account: {
    title: "Ihr Konto",
    signOut: "Abmelden",
    profile: "Profil",
    username: "Benutzername",
    fullName: "Name",
    email: "E‑Mail-Adresse",
    organization: "Organisation",
    role: "Rolle",
    roles: { user: "Benutzer", admin: "Administrator", super_admin: "Super-Administrator" },
    memberSince: "Konto angelegt",
    none: "Keine Angabe",
    unknown: "Unbekannt",
    fromDirectory: "Ihr Profil stammt aus dem Verzeichnis Ihrer Organisation und wird dort geändert.",
    recognised: "Dieser Browser ist bekannt: Fehlversuche auf anderen Geräten sperren Sie hier nicht aus.",
  },

  changeEmail: {
    title: "E‑Mail-Adresse ändern",
    label: "Neue E‑Mail-Adresse",
    submit: "Bestätigung senden",
    done: (address) => `Wir haben einen Link an ${address} gesendet. Öffnen Sie ihn in diesem Browser, um die Adresse zu ändern.`,
    unavailable: "Dieser Dienst versendet keine E‑Mails, deshalb kann die Adresse hier nicht geändert werden.",
  },

  changePassword: {
    title: "Passwort ändern",
    current: "Aktuelles Passwort",
    submit: "Passwort ändern",
    done: "Ihr Passwort wurde geändert. Alle anderen Sitzungen sind beendet.",
  },

  sessions: {
    title: "Sitzungen",
    lead: "Die Geräte und Programme, die mit Ihrem Konto angemeldet sind.",
    current: "Diese Sitzung",
    signedIn: "Angemeldet",
    lastUsed: "Zuletzt benutzt",
    location: "Standort",
    tor: "Tor-Netzwerk",
    address: "Adresse",
    method: "Methode",
    methods: { password: "Passwort", passkey: "Passkey", aws_device: "AWS", aws_proof: "AWS-Schlüssel", aws_app: "AWS-Zugangsdaten des Dienstes" },
    revoke: "Abmelden",
    revokeLabel: (device) => `Die Sitzung auf ${device} abmelden`,
    revoked: "Die Sitzung ist beendet.",
    revokeAll: "Überall abmelden",
    revokeAllHint: "Beendet alle Sitzungen, auch diese.",
    device: (browser, system) => `${browser} auf ${system}`,
    unknownDevice: "Unbekanntes Gerät",
  },

  applications: {
    title: "Verbundene Anwendungen",
    lead: "Die Anwendungen und Programme, denen Sie Zugriff auf Ihr Konto erlaubt haben.",
    none: "Keine Anwendung hat Zugriff auf Ihr Konto.",
    returnsTo: "Kehrt zurück zu",
    service: "Dienst",
    access: "Zugriff",
    allowed: "Erlaubt",
    lastUsed: "Zuletzt benutzt",
    neverUsed: "Noch nicht benutzt",
    remove: "Entfernen",
    removeLabel: (name) => `Die Anwendung ${name} entfernen`,
    removeTitle: (name) => `${name} entfernen`,
    consequences: [
      "Die Anwendung erhält keinen weiteren Zugriff auf Ihr Konto. Zugriff, den sie schon hat, endet innerhalb von 10 Minuten.",
      "Wenn Sie die Anwendung wieder verwenden, muss sie Sie erneut fragen.",
      "Daten, die die Anwendung schon erhalten hat, bleiben dort.",
    ],
    removed: "Die Anwendung wurde entfernt.",
    notFound: "Diese Anwendung wurde bereits entfernt.",
    scopes: {
      openid: "Sie wiedererkennen, wenn Sie zurückkehren",
      profile: "Ihren Namen und Ihren Benutzernamen sehen",
      email: "Ihre E‑Mail-Adresse sehen",
      roles: "Ihre Rolle sehen",
      offline_access: "Verbunden bleiben, auch wenn Sie sie nicht benutzen, bis Sie sie entfernen",
    },
  },

  stepUp: {
    title: "Bestätigen Sie, dass Sie es sind",
    lead: "Bestätigen Sie mit Ihrem Passwort, um fortzufahren.",
    leadAws: "Bestätigen Sie mit AWS, um fortzufahren.",
    submit: "Bestätigen",
  },

  error: {
    title: "Es ist ein Fehler aufgetreten",
    lead: "Die Seite konnte nicht angezeigt werden. Gehen Sie zurück, und versuchen Sie es erneut.",
  },

  factors,

  notFound: {
    title: "Seite nicht gefunden",
    lead: "Unter dieser Adresse gibt es keine Seite.",
  },
};
