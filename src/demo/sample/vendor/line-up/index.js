// Pads the cells of rows so that their columns line up; the last column is left as it is.
export const lineUp = rows => {
  const widths = []
  for (const row of rows) row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, cell.length)))
  return rows.map(row => row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at]))).join('  '))
}
