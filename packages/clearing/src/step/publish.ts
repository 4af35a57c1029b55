export interface Publisher {
  execute: unknown;
}
