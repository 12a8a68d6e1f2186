/** What survives JSON unchanged: the only thing that is stored, or held in a machine's context. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
