package ui

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// A Table lists things, one a row. On a terminal it has a header and aligned
// columns, and times are ages. In a pipe it has no header, a TAB between full
// values, and times in RFC 3339.
//
// A terminal that is too narrow for a line per row gets, in this order: no column
// without a value, URLs shortened in the middle, text broken between words, and
// at last several lines per row with all values in full. The first column, which
// names the row, and a [Command] are never shortened or broken.
type Table struct {
	// Now is what ages are counted from; zero means the time of Write.
	Now time.Time

	header []string
	rows   [][]any
}

// A Command is a cell that the user may copy and run.
type Command string

// NewTable returns an empty table with the given column titles.
func NewTable(header ...string) *Table { return &Table{header: header} }

// Row adds a row. A cell is a [time.Time], a [Command], or anything that
// fmt.Sprint prints; nil is empty. Missing cells are empty. Text is cleaned when
// it is written.
func (t *Table) Row(cells ...any) { t.rows = append(t.rows, cells) }

// Len returns the number of rows.
func (t *Table) Len() int { return len(t.rows) }

// Write writes the table to w, in one write, for a terminal with that many
// columns; 0 means for a pipe. A table without rows writes nothing.
func (t *Table) Write(w io.Writer, columns int) error {
	if len(t.rows) == 0 {
		return nil
	}
	var out string
	if columns > 0 {
		var err error
		if out, err = t.layout(columns); err != nil {
			return fmt.Errorf("rendering a table: %w", err)
		}
	} else {
		for _, row := range t.texts(text) {
			out += strings.Join(row, "\t") + "\n"
		}
	}
	_, err := io.WriteString(w, out)
	return wrote("a table", err)
}

// WriteNames writes the first cell of each row, its name, one on a line, in one
// write.
func (t *Table) WriteNames(w io.Writer) error {
	var out strings.Builder
	for _, row := range t.rows {
		out.WriteString(text(row[0]) + "\n")
	}
	_, err := io.WriteString(w, out.String())
	return wrote("names", err)
}

// texts returns the cells of all rows as format writes them, one for each column.
func (t *Table) texts(format func(any) string) [][]string {
	columns := len(t.header)
	for _, row := range t.rows {
		columns = max(columns, len(row))
	}
	texts := make([][]string, len(t.rows))
	for i, row := range t.rows {
		texts[i] = make([]string, columns)
		for j, cell := range row {
			texts[i][j] = format(cell)
		}
	}
	return texts
}

// layout returns the table for a terminal.
func (t *Table) layout(columns int) (string, error) {
	now := cmp.Or(t.Now, time.Now())
	cells := t.texts(func(cell any) string {
		if moment, ok := cell.(time.Time); ok {
			return Age(moment, now)
		}
		return shown(cell)
	})
	all := make([]column, len(cells[0]))
	for j := range all {
		if j < len(t.header) {
			all[j].title = Clean(t.header[j], 0)
		}
		all[j].whole = j == 0
		for i, row := range cells {
			all[j].cells = append(all[j].cells, row[j])
			if j < len(t.rows[i]) {
				_, command := t.rows[i][j].(Command)
				all[j].whole = all[j].whole || command
			}
		}
		all[j].measure()
	}
	if rowWidth(all) > columns {
		all = slices.DeleteFunc(all, column.isEmpty)
	}
	lines := [][]column{all}
	if !shrink(all, columns) {
		lines = fold(all, columns)
	}
	return render(lines)
}

// text returns a value as clean text: a time in full, nil as nothing.
func text(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case time.Time:
		return Time(v)
	}
	return Clean(fmt.Sprint(value), 0)
}

// shown returns a value as clean text for a terminal, capped.
func shown(value any) string { return Clean(text(value), maxShown) }
