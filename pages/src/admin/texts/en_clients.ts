// The English texts about OAuth clients.

const count = (number: number) => (number === 1 ? "1 OAuth client" : `${number} OAuth clients`);

export const clients = {
  title: "OAuth clients",
  add: "Register OAuth client",
  back: "Back to the OAuth clients",
  searchHint: "Beginning of a name",
  name: "Name",
  id: "Client ID",
  copyId: "Copy client ID",
  kind: "Type",
  kinds: { public: "Public", confidential: "Confidential" },
  authentication: "Authentication",
  methods: {
    none: "None",
    client_secret_basic: "Secret in the header",
    client_secret_post: "Secret in the body",
    private_key_jwt: "Signed assertion",
  },
  grantTypes: "Access",
  grants: {
    authorization_code: "For users who sign in and consent",
    refresh_token: "For these users without a new sign-in",
    client_credentials: "For itself",
  },
  redirectUris: "Redirect URIs",
  postLogoutUris: "Redirect URIs after a sign-out",
  scope: "Scopes for itself",
  keys: "Public keys",
  secretCreated: "Secret created",
  created: "Registered",
  createdBy: "Registered by",
  creator: "Open the user",
  changed: "Last changed",
  audit: "Audit entries",
  lastUsed: "Last used",
  empty: "No OAuth clients found.",
  shown: (number: number, hasMore: boolean) => (hasMore ? `${count(number)} shown. There are more.` : `${count(number)} found.`),
  readOnly: "Only super administrators can register and change OAuth clients.",

  form: {
    optional: (label: string) => `${label} (optional)`,
    nameHint: "Users see the name when they consent.",
    methodHint: "A program on devices of users, or in their browsers, cannot keep a secret: choose “None”.",
    methods: {
      none: "None: public client",
      client_secret_basic: "Secret in the header (client_secret_basic)",
      client_secret_post: "Secret in the body (client_secret_post)",
      private_key_jwt: "Signed assertion (private_key_jwt)",
    },
    urisHint: "One per line: https URLs, http URLs of 127.0.0.1, [::1] or localhost, or URIs with a private-use scheme.",
    scopeHint: "Separated by spaces, for example users:read audit:read",
    keysHint: "A JWK Set with one to five public keys, as JSON.",
  },

  create: {
    done: (name: string) => `The OAuth client “${name}” was registered.`,
    another: "Register another OAuth client",
    open: "Open the OAuth client",
  },

  about: "Registration",
  edit: "Edit the registration",
  access: "State",
  disable: {
    submit: "Disable OAuth client",
    title: (name: string) => `Disable “${name}”`,
    consequences: ["The OAuth client gets no tokens until a super administrator enables it.", "Grants of users pause, and continue when it is enabled.", "Access that it already has ends within 10 minutes."],
    done: "The OAuth client was disabled.",
  },
  enable: { submit: "Enable OAuth client", done: "The OAuth client was enabled." },

  secret: {
    title: "Secret",
    submit: "Create new secret",
    hint: "If the secret is lost or known to others, replace it.",
    confirm: (name: string) => `Create a new secret of “${name}”`,
    consequences: ["The current secret is invalid at once. The OAuth client gets no tokens until it uses the new one."],
    shown: "Copy the secret now, and store it where only the OAuth client can read it. The secret is shown only once.",
    label: "Client secret",
  },

  revoke: {
    title: "Grants",
    submit: "Revoke all grants",
    hint: "Ends the access that users have given to this OAuth client. Use this if its tokens are known to others.",
    confirm: (name: string) => `Revoke all grants to “${name}”`,
    consequences: [
      "All codes, access tokens and refresh tokens of users become invalid. A service that verifies access tokens itself accepts them for up to 10 minutes.",
      "The OAuth client has to ask each user again.",
      "It keeps its registration, its secret and the access tokens that it got for itself.",
    ],
    done: "All grants to the OAuth client are revoked.",
  },

  delete: {
    title: "Delete",
    submit: "Delete OAuth client",
    hint: "Removes the registration and all grants. This cannot be undone.",
    confirm: (name: string) => `Delete “${name}”`,
    consequences: ["The OAuth client gets no tokens any more. All grants and consents of users are revoked at once, and deleted later.", "Its client ID is not used again.", "This cannot be undone."],
    typed: (name: string) => `To confirm, type the name ${name}`,
    done: "The OAuth client was deleted.",
  },

  conflict: "The OAuth client was changed in the meantime",

  failure: {
    notFound: "This OAuth client does not exist or was deleted.",
    redirectUri: "A redirect URI is not allowed. Use https, a loopback host with http, or a private-use scheme with a dot, without a fragment.",
    keys: "The keys are not valid. Enter a JWK Set with one to five public keys of P‑256, Ed25519 or RSA, and no private key.",
    misfit: "These settings do not fit together. Check the authentication, the access and the redirect URIs.",
    tooMany: "The service has 500 OAuth clients. Delete one that is not used any more.",
    noSecret: "This OAuth client has no secret.",
  },
};
