/** `npm run config`: each value in force and where it came from. */
import type { Command } from 'commander';
import { withEnvFile } from '../settings/credentials.ts';
import { editorSchema, unitOf } from '../settings/keys.ts';
import { formatOrigin } from '../settings/layer.ts';
import { type LoadedSettings, loadSettings } from '../settings/load.ts';
import { parseMode } from '../settings/mode.ts';
import type { Mode, Settings } from '../settings/schema.ts';
import { repeated } from './arguments.ts';
import { alignColumns, note, print, printJson } from './output.ts';

interface ConfigFlags {
  readonly mode: string;
  readonly config?: string;
  readonly set?: readonly string[];
  readonly json?: true;
  readonly schema?: true;
}

export function registerConfig(program: Command): void {
  program
    .command('config')
    .description('show every value in force and where it came from')
    .option('--mode <mode>', 'sim, replay, paper, demo or live', 'sim')
    .option('--config <file>', 'a file of overrides, or a shipped profile: conservative, aggressive, s2')
    .option('--set <key=value>', 'one override, may be repeated', repeated)
    .option('--json', 'for programs')
    .option('--schema', 'print the JSON Schema of configuration files instead')
    .action((flags: ConfigFlags) => {
      if (flags.schema) {
        print(JSON.stringify(editorSchema(), null, 2));
        return;
      }
      const mode = parseMode(flags.mode);
      const env = withEnvFile(process.env, process.cwd());
      const loaded = loadSettings({ mode, configPath: flags.config, sets: flags.set, env });
      if (flags.json) printJson(describeAsJson(mode, loaded));
      else {
        print(describeAsTable(loaded));
        for (const warning of loaded.warnings) note(warning);
      }
    });
}

function valueAt(settings: Settings, key: string): unknown {
  return key.split('.').reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], settings);
}

function describeAsJson(mode: Mode, { settings, origins, warnings }: LoadedSettings): object {
  const values = [...origins].map(([key, { source, line }]) => ({ key, value: valueAt(settings, key), source, line }));
  return { mode, values, warnings };
}

function describeAsTable({ settings, origins }: LoadedSettings): string {
  const rows = [...origins].map(([key, origin]) => {
    const value = valueAt(settings, key);
    const text = typeof value === 'string' && value !== '' ? value : JSON.stringify(value);
    return [key, text, unitOf(key.slice(key.lastIndexOf('.') + 1)), formatOrigin(origin)];
  });
  return alignColumns([['key', 'value', 'unit', 'from'], ...rows]);
}
