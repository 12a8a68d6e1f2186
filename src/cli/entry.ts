/** Finds the command, loads only that one, and turns whatever goes wrong into a sentence and an exit code. */
import { Command, CommanderError } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { BothsidesError, EXIT } from '../domain/errors.ts';
import { printError } from './output.ts';

interface Entry {
  readonly description: string;
  /** Loads the module and adds its command; null: not built yet. */
  readonly load: (() => Promise<(program: Command) => void>) | null;
}

const COMMANDS: Readonly<Record<string, Entry>> = {
  trade: {
    description: 'make markets: against the embedded exchange unless told otherwise',
    load: async () => (await import('./trade.ts')).registerTrade,
  },
  exchange: {
    description: 'serve the embedded exchange over HTTP and WebSocket',
    load: async () => (await import('./exchange.ts')).registerExchange,
  },
  record: {
    description: 'write down what an exchange says, to be replayed',
    load: async () => (await import('./record.ts')).registerRecord,
  },
  config: {
    description: 'show every value in force and where it came from',
    load: async () => (await import('./config.ts')).registerConfig,
  },
  replay: {
    description: 'trade on recordings as fast as this machine can, and show what they came to',
    load: async () => (await import('./replay.ts')).registerReplay,
  },
  accept: {
    description: 'show what does not add up with the exchange; with --yes take its word',
    load: async () => (await import('./accept.ts')).registerAccept,
  },
  status: {
    description: 'whether a trader runs, what it does, and what keeps it from trading',
    load: async () => (await import('./status.ts')).registerStatus,
  },
  inspect: {
    description: 'open a run that is over in the browser, read-only',
    load: async () => (await import('./inspect.ts')).registerInspect,
  },
  why: {
    description: 'why a market is quoted as it is, or why it is not',
    load: async () => (await import('./why.ts')).registerWhy,
  },
  pause: operatorEntry('pause', 'no new quotes until it is resumed'),
  resume: operatorEntry('resume', 'lift a pause or halt, of a trader that runs or of one that is stopped'),
  flatten: operatorEntry('flatten', 'no new quotes, and positions are worked off'),
  'cancel-all': operatorEntry('cancel-all', 'take every order of ours off and stay paused'),
  halt: operatorEntry('halt', 'nothing leaves any more but cancels, also of a trader that hangs'),
  charts: {
    description: 'draw each statechart from the code into machines/README.md',
    load: async () => (await import('./charts.ts')).registerCharts,
  },
  doctor: {
    description: 'look at everything that a start depends on, and say what to do',
    load: async () => (await import('./doctor.ts')).registerDoctor,
  },
  ...Object.fromEntries(
    ['backtest', 'export', 'history', 'markets', 'report', 'scan'].map((name) => [
      name,
      { description: 'not built yet', load: null },
    ]),
  ),
};

function operatorEntry(name: string, description: string): Entry {
  return {
    description,
    load: async () => {
      const { registerOperate } = await import('./operate.ts');
      return (program) => registerOperate(program, name);
    },
  };
}

const BUILT = Object.keys(COMMANDS).filter((name) => COMMANDS[name]!.load !== null);

/** Runs one command line to its end. The process's exit code is set; on a failure the process ends at once. */
export async function run(argv: readonly string[]): Promise<void> {
  // A reader that has seen enough (`| head`) is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.done);
    throw error;
  });
  process.on('uncaughtException', (error) => process.exit(printError(error)));
  try {
    const program = await createProgram(argv[0]);
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) process.exit(reportUsage(error));
    process.exit(printError(error));
  }
}

async function createProgram(wanted: string | undefined): Promise<Command> {
  const program = new Command('bothsides')
    .description(manifest.description)
    .version(manifest.version)
    .exitOverride()
    // What commander has to say about a mistake is said once, in our own form.
    .configureOutput({ outputError: () => undefined });
  for (const [name, entry] of Object.entries(COMMANDS)) {
    if (entry.load !== null && name === wanted) (await entry.load())(program);
    else addPlaceholder(program, name, entry);
  }
  return program;
}

/** A command in the help's list: not loaded because another one was asked for, or not there yet. */
function addPlaceholder(program: Command, name: string, entry: Entry): void {
  program
    .command(name, { hidden: entry.load === null })
    .description(entry.description)
    .allowUnknownOption()
    .allowExcessArguments()
    .helpOption(false)
    .action(() => {
      throw new BothsidesError('NOT_BUILT', `The command ${name} is not built yet.`, {
        remedy: `Built are ${BUILT.join(', ')}.`,
      });
    });
}

function reportUsage(error: CommanderError): number {
  if (error.code === 'commander.helpDisplayed' || error.code === 'commander.version') return EXIT.done;
  if (error.code === 'commander.help') return EXIT.usage;
  const sentence = error.message
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ')
    .trim();
  const capital = sentence.charAt(0).toUpperCase() + sentence.slice(1);
  const ended = /[.?!)]$/.test(capital) ? capital : `${capital}.`;
  return printError(new BothsidesError('USAGE', ended, { remedy: 'See --help.' }));
}
