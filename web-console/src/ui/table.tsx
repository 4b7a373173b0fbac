import type { ComponentChildren } from 'preact';

export interface Column<T> {
  title: string;
  cell: (row: T) => ComponentChildren;
  align?: 'end';
  /** Given up first where the screen is narrow. */
  minor?: boolean;
  width?: 'least' | 'wide';
}

export interface TableProps<T> {
  /** What the table is, for those who hear it. */
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  keyOf: (row: T) => string | number;
  onOpen?: (row: T) => void;
  chosen?: string | number | null;
}

/** Rows that open by click, Enter or Space. */
export function Table<T>({ label, columns, rows, keyOf, onOpen, chosen }: TableProps<T>) {
  return (
    <div class="table-place scrolls">
      <table class="table" aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.title} scope="col" class={classOf(column)}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr
              key={keyOf(row)}
              class={onOpen ? 'opens' : undefined}
              tabIndex={onOpen ? 0 : undefined}
              aria-current={chosen === keyOf(row) ? 'true' : undefined}
              onClick={(event) => !fromControl(event) && onOpen?.(row)}
              onKeyDown={(event) => {
                if (event.target !== event.currentTarget || (event.key !== 'Enter' && event.key !== ' ')) return;
                event.preventDefault();
                onOpen?.(row);
              }}
            >
              {columns.map((column) => (
                <td key={column.title} class={classOf(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const classOf = <T,>({ align, minor, width }: Column<T>) => [align, minor && 'minor', width].filter(Boolean).join(' ') || undefined;

// A button within a row does its own thing only.
const fromControl = (event: MouseEvent) => event.target instanceof Element && event.target.closest('button, a, input, select, label') !== null;
