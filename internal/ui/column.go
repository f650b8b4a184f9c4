package ui

import (
	"slices"
	"strings"
)

const (
	columnGap  = 2  // between two columns
	foldIndent = 4  // of the second and further lines of a row
	minText    = 24 // the least width that text is broken to
	minURL     = 16 // the least width that a URL is shortened to
)

// A column is one column of a table on a terminal.
type column struct {
	title string
	cells []string
	whole bool // its cells are neither shortened nor broken

	width int // to render it with
	full  int // the width of its longest cell, or of its title
	least int // the smallest width that it can have
}

// measure sets the widths.
func (c *column) measure() {
	c.full, c.least = width(c.title), width(c.title)
	for _, cell := range c.cells {
		c.full = max(c.full, width(cell))
		switch {
		case c.whole:
			c.least = max(c.least, width(cell))
		case isURL(cell):
			c.least = max(c.least, min(width(cell), minURL))
		default:
			c.least = max(c.least, min(width(cell), minText))
			for part := range parts(cell) {
				c.least = max(c.least, width(strings.TrimRight(part, " ")))
			}
		}
	}
	c.width = c.full
}

// isEmpty reports whether no row has a value.
func (c column) isEmpty() bool {
	return !slices.ContainsFunc(c.cells, func(cell string) bool { return cell != "" })
}

// lines returns a cell in lines of the column's width. Only a cell that cannot be
// broken is longer.
func (c *column) lines(cell string) []string {
	switch {
	case c.whole || width(cell) <= c.width:
		return []string{cell}
	case isURL(cell) && c.width < c.full:
		return []string{shorten(cell, c.width)}
	}
	return fill(parts(cell), c.width)
}

// rowWidth returns the width of a line with these columns.
func rowWidth(columns []column) int {
	total := -columnGap
	for _, c := range columns {
		total += columnGap + c.width
	}
	return total
}

// shrink makes the columns narrower until a row fits the width, and reports
// whether it can. The widest column gives first.
func shrink(columns []column, width int) bool {
	for excess := rowWidth(columns) - width; excess > 0; excess-- {
		widest := -1
		for i, c := range columns {
			if c.width > c.least && (widest < 0 || c.width > columns[widest].width) {
				widest = i
			}
		}
		if widest < 0 {
			return false
		}
		columns[widest].width--
	}
	return true
}

// fold spreads the columns of a row over as few lines as fit the width, in their
// order. A line ends with a column that is narrowed only when that is text; a
// URL stays whole.
func fold(columns []column, width int) (lines [][]column) {
	var line []column
	room := width
	for _, c := range columns {
		narrow := c.least
		if slices.ContainsFunc(c.cells, isURL) {
			narrow = c.full
		}
		if len(line) > 0 && room < narrow {
			lines, line, room = append(lines, line), nil, width-foldIndent
		}
		c.width = max(min(c.full, room), narrow)
		line = append(line, c)
		room -= c.width + columnGap
	}
	return append(lines, line)
}

// isURL reports whether text is a URL.
func isURL(text string) bool {
	scheme, _, found := strings.Cut(text, "://")
	return found && !strings.ContainsAny(scheme, " /,")
}

// shorten cuts a URL to max characters: first its https://, then the middle, as
// its end tells more URLs of one server apart than its start.
func shorten(url string, max int) string {
	url = strings.TrimPrefix(url, "https://")
	runes := []rune(url)
	if len(runes) <= max {
		return url
	}
	head := (max - 1) / 2
	return string(runes[:head]) + "…" + string(runes[len(runes)-(max-1-head):])
}
