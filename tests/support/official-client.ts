/**
 * The official TypeScript client for one account, all its doors together. Each of its objects gets an axios of its own: they
 * hang their signing on the one they are given, and the first would sign for all.
 */
import { createRequire } from 'node:module';
import * as kalshi from 'kalshi-typescript';
import type { TraderKey } from './served-exchange.ts';

type Axios = NonNullable<ConstructorParameters<typeof kalshi.OrdersApi>[2]>;
const axios = createRequire(createRequire(import.meta.url).resolve('kalshi-typescript'))('axios') as {
  create(): Axios;
};

/** Names of methods as "portfolio.getFills"; what a client was asked successfully is added. */
export type Answered = Set<string>;

export function officialClient(restUrl: string, { keyId, privateKeyPem }: TraderKey, answered: Answered = new Set()) {
  const configuration = new kalshi.Configuration({ basePath: restUrl, apiKey: keyId, privateKeyPem });
  function open<T extends object>(
    door: string,
    Api: new (configuration: kalshi.Configuration, basePath: undefined, axios: Axios) => T,
  ): T {
    const api = new Api(configuration, undefined, axios.create());
    return new Proxy(api, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]) => {
          const answer: unknown = await value.apply(target, args);
          answered.add(`${door}.${String(name)}`);
          return answer;
        };
      },
    });
  }
  return {
    account: open('account', kalshi.AccountApi),
    communications: open('communications', kalshi.CommunicationsApi),
    events: open('events', kalshi.EventsApi),
    exchange: open('exchange', kalshi.ExchangeApi),
    fcm: open('fcm', kalshi.FcmApi),
    groups: open('groups', kalshi.OrderGroupsApi),
    historical: open('historical', kalshi.HistoricalApi),
    incentives: open('incentives', kalshi.IncentiveProgramsApi),
    keys: open('keys', kalshi.ApiKeysApi),
    liveData: open('liveData', kalshi.LiveDataApi),
    markets: open('markets', kalshi.MarketApi),
    milestones: open('milestones', kalshi.MilestoneApi),
    multivariate: open('multivariate', kalshi.MultivariateApi),
    orders: open('orders', kalshi.OrdersApi),
    portfolio: open('portfolio', kalshi.PortfolioApi),
    search: open('search', kalshi.SearchApi),
    targets: open('targets', kalshi.StructuredTargetsApi),
  };
}
export type OfficialClient = ReturnType<typeof officialClient>;

/** Every method that the client has, as "portfolio.getFills". */
export function allMethods(client: OfficialClient): string[] {
  return Object.entries(client).flatMap(([door, api]) =>
    Object.getOwnPropertyNames(Object.getPrototypeOf(api))
      .filter((name) => name !== 'constructor')
      .map((name) => `${door}.${name}`),
  );
}

/** What the venue refused: status and code, from wherever in the body the code stands. Throws if it did not. */
export async function refusal(call: Promise<unknown>): Promise<[status: number, code: string]> {
  const error = await call.then(
    () => {
      throw new Error('it was not refused');
    },
    (reason: { response?: { status: number; data: { code?: string; error?: { code: string } } } }) => reason,
  );
  if (error.response === undefined) throw error;
  const { status, data } = error.response;
  return [status, data.error?.code ?? data.code ?? ''];
}
