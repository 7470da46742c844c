interface ImportMetaEnv {
  /** The origin of Edge Auth. */
  readonly VITE_EDGE_AUTH_URL?: string;
}
