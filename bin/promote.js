#!/usr/bin/env node
// The command `promote`: a person moves main. Plain JavaScript of an old kind, so that an old Node can say what it lacks.
import { start } from './start.js'

start('promote', import.meta.url, ['../tools/promote.ts', '../dist/tools/promote.js'])
