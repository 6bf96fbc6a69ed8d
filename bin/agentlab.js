#!/usr/bin/env node
// From a checkout it runs the sources; an installed package has only the built program.
// The command `agentlab`. Plain JavaScript of an old kind, so that an old Node can say what it lacks.
import { start } from './start.js'

start('agentlab', import.meta.url, ['../src/cli/main.ts', '../dist/cli/main.js'])
