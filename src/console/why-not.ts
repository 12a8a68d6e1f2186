/** Why a market is not quoted: every reason that holds now, by its code, in a sentence with its numbers. Pure. */
import type { WhyFacts, WhySession } from '../runtime/why.ts';
import type { Reason } from './why-words.ts';
import { dollars, reason, told } from './why-words.ts';

/** From the outside in: risk, the scanner, the session, the gateway. Empty where nothing stands against quoting. */
export function whyNot(facts: WhyFacts): Reason[] {
  const found = [...byRisk(facts), ...byScanner(facts), ...bySession(facts), ...byGateway(facts)];
  if (found.length === 0 && facts.session === null)
    found.push(
      facts.sessionsNow >= facts.settings.session.concurrentMax
        ? reason('full', `All ${facts.settings.session.concurrentMax} sessions are in use: it waits for a place.`, {
            sessions: facts.sessionsNow,
            sessionsMax: facts.settings.session.concurrentMax,
          })
        : reason(
            'waiting',
            'Nothing stands against it: its session begins with the next sweep, or after the rest that follows one.',
            {
              restSeconds: facts.settings.session.restMs / 1000,
            },
          ),
    );
  return found;
}

function byRisk({ risk }: WhyFacts): Reason[] {
  const found: Reason[] = [];
  const bars = risk.bars.length === 0 ? '' : ` (${risk.bars.map(told).join('; ')})`;
  if (risk.mode === 'halted') found.push(reason('halted', `Trading is halted${bars}: nothing leaves but cancels.`));
  if (risk.mode === 'paused') found.push(reason('paused', `Trading is paused${bars}: nothing new is quoted.`));
  if (risk.mode === 'reducing')
    found.push(reason('reducing', `Only positions are reduced${bars}: nothing new is quoted.`));
  if (risk.isGuarded)
    found.push(reason('crashLoop', 'Starts on this folder died one after the other: this one only takes orders back.'));
  if (risk.marketBar !== null) {
    const what = risk.marketBar.action === 'reduce' ? 'Flattened' : 'Paused';
    found.push(
      reason('operator', `${what} by ${told(risk.marketBar.by)}, this market alone, until it is resumed by name.`),
    );
  }
  if (!risk.isAwake)
    found.push(reason('asleep', 'The process has just slept: what stood is taken back before anything new leaves.'));
  else if (risk.permission !== 'open' && risk.mode !== 'halted')
    found.push(
      reason(
        'permission',
        risk.permission === 'closed'
          ? 'The gateway is closed: the stream of the exchange is not live yet, or everything is being taken back for the end.'
          : 'The gateway lets nothing out but cancels.',
        { permission: risk.permission },
      ),
    );
  return found;
}

