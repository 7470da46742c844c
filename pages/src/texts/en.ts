// The English texts. "e‑mail" has a non-breaking hyphen. The type check ensures that every language has the same texts.
import { factors } from "./en_factors.ts";

const seconds = (count: number) => (count === 1 ? "1 second" : `${count} seconds`);

export const en = {
  name: "English",
  language: "Language",
  loading: "Loading …",
  slow: "This takes longer than usual. Please wait.",
  cancel: "Cancel",
  retry: "Try again",
  copied: "Copied.",
  copyFailed: "The browser does not permit copying. Select the text, and copy it.",
  support: "Help",
  toAccount: "Go to your account",
  toSignIn: "Go to the sign-in page",
  administration: "Administration",
  showPassword: "Show password",
  hidePassword: "Hide password",

  failure: {
    network: "The service cannot be reached. Check your connection, and try again.",
    temporary: "The service is temporarily unavailable. Try again in a moment.",
    unknown: "Something went wrong. Try again.",
    tooMany: (count: number) => `There were too many attempts. You can try again in ${seconds(count)}.`,
    missing: "Fill in all fields.",
    credentials: "The user name or the password is wrong.",
    currentPassword: "The current password is wrong.",
    passwordTooShort: (count: number) => `The password must have at least ${count} characters.`,
    passwordTooLong: "The password must have at most 128 characters.",
    passwordTooCommon: "This password is too common. Choose another one.",
    passwordContainsName: "The password must not be similar to your name, user name, e‑mail address or organization.",
    link: "This link is not valid any more. Ask for a new one.",
    denied: "AWS reports that the sign-in was denied, or your account may not sign in here.",
    noAssignment: "You have no access to the AWS account of this service. Ask your administrator.",
    codeExpired: "The code has expired.",
    sessionNotFound: "This session has already ended.",
    crossSite: "The request did not come from this page, so it was refused.",
    email: "This is not a valid e‑mail address.",
    awsUnavailable: "AWS does not respond. Try again in a moment.",
  },

  signIn: {
    title: "Sign in",
    lead: "Use your user name or your e‑mail address.",
    leadAws: "Use your AWS account.",
    expired: "Your session has ended. Sign in again.",
    username: "User name or e‑mail address",
    password: "Password",
    submit: "Sign in",
    submitIn: (count: number) => `Sign in (in ${count} s)`,
    mayRetry: "You can try again now.",
    or: "or",
    aws: "Sign in with AWS",
    forgotten: "Forgot your password?",
    forgottenHint: "Several attempts have failed. If you do not remember your password, you can set a new one.",
    alreadySignedIn: (name: string) => `You are signed in as ${name}.`,
    proceed: "Continue",
    asOther: "Sign in as another user",
    noMethod: "No sign-in method is set up. Ask your administrator.",
  },

  aws: {
    title: "Sign in with AWS",
    starting: "Preparing the sign-in …",
    lead: "Open AWS in a new tab. Approve the request there only if AWS shows this code and this application.",
    code: "Code",
    application: "Application",
    open: "Open AWS",
    opensTab: "(opens a new tab)",
    waiting: "Waiting for your approval …",
    keepOpen: "Keep this page open.",
  },

  signedOut: {
    title: "You are signed out",
    lead: "Close the browser if others use this device.",
    again: "Sign in again",
  },

  newPassword: {
    label: "New password",
    hint: (count: number) => `At least ${count} characters. Several words are easy to remember and hard to guess.`,
  },

  setPassword: {
    title: "Set your password",
    submit: "Set password",
    done: "Your password is set.",
    doneHint: "Sign in with the new password. Any earlier sessions have ended.",
    noSecret: "The link is incomplete. Open the whole link from the message, or ask for a new one.",
  },

  forgotPassword: {
    title: "Forgotten password",
    lead: "We send a link that sets a new password to your e‑mail address.",
    submit: "Send link",
    done: "If the account exists, a link was sent to its e‑mail address.",
    doneHint: "The link is valid for one hour. If no message arrives, check the spam folder, and check that the name is correct.",
    unavailable: "This service sends no e‑mail. Ask your administrator for a link that sets a new password.",
  },

  confirmEmail: {
    title: "Confirm your e‑mail address",
    working: "Confirming your address …",
    done: (address: string) => `Your e‑mail address is now ${address}.`,
    otherSession: "Open the link in the browser in which you changed the address. If you have signed out there since, change the address again.",
    noSecret: "The link is incomplete. Open the whole link from the message.",
  },

  revertEmail: {
    title: "Restore your e‑mail address",
    lead: "This restores your earlier e‑mail address, removes your password and signs you out everywhere. You get a message with a link that sets a new password.",
    submit: "Restore address",
    done: "Your earlier e‑mail address was restored.",
    doneHint: "All sessions have ended, and your password was removed. We have sent you a message. Use its link to set a new password.",
    noSecret: "The link is incomplete. Open the whole link from the message.",
  },

  bootstrap: {
    title: "Create the first administrator",
    lead: "This account can manage all users of the service.",
    name: "Name (optional)",
    submit: "Create administrator",
    done: "The administrator was created. Sign in with the new password.",
    invalid: "This link is no longer valid. Create a new link with the command line.",
    alreadyDone: "The service already has an active super administrator. Sign in, or ask that administrator.",
    username: "This user name is not valid, or another user has this user name or one that looks like it.",
    email: "Another user has this e‑mail address.",
    noSecret: "The link is incomplete. Open the whole link that the command line printed.",
  },

  account: {
    title: "Your account",
    signOut: "Sign out",
    profile: "Profile",
    username: "User name",
    fullName: "Name",
    email: "E‑mail address",
    organization: "Organization",
    role: "Role",
    roles: { user: "User", admin: "Administrator", super_admin: "Super administrator" },
    memberSince: "Account created",
    none: "None",
    unknown: "Unknown",
    fromDirectory: "Your profile comes from the directory of your organization and is changed there.",
    recognised: "This browser is recognised: failed attempts on other devices do not lock you out here.",
  },

  changeEmail: {
    title: "Change your e‑mail address",
    label: "New e‑mail address",
    submit: "Send confirmation",
    done: (address: string) => `We have sent a link to ${address}. Open it in this browser to change the address.`,
    unavailable: "This service sends no e‑mail, so the address cannot be changed here.",
  },

  changePassword: {
    title: "Change your password",
    current: "Current password",
    submit: "Change password",
    done: "Your password was changed. All other sessions have ended.",
  },

  sessions: {
    title: "Sessions",
    lead: "The devices and programs that are signed in with your account.",
    current: "This session",
    signedIn: "Signed in",
    lastUsed: "Last used",
    location: "Location",
    tor: "Tor network",
    address: "Address",
    method: "Method",
    methods: { password: "Password", passkey: "Passkey", aws_device: "AWS", aws_proof: "AWS key", aws_app: "AWS credentials of the service" },
    revoke: "Sign out",
    revokeLabel: (device: string) => `Sign out the session on ${device}`,
    revoked: "The session has ended.",
    revokeAll: "Sign out everywhere",
    revokeAllHint: "Ends all sessions, including this one.",
    device: (browser: string, system: string) => `${browser} on ${system}`,
    unknownDevice: "Unknown device",
  },

  applications: {
    title: "Connected applications",
    lead: "The applications and programs that you have allowed to access your account.",
    none: "No application has access to your account.",
    returnsTo: "Returns to",
    service: "Service",
    access: "Access",
    allowed: "Allowed",
    lastUsed: "Last used",
    neverUsed: "Not used yet",
    remove: "Remove",
    removeLabel: (name: string) => `Remove the application ${name}`,
    removeTitle: (name: string) => `Remove ${name}`,
    consequences: [
      "The application gets no further access to your account. Access that it already has ends within 10 minutes.",
      "If you use the application again, it has to ask you again.",
      "Data that the application has already received stays there.",
    ],
    removed: "The application was removed.",
    notFound: "This application has already been removed.",
    scopes: {
      openid: "Recognise you when you return",
      profile: "See your name and your user name",
      email: "See your e‑mail address",
      roles: "See your role",
      offline_access: "Stay connected when you are not using it, until you remove it",
    },
  },

  stepUp: {
    title: "Confirm that it is you",
    lead: "To continue, confirm with your password.",
    leadAws: "To continue, confirm with AWS.",
    submit: "Confirm",
  },

  error: {
    title: "Something went wrong",
    lead: "The page could not be shown. Go back and try again.",
  },

  factors,

  notFound: {
    title: "Page not found",
    lead: "There is no page at this address.",
  },
};

export type Texts = typeof en;
