// The actions that the console offers to an administrator. The service decides; the console only hides actions that would be refused.
import type { User } from "../api.ts";
import type { AdminUser, Role } from "./contract.ts";

export const ROLES: readonly Role[] = ["user", "admin", "super_admin"];

export const isAdministrator = ({ role }: { role: Role }): boolean => role !== "user";

/** Whether OAuth clients may be registered and changed. All administrators see them. */
export const canManageClients = ({ role }: User): boolean => role === "super_admin";

export interface Permissions {
  /** Whether the user may be changed at all. */
  canManage: boolean;
  /** Whether role and state may be changed, and the user erased. */
  canRemove: boolean;
  canChangeRole: boolean;
  /** Whether the e-mail address may be changed, and the password reset. Administrators do that on the account page for themselves. */
  canChangeCredentials: boolean;
  /** Whether profile and role come from a directory. */
  isManagedElsewhere: boolean;
  isSelf: boolean;
}

export function permissions(actor: User, target: AdminUser): Permissions {
  const isSelf = actor.id === target.id;
  const isManagedElsewhere = target.source !== PASSWORD_SOURCE;
  const canManage = actor.role === "super_admin" || target.role === "user";
  return {
    canManage,
    canRemove: canManage && !isSelf,
    canChangeRole: actor.role === "super_admin" && !isSelf && !isManagedElsewhere,
    canChangeCredentials: canManage && !isSelf && !isManagedElsewhere,
    isManagedElsewhere,
    isSelf,
  };
}

/** The source of users with a password of this service. All others come from a directory. */
export const PASSWORD_SOURCE = "password";