/** Sentences of the scanner's codes. */
function byScanner(facts: WhyFacts): Reason[] {
  const { scanned, listed, session, settings } = facts;
  if (session !== null) return [];
  if (listed === null) return [reason('unknownMarket', 'The exchange lists no open market of this name.')];
  if (scanned === null) return [];
  const { discovery, risk } = settings;
  const hours = (listed.closeMs - facts.nowMs) / 3_600_000;
  const spread = listed.bidCents === null || listed.askCents === null ? null : listed.askCents - listed.bidCents;
  const mid = listed.bidCents === null || listed.askCents === null ? null : (listed.askCents + listed.bidCents) / 2;
  const window = discovery.timeWindows[listed.category.toLowerCase()] ?? discovery.timeWindows.default!;
  const say = (sentence: string, numbers: Reason['numbers'] = {}) => [reason(scanned, sentence, numbers)];
  switch (scanned) {
    case 'notListed':
      return say('`discovery.markets` names other markets.');
    case 'notBinary':
      return say('It is no binary market.');
    case 'notActive':
      return say(`The exchange says it is ${told(listed.status)}.`);
    case 'closed':
    case 'ended':
      return say('Its trading is over.');
    case 'tooYoung':
      return say(`It has been open for ${round(listed.ageSeconds)} s; ${discovery.ageSecondsMin} s are asked for.`, {
        ageSeconds: round(listed.ageSeconds),
        ageSecondsMin: discovery.ageSecondsMin,
      });
    case 'closesTooSoon':
      return say(
        `It closes in ${round(hours)} h: at least ${window.hoursMin} h are asked for, and no quote is held in the last ${settings.session.closeDangerMs / 1000} s.`,
        {
          hoursToClose: round(hours),
          hoursMin: window.hoursMin,
        },
      );
    case 'closesTooLate':
      return say(`It closes in ${round(hours)} h; at most ${window.hoursMax} h are wanted.`, {
        hoursToClose: round(hours),
        hoursMax: window.hoursMax,
      });
    case 'categoryExcluded':
      return say(`Its category ${told(listed.category)} is excluded.`);
    case 'lowVolume':
      return say(
        `${round(listed.volume24hContracts)} contracts were traded in 24 h; ${discovery.volume24hContractsMin} are asked for.`,
        {
          volume24hContracts: round(listed.volume24hContracts),
          volume24hContractsMin: discovery.volume24hContractsMin,
        },
      );
    case 'noTouch':
      return say('A side of its book is empty: there is no bid or no ask to quote around.');
    case 'extreme':
      return say(`Its mid is ${cents(mid)}, outside ${discovery.midCentsMin}–${discovery.midCentsMax} ¢.`, {
        midCents: mid,
        midCentsMin: discovery.midCentsMin,
        midCentsMax: discovery.midCentsMax,
      });
    case 'wideSpread':
      return say(`Its spread is ${cents(spread)}; at most ${discovery.spreadCentsMax} ¢ are taken.`, {
        spreadCents: spread,
        spreadCentsMax: discovery.spreadCentsMax,
      });
    case 'notInTop':
      return say(`Others scored better: the best ${discovery.topMarkets} are watched.`, {
        topMarkets: discovery.topMarkets,
      });
    case 'operator':
    case 'riskMode':
      return [];
    case 'entriesPerHour':
      return say(`${risk.entriesPerHourMax} sessions began within the hour, and no more may.`, {
        entriesPerHourMax: risk.entriesPerHourMax,
      });
    case 'balance':
      return say(
        `The balance is below what new sessions need: ${risk.balanceDollarsMin} $ or ${risk.balanceShareMin * 100} % of equity.`,
        {
          balanceDollarsMin: risk.balanceDollarsMin,
          balanceShareMin: risk.balanceShareMin,
        },
      );
    case 'restingValue':
      return say(`Open orders hold more than ${risk.restingDollarsMax} $: no session begins until they hold less.`, {
        restingDollarsMax: risk.restingDollarsMax,
      });
    default:
      return say(`The scanner says ${told(scanned)}.`);
  }
}

function bySession({ session, signals, settings, nowMs }: WhyFacts): Reason[] {
  if (session === null) return [];
  const { states, believes } = session;
  const is = (state: string) => states.includes(state);
  const numbers = { session: session.session, sinceSeconds: round((nowMs - session.sinceMs) / 1000) };
  const ends = believes?.reason == null ? '' : `, for ${told(believes.reason)}`;
  if (is('warmup.awaitingBook'))
    return [reason('awaitingBook', 'Its session waits for a book that is in sync.', numbers)];
  if (is('warmup.awaitingRegime')) {
    const { regime = 'UNKNOWN', stableWindows = 0, observations = 0 } = signals ?? {};
    const allowed = settings.regimes.allowed.join(' or ');
    return [
      reason(
        'awaitingRegime',
        `Its session waits for regime ${allowed} through ${settings.session.stableWindows} windows on ${settings.session.minObservations} observations; it is ${regime} since ${stableWindows}, on ${observations}.`,
        {
          ...numbers,
          regime,
          stableWindows,
          stableWindowsMin: settings.session.stableWindows,
          observations,
          observationsMin: settings.session.minObservations,
        },
      ),
    ];
  }
  if (is('warmup.delaying') && believes !== null) {
    const leftSeconds = round(Math.max(0, believes.readyAtMs + believes.startDelayMs - nowMs) / 1000);
    return [
      reason('delaying', `Its session begins to quote in ${leftSeconds} s, if the regime stays.`, {
        ...numbers,
        leftSeconds,
      }),
    ];
  }
  if (is('warmup')) return [reason('warmup', 'Its session warms up.', numbers)];
  if (is('quoting.flow.frozen')) return frozen(session, settings.regimes.ageMsMax, numbers);
  if (is('softExit'))
    return [
      reason('softExit', `Its session is on its way out${ends}: it only reduces its position.`, {
        ...numbers,
        why: believes?.reason ?? null,
      }),
    ];
  if (is('killed'))
    return [
      reason(
        'killed',
        `Its session was ended at once${ends}: everything is off the book, and the position is crossed or carried.`,
        { ...numbers, why: believes?.reason ?? null },
      ),
    ];
  if (is('quoting')) return [];
  return [reason('opening', 'Its session is being opened.', numbers)];
}

