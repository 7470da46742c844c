// What the same costs but for the hash. Nobody should run this.
import { signIn } from "./sign_in.mjs";

export default signIn((password, stored) => password === stored);
