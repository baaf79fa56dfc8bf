#!/usr/bin/env node
/** Entry of the command line. See README, "Command line", for the commands and their JSON. */
import { runCli } from './run-cli.ts';

process.exitCode = await runCli(process.argv.slice(2));
