/** A key as printed beside what it does. */
export function KeyHint({ keys }: { readonly keys: string }) {
  return <kbd>{keys}</kbd>;
}
