// The German texts about OAuth clients.
import type { clients as en } from "./en_clients.ts";

const count = (number: number) => (number === 1 ? "1 OAuth-Client" : `${number} OAuth-Clients`);

export const clients: typeof en = {
  title: "OAuth-Clients",
  add: "OAuth-Client registrieren",
  back: "Zurück zu den OAuth-Clients",
  searchHint: "Anfang eines Namens",
  name: "Name",
  id: "Client-ID",
  copyId: "Client-ID kopieren",
  kind: "Typ",
  kinds: { public: "Öffentlich", confidential: "Vertraulich" },
  authentication: "Authentifizierung",
  methods: {
    none: "Keine",
    client_secret_basic: "Secret im Header",
    client_secret_post: "Secret im Body",
    private_key_jwt: "Signierte Assertion",
  },
  grantTypes: "Zugriff",
  grants: {
    authorization_code: "Für Benutzer, die sich anmelden und zustimmen",
    refresh_token: "Für diese Benutzer ohne neue Anmeldung",
    client_credentials: "Für sich selbst",
  },
  redirectUris: "Redirect-URIs",
  postLogoutUris: "Redirect-URIs nach einer Abmeldung",
  scope: "Scopes für sich selbst",
  keys: "Öffentliche Schlüssel",
  secretCreated: "Secret erstellt",
  created: "Registriert",
  createdBy: "Registriert von",
  creator: "Benutzer öffnen",
  changed: "Zuletzt geändert",
  audit: "Audit-Einträge",
  lastUsed: "Zuletzt benutzt",
  empty: "Keine OAuth-Clients gefunden.",
  shown: (number, hasMore) => (hasMore ? `${count(number)} angezeigt. Es gibt weitere.` : `${count(number)} gefunden.`),
  readOnly: "Nur Super-Administratoren können OAuth-Clients registrieren und ändern.",

  form: {
    optional: (label) => `${label} (optional)`,
    nameHint: "Benutzer sehen den Namen, wenn sie zustimmen.",
    methodHint: "Ein Programm auf Geräten von Benutzern oder in ihren Browsern kann kein Secret geheim halten: Wählen Sie „Keine“.",
    methods: {
      none: "Keine: öffentlicher Client",
      client_secret_basic: "Secret im Header (client_secret_basic)",
      client_secret_post: "Secret im Body (client_secret_post)",
      private_key_jwt: "Signierte Assertion (private_key_jwt)",
    },
    urisHint: "Eine pro Zeile: https-URLs, http-URLs von 127.0.0.1, [::1] oder localhost oder URIs mit einem privaten Schema.",
    scopeHint: "Durch Leerzeichen getrennt, zum Beispiel users:read audit:read",
    keysHint: "Ein JWK Set mit einem bis fünf öffentlichen Schlüsseln, als JSON.",
  },

  create: {
    done: (name) => `Der OAuth-Client „${name}“ wurde registriert.`,
    another: "Weiteren OAuth-Client registrieren",
    open: "OAuth-Client öffnen",
  },

  about: "Registrierung",
  edit: "Registrierung bearbeiten",
  access: "Zustand",
  disable: {
    submit: "OAuth-Client deaktivieren",
    title: (name) => `„${name}“ deaktivieren`,
    consequences: ["Der OAuth-Client erhält keine Tokens, bis ein Super-Administrator ihn aktiviert.", "Zugriffe, die Benutzer erlaubt haben, ruhen, bis er wieder aktiviert wird.", "Zugriff, den er schon hat, endet innerhalb von 10 Minuten."],
    done: "Der OAuth-Client wurde deaktiviert.",
  },
  enable: { submit: "OAuth-Client aktivieren", done: "Der OAuth-Client wurde aktiviert." },

  secret: {
    title: "Secret",
    submit: "Neues Secret erstellen",
    hint: "Ersetzen Sie das Secret, wenn es verloren oder anderen bekannt ist.",
    confirm: (name) => `Neues Secret von „${name}“ erstellen`,
    consequences: ["Das bisherige Secret ist sofort ungültig. Der OAuth-Client erhält keine Tokens, bis er das neue benutzt."],
    shown: "Kopieren Sie das Secret jetzt, und bewahren Sie es dort auf, wo nur der OAuth-Client es lesen kann. Es wird nur einmal angezeigt.",
    label: "Client-Secret",
  },

  revoke: {
    title: "Zugriffe",
    submit: "Alle Zugriffe widerrufen",
    hint: "Beendet den Zugriff, den Benutzer diesem OAuth-Client erlaubt haben. Verwenden Sie dies, wenn seine Tokens anderen bekannt sind.",
    confirm: (name) => `Alle Zugriffe von „${name}“ widerrufen`,
    consequences: [
      "Alle Codes, Access-Tokens und Refresh-Tokens von Benutzern werden ungültig. Ein Dienst, der Access-Tokens selbst prüft, akzeptiert sie noch bis zu 10 Minuten.",
      "Der OAuth-Client muss jeden Benutzer erneut fragen.",
      "Er behält seine Registrierung, sein Secret und die Access-Tokens, die er für sich selbst erhalten hat.",
    ],
    done: "Alle Zugriffe des OAuth-Clients sind widerrufen.",
  },

  delete: {
    title: "Löschen",
    submit: "OAuth-Client löschen",
    hint: "Entfernt die Registrierung und alle Zugriffe. Das kann nicht rückgängig gemacht werden.",
    confirm: (name) => `„${name}“ löschen`,
    consequences: ["Der OAuth-Client erhält keine Tokens mehr. Alle Zugriffe, die Benutzer erlaubt haben, und alle Zustimmungen werden sofort widerrufen und später gelöscht.", "Seine Client-ID wird nicht wieder vergeben.", "Das kann nicht rückgängig gemacht werden."],
    typed: (name) => `Geben Sie zur Bestätigung den Namen ${name} ein`,
    done: "Der OAuth-Client wurde gelöscht.",
  },

  conflict: "Der OAuth-Client wurde inzwischen geändert",

  failure: {
    notFound: "Dieser OAuth-Client existiert nicht oder wurde gelöscht.",
    redirectUri: "Eine Redirect-URI ist nicht erlaubt. Verwenden Sie https, einen Loopback-Host mit http oder ein privates Schema mit einem Punkt, ohne Fragment.",
    keys: "Die Schlüssel sind nicht gültig. Geben Sie ein JWK Set mit einem bis fünf öffentlichen Schlüsseln für P‑256, Ed25519 oder RSA ein, ohne privaten Schlüssel.",
    misfit: "Diese Einstellungen passen nicht zusammen. Prüfen Sie die Authentifizierung, den Zugriff und die Redirect-URIs.",
    tooMany: "Der Dienst hat 500 OAuth-Clients. Löschen Sie einen, der nicht mehr benutzt wird.",
    noSecret: "Dieser OAuth-Client hat kein Secret.",
  },
};
