/** What the words of a configured command may leave open: `{{port:web}}` and `{{tmp}}`, filled for each seat. */

const place = /\{\{(?:port:([a-z][a-z0-9-]*)|tmp)\}\}/g

/** Names of the ports that words ask for. */
export const portsAskedFor = (words: readonly string[]): string[] =>
  words.flatMap(word => [...word.matchAll(place)].flatMap(([, port]) => (port === undefined ? [] : [port])))

/** A text without its places, for whoever looks for what only a shell understands. */
export const withoutPlaces = (text: string): string => text.replace(place, '')

/** Fills each place once. A port that is not given is left as it stands: the configuration has refused it before. */
export const fillPlaces = (
  words: readonly string[],
  { tmp, ports }: { tmp: string; ports: ReadonlyMap<string, number> },
): string[] =>
  words.map(word =>
    word.replace(place, (whole, port?: string) => (port === undefined ? tmp : String(ports.get(port) ?? whole))),
  )
