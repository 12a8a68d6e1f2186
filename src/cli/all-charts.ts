/** Every chart that a trader runs. */
import { boot } from '../../machines/boot.ts';
import { marketFeed } from '../../machines/market-feed.ts';
import { marketSession } from '../../machines/market-session.ts';
import { orderGateway } from '../../machines/order-gateway.ts';
import { riskSupervisor } from '../../machines/risk-supervisor.ts';
import { scanner } from '../../machines/scanner.ts';
import { sessionManager } from '../../machines/session-manager.ts';
import { trader } from '../../machines/trader.ts';

export const ALL_CHARTS = [
  boot,
  trader,
  marketFeed,
  scanner,
  sessionManager,
  marketSession,
  orderGateway,
  riskSupervisor,
] as const;
