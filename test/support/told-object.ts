/** The same object, which tells of each property that is asked for. */
export function through<Target extends object>(target: Target, onGet: (name: PropertyKey) => void): Target {
  return new Proxy({} as Target, {
    get: (_stand, name) => {
      onGet(name);
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
