/** Rows of cells as aligned columns of text: words to the left, figures to the right. */
import { textWidth } from '../domain/text-width.ts'

/** Cells are one line each and cleaned. `right` are the columns of figures. */
export const alignColumns = (rows: readonly (readonly string[])[], right: readonly number[] = []): string[] => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => textWidth(row[column] ?? ''))))
  return rows.map(row =>
    row
      .map((cell, column) => {
        const fill = ' '.repeat(widths[column]! - textWidth(cell))
        return right.includes(column) ? fill + cell : cell + fill
      })
      .join('  ')
      .trimEnd(),
  )
}
