/** Where a value came from. */
export type Source =
  | { readonly kind: 'default' }
  /** A default that this machine decides. */
  | { readonly kind: 'host' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'environment'; readonly variable: string }
  | { readonly kind: 'flag'; readonly flag: string };

/** A value as somebody wrote it, before its text is read and its rule checked. */
export interface Written {
  readonly value: unknown;
  readonly source: Source;
}

/** As it stands in errors and in the output of `faasbatch config`. */
export function describeSource(source: Source): string {
  switch (source.kind) {
    case 'default':
      return 'default';
    case 'host':
      return 'default on this machine';
    case 'file':
      return source.path;
    case 'environment':
      return source.variable;
    case 'flag':
      return source.flag;
  }
}
