package ui

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// A Table lists things, one a row. On a terminal it has a header and aligned
// columns, and times are ages; in a pipe it has no header, TAB between full
// values, and times are RFC 3339. No cell is ever cut: what is long and must
// be copied whole belongs into [Fields].
type Table struct {
	// Now is what ages are counted from; zero means the time of Write.
	Now time.Time

	header []string
	rows   [][]any
	paint  map[int]func(string) string
}

// NewTable returns an empty table with the given column titles.
func NewTable(header ...string) *Table { return &Table{header: header} }

// Row adds a row. A cell is a [time.Time], or anything that fmt.Sprint shows;
// nil is empty. Missing cells are empty. Text is cleaned when it is written.
func (t *Table) Row(cells ...any) { t.rows = append(t.rows, cells) }

// Len returns the number of rows.
func (t *Table) Len() int { return len(t.rows) }

// PaintColumn sets how the cells of a column, counted from zero, are coloured
// on a terminal. The function gets a cell's clean text.
func (t *Table) PaintColumn(column int, paint func(string) string) {
	if t.paint == nil {
		t.paint = make(map[int]func(string) string)
	}
	t.paint[column] = paint
}

// Write writes the table to w, in one write, as for a terminal or as for a
// pipe. A table without rows writes nothing.
func (t *Table) Write(w io.Writer, tty bool) error {
	if len(t.rows) == 0 {
		return nil
	}
	var out []byte
	if tty {
		var err error
		if out, err = t.render(); err != nil {
			return fmt.Errorf("rendering a table: %w", err)
		}
	} else {
		for _, row := range t.rows {
			out = append(out, strings.Join(t.texts(row, false), "\t")+"\n"...)
		}
	}
	if _, err := w.Write(out); err != nil {
		return fmt.Errorf("writing a table: %w", err)
	}
	return nil
}

// WriteNames writes the first cell of each row, which names it, on a line of its
// own, in one write.
func (t *Table) WriteNames(w io.Writer) error {
	var out []byte
	for _, row := range t.rows {
		out = append(out, text(row[0])+"\n"...)
	}
	if _, err := w.Write(out); err != nil {
		return fmt.Errorf("writing names: %w", err)
	}
	return nil
}

// texts returns the clean cells of one row, one for each column.
func (t *Table) texts(row []any, tty bool) []string {
	now := t.Now
	if now.IsZero() {
		now = time.Now()
	}
	columns := len(t.header)
	for _, row := range t.rows {
		columns = max(columns, len(row))
	}
	texts := make([]string, columns)
	for i, cell := range row {
		switch {
		case isTime(cell) && tty:
			texts[i] = Age(cell.(time.Time), now)
		default:
			texts[i] = text(cell)
		}
		if paint := t.paint[i]; paint != nil && tty {
			texts[i] = paint(texts[i])
		}
	}
	return texts
}

// render lays the table out. It goes to a buffer because tablewriter swallows
// the errors of a writer.
func (t *Table) render() ([]byte, error) {
	var buf bytes.Buffer
	gap := tw.CellPadding{Global: tw.Padding{Right: "  ", Overwrite: true}}
	left := tw.CellAlignment{Global: tw.AlignLeft}
	table := tablewriter.NewTable(&buf,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders:  tw.BorderNone,
			Symbols:  tw.NewSymbols(tw.StyleNone),
			Settings: tw.Settings{Lines: tw.LinesNone, Separators: tw.SeparatorsNone},
		})),
		tablewriter.WithHeaderConfig(tw.CellConfig{Padding: gap, Alignment: left}),
		tablewriter.WithRowConfig(tw.CellConfig{Padding: gap, Alignment: left}),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
	)
	table.Header(t.titles())
	for _, row := range t.rows {
		if err := table.Append(t.texts(row, true)); err != nil {
			return nil, err
		}
	}
	if err := table.Render(); err != nil {
		return nil, err
	}
	return trimLines(buf.Bytes()), nil
}

// titles returns the clean header.
func (t *Table) titles() []string {
	titles := make([]string, len(t.header))
	for i, title := range t.header {
		titles[i] = Clean(title, 0)
	}
	return titles
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

func isTime(value any) bool {
	_, ok := value.(time.Time)
	return ok
}

// trimLines removes the blanks that padding leaves at line ends.
func trimLines(data []byte) []byte {
	var out []byte
	for line := range bytes.Lines(data) {
		out = append(out, bytes.TrimRight(line, " \n")...)
		out = append(out, '\n')
	}
	return out
}
