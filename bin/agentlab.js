#!/usr/bin/env node
// The command `agentlab`. Plain JavaScript of an old kind, so that an old Node can say what it lacks.
import { start } from './start.js'

start('agentlab', import.meta.url, ['../dist/cli/main.js', '../src/cli/main.ts'])
