// Rows in the order in which they were first named, each once.

export class RowList {
  /** The first `count` are the list. */
  rows: Int32Array = new Int32Array(0);
  count = 0;
  /** Which rows are in the list: those that bear its number. */
  private marks: Int32Array = new Int32Array(0);
  private mark = 0;

  /** Empties the list and makes room for rows below `rowCount`. */
  reset(rowCount: number): void {
    this.count = 0;
    if (this.mark === 0x7fffffff) {
      this.marks.fill(0);
      this.mark = 0;
    }
    this.mark++;
    this.reserve(rowCount);
  }

  addAll(rows: Int32Array, count: number): void {
    const { marks, mark } = this;
    const list = this.rows;
    let size = this.count;
    for (let i = 0; i < count; i++) {
      const row = rows[i]!;
      if (marks[row] === mark) continue;
      marks[row] = mark;
      list[size++] = row;
    }
    this.count = size;
  }

  /** Makes room for rows below `rowCount`, and keeps the list. */
  reserve(rowCount: number): void {
    if (rowCount <= this.marks.length) return;
    const marks = new Int32Array(rowCount * 2);
    const rows = new Int32Array(rowCount * 2);
    marks.set(this.marks);
    rows.set(this.rows);
    this.marks = marks;
    this.rows = rows;
  }
}
