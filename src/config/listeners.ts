/** `listeners`, `advertised.listeners` and the protocol map, as Kafka writes them. */
import { listElements } from './keys';

export interface ListenerConfig {
  readonly name: string;
  readonly securityProtocol: string;
  /** '' binds every address. */
  readonly host: string;
  readonly port: number;
}

export interface ParsedListeners {
  readonly listeners: readonly ListenerConfig[];
  readonly advertised: readonly ListenerConfig[] | null;
  readonly problems: readonly string[];
}

const listenerPattern = /^([A-Za-z0-9_]+):\/\/(?:\[([0-9a-fA-F:.]+)\]|([^[\]:]*)):(-?\d+)$/;

/** `value` answers any broker key. Controller listeners are accepted and left out: metadata travels with the data. */
export function parseListeners(value: (key: string) => string | null): ParsedListeners {
  const problems: string[] = [];
  const protocols = new Map<string, string>();
  for (const pair of listElements(value('listener.security.protocol.map') ?? '')) {
    const [name, protocol] = pair.split(':');
    if (name !== undefined && protocol !== undefined)
      protocols.set(name.toUpperCase(), protocol.toUpperCase());
  }
  const controllers = new Set(
    listElements(value('controller.listener.names') ?? '').map((name) => name.toUpperCase()),
  );
  const parse = (key: string): ListenerConfig[] => {
    const parsed: ListenerConfig[] = [];
    for (const text of listElements(value(key) ?? '')) {
      const match = listenerPattern.exec(text);
      const port = Number(match?.[4]);
      if (match === null || port < 0 || port > 65_535) {
        problems.push(
          `Invalid value ${text} for configuration ${key}: expected NAME://host:port with a port from 0 to 65535`,
        );
        continue;
      }
      const name = match[1]!.toUpperCase();
      if (controllers.has(name)) continue;
      const securityProtocol = protocols.get(name) ?? name;
      if (securityProtocol !== 'PLAINTEXT') {
        problems.push(
          `Invalid value ${text} for configuration ${key}: security protocol ${securityProtocol} is not served, only PLAINTEXT`,
        );
        continue;
      }
      if (parsed.some((other) => other.name === name)) {
        problems.push(`Invalid value ${text} for configuration ${key}: listener name ${name} stands twice`);
        continue;
      }
      parsed.push({ name, securityProtocol, host: match[2] ?? match[3]!, port });
    }
    return parsed;
  };
  const listeners = parse('listeners');
  const advertised = value('advertised.listeners') === null ? null : parse('advertised.listeners');
  for (const { name, host, port } of advertised ?? []) {
    if (host !== '0.0.0.0' && host !== '::') continue;
    problems.push(
      `Invalid value ${name}://${host}:${port} for configuration advertised.listeners: clients cannot reach an any-address`,
    );
  }
  if (listeners.length === 0 && problems.length === 0)
    problems.push('listeners: no listener for clients is named');
  return { listeners, advertised, problems };
}
