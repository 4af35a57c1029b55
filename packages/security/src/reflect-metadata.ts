/**
 * The certificate library's container asks for three functions of the abandoned Reflect.metadata proposal when it is
 * loaded. Here they are, instead of another dependency: metadata per target, without inheritance, which it does not use.
 */
const metadata = new WeakMap<object, Map<unknown, unknown>>();

const read = (key: unknown, target: object) => metadata.get(target)?.get(key);

if (!('getMetadata' in Reflect)) {
  Object.assign(Reflect, {
    getMetadata: read,
    getOwnMetadata: read,
    defineMetadata(key: unknown, value: unknown, target: object) {
      const own = metadata.get(target) ?? new Map<unknown, unknown>();
      metadata.set(target, own.set(key, value));
    },
  });
}
