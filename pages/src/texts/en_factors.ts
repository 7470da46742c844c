// The English texts about passkeys, one-time codes and recovery codes.

const codes = (count: number) => (count === 1 ? "1 recovery code" : `${count} recovery codes`);

export const factors = {
  passkey: {
    name: "Passkey",
    signIn: "Sign in with a passkey",
    lead: "Your browser asks for your passkey. Confirm with your fingerprint, your face or the PIN of the device.",
    submit: "Use passkey",
    add: "Add a passkey",
    create: "Create passkey",
    what: "Your device or password manager keeps a passkey. You confirm with your fingerprint, your face or the PIN of the device, so there is no password to type or to steal.",
    otherDevice: "Phone or security key",
  },

  totp: {
    name: "One-time code",
    plural: "One-time codes",
    lead: "Enter the six digits that your authenticator app shows for this service.",
    label: "One-time code",
    what: "An app on your phone shows a new code of six digits every 30 seconds.",
    scan: "Scan this code with your authenticator app, or type the key into the app. Then enter the six digits that the app shows.",
    image: "QR code for the authenticator app",
    key: "Key",
    copyKey: "Copy the key",
    open: "Open in an app on this device",
  },

  recovery: {
    name: "Recovery code",
    plural: "Recovery codes",
    lead: "Enter one of your recovery codes. Each code works once.",
    label: "Recovery code",
    title: "Store your recovery codes",
    what: "With a recovery code you can sign in if your phone or your passkey is lost. Each code works once. The codes are shown only now.",
    where: "Keep the codes where others cannot read them and where you can reach them without this device: printed, or in a password manager.",
    list: "Your recovery codes",
    copy: "Copy codes",
    download: "Download codes",
    stored: "I have stored the codes",
    storeFirst: "Store the codes, and then tick “I have stored the codes”.",
    finish: "Continue",
    fileName: "recovery-codes",
    fileHeading: (service: string) => `Recovery codes for ${service}`,
    fileLead: "Each code works once.",
  },

  confirm: "Confirm",

  use: {
    passkey: "Use a passkey",
    totp: "Use a one-time code",
    recovery_code: "Use a recovery code",
    password: "Use the password",
    aws_device: "Use AWS",
  },

  secondStep: {
    title: "Confirm that it is you",
    startAgain: "Start again",
    expired: "The sign-in has expired. Start again.",
    lost: "If you have none of these, ask your administrator.",
  },

  enrol: {
    title: "Protect your account",
    lead: "This service asks for a second step when you sign in. Set it up now. You need it at every later sign-in.",
  },

  offer: {
    title: "Sign in without a password",
    changes: "After that, a sign-in with the password also asks for the passkey or a recovery code.",
    later: "Not now",
  },

  added: {
    passkey: "The passkey was added.",
    totp: "One-time codes are set up.",
  },

  ways: {
    title: "Ways to sign in",
    demanded: "This service demands a passkey or one-time codes, so the last of them cannot be removed.",
    password: "Password",
    passwordSet: "You can sign in with your password.",
    passwordNone: "Your account has no password. You sign in with a passkey. With “Forgot your password?” on the sign-in page you can set a password again.",
    removePassword: "Remove password",
    passwordRemoved: "The password was removed.",
    passkeys: "Passkeys",
    noPasskeys: "You have no passkeys.",
    created: "Created",
    lastUsed: "Last used",
    never: "Never",
    stored: "Kept",
    synced: "By a password manager, on several devices",
    oneDevice: "On one device",
    rename: "Rename",
    renameLabel: (name: string) => `Rename the passkey ${name}`,
    newName: "Name of the passkey",
    save: "Save",
    renamed: "The passkey was renamed.",
    delete: "Delete",
    deleteLabel: (name: string) => `Delete the passkey ${name}`,
    deleted: "The passkey was deleted.",
    totpSet: (time: string) => `Set up on ${time}.`,
    totpNone: "Not set up.",
    setUpTotp: "Set up one-time codes",
    removeTotp: "Remove one-time codes",
    totpRemoved: "One-time codes were removed.",
    codesLeft: (count: number, time: string) => `${codes(count)} left, created on ${time}.`,
    codesNone: "You get recovery codes with your first passkey or with one-time codes.",
    codesUsedUp: "You have no recovery codes left. Create new ones.",
    newCodes: "Create new recovery codes",
  },

  questions: {
    delete: {
      title: (name: string) => `Delete the passkey ${name}?`,
      consequences: [
        "You cannot sign in with this passkey any more. Your sessions continue.",
        "The passkey may remain on your device or in your password manager. You can delete it there too.",
      ],
      confirm: "Delete passkey",
    },
    last: "This is your last passkey, and you have no one-time codes. After that, you sign in without a second step, and your recovery codes are deleted.",
    removeTotp: {
      title: "Remove one-time codes?",
      consequences: ["The codes of your app are not accepted any more. You can delete the entry of this service in the app."],
      last: "You have no passkey. After that, you sign in without a second step, and your recovery codes are deleted.",
      confirm: "Remove codes",
    },
    newCodes: {
      title: "Create new recovery codes?",
      consequences: ["The earlier recovery codes are not accepted any more."],
      confirm: "Create codes",
    },
    removePassword: {
      title: "Remove the password?",
      consequences: [
        "You then sign in with a passkey only. Make sure that you also have a passkey on another device, or recovery codes and an e‑mail address.",
        "With a link from “Forgot your password?” you can set a password again.",
      ],
      confirm: "Remove password",
    },
  },

  review: {
    title: "Check your passkeys",
    lead: "You have set a new password. If someone else had access to your account, that person may have added a passkey, and a new password does not remove it. Delete each passkey that you do not recognise.",
    keep: "Keep these passkeys",
    kept: "Thank you. You can change them at any time.",
  },

  failures: {
    invalid_second_factor: "This code is wrong or was used already. Check it, and try again.",
    invalid_code: "This code is wrong or was used already. Try again with another code.",
    pending_sign_in_expired: "The sign-in has expired. Start again.",
    invalid_passkey: "This passkey was not accepted. Try again.",
    aws_sign_in_required: "Your account signs in with AWS. Sign in with AWS first; the passkey is the second step.",
    too_many_codes: "Too many codes were wrong. Use a passkey, or sign out and sign in again.",
    unknown_passkey: "This passkey does not belong to an account here, or was deleted. Use another way to sign in.",
    passkey_refused: "This passkey was not accepted. Try again, or use another way to sign in.",
    passkey_cancelled: "No passkey was used. Try again, or use another way.",
    passkey_exists: "This device or password manager already has a passkey for your account. To add another one, choose another device.",
    passkey_unsupported: "This browser or device cannot use passkeys for this service. Use another way.",
    passkey_address: "Passkeys do not work at this address. Open the service at its usual address.",
    passkey_failed: "The browser could not use the passkey. Try again.",
    too_many_passkeys: "Your account cannot have more passkeys. Delete one first.",
    passkey_not_found: "This passkey was deleted already. Load the page again.",
    last_sign_in_method: "This is your only way to sign in. Add another one first.",
    factor_required: "This service demands a passkey or one-time codes. Add another passkey or set up one-time codes first.",
    totp_exists: "One-time codes are set up already. To set them up again, remove them first.",
    totp_unavailable: "This service offers no one-time codes. Add a passkey.",
    factor_exists: "Your account has a passkey or one-time codes already. Start again.",
    no_factor: "Add a passkey or set up one-time codes first.",
    factor_required_for_step_up: "Confirm with a passkey or a code.",
    not_confirmed: "This change needs your confirmation. Try again.",
    invalid_name: "The name must have 1 to 64 characters, without invisible ones.",
  },
};

export type FactorTexts = typeof factors;