/** Each of what takes quotes off and may come back. */
function frozen({ believes }: WhySession, regimeAgeMsMax: number, numbers: Reason['numbers']): Reason[] {
  if (believes === null) return [reason('frozen', 'Its quotes are frozen.', numbers)];
  const found: Reason[] = [];
  const add = (holds: boolean, code: string, sentence: string) =>
    void (holds && found.push(reason(code, sentence, numbers)));
  add(!believes.bookSynced, 'bookVoid', 'Frozen: the book has a hole and waits for its next snapshot.');
  add(!believes.dataCurrent, 'dataStale', 'Frozen: the data is not current.');
  add(
    !believes.regimeSeen,
    'regimeUnseen',
    'Frozen: since this process began no window of an allowed regime was seen here.',
  );
  add(
    believes.regimeSeen && !believes.regimeFresh,
    'regimeOld',
    `Frozen: the regime was last known more than ${regimeAgeMsMax / 1000} s ago.`,
  );
  add(!believes.tradesHeard, 'tradesSilent', 'Frozen: nothing has traded here for too long.');
  add(!believes.spreadCalm, 'spreadShock', 'Frozen: the spread is far above its median.');
  add(
    !believes.certain,
    'orderUnknown',
    'Frozen: what became of an order here is not known, and nothing new is sent beside it.',
  );
  return found.length > 0 ? found : [reason('thawing', 'Frozen a moment ago; nothing holds it any more.', numbers)];
}

function byGateway({ session, isUncertain, hindrance, isCongested, risk }: WhyFacts): Reason[] {
  if (session === null || !session.states.includes('quoting.flow.live')) return [];
  const found: Reason[] = [];
  if (isUncertain)
    found.push(reason('orderUnknown', 'What became of an order here is not known: nothing new is sent beside it.'));
  if (hindrance === 'orderGroupTriggered')
    found.push(reason(hindrance, 'The order group of its shard was triggered: nothing is quoted there for a while.'));
  else if (hindrance !== null)
    found.push(reason(hindrance, 'No order group stands on its shard yet: nothing is quoted there without one.'));
  if (isCongested)
    found.push(reason('congested', 'The rate budget is short: no new quote starts until tokens are there again.'));
  if (risk.denial !== null) {
    const { side, reason: code, value, limit } = risk.denial;
    const sentence = DENIALS[code]?.(dollars(value), dollars(limit), value, limit) ?? `Risk denied it: ${told(code)}.`;
    found.push(reason(`denied.${code}`, `${side === 'bid' ? 'Bid' : 'Ask'}: ${sentence}`, { value, limit }));
  }
  return found;
}

type Denied = (value: string, limit: string, count: number, countMax: number) => string;
const DENIALS: Readonly<Record<string, Denied>> = {
  mode: () => 'the risk mode lets nothing new be quoted.',
  unknownMarket: () => 'risk does not know what this market belongs to.',
  reducingOnly: () => 'it would add to orders that only reduce.',
  orderSize: (value, limit) => `the order could lose ${value}; one may lose ${limit}.`,
  market: (value, limit) => `the market could lose ${value} with it; ${limit} are allowed.`,
  category: (value, limit) => `its category could lose ${value} with it; ${limit} are allowed.`,
  group: (value, limit) => `the markets of its event could lose ${value} together; ${limit} are allowed.`,
  total: (value, limit) => `everything together could lose ${value}; ${limit} are allowed.`,
  resting: (value, limit) => `open orders would hold ${value}; ${limit} are allowed.`,
  openPositions: (_value, _limit, count, countMax) =>
    `there would be ${count} open positions; ${countMax} are allowed.`,
  balance: (value, limit) => `open orders would hold ${value} of ${limit} cash.`,
};

function cents(value: number | null): string {
  return value === null ? 'unknown' : `${round(value)} ¢`;
}
function round(value: number): number {
  return Math.round(value * 100) / 100;
}
