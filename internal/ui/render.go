package ui

import (
	"bytes"
	"slices"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// render writes a header and rows with the columns of each line below those of
// the line before.
func render(lines [][]column) (string, error) {
	blocks := make([][]string, 1+len(lines[0][0].cells)) // the header, then each row
	indent := ""
	for _, columns := range lines {
		titles := make([]string, len(columns))
		for j, c := range columns {
			titles[j] = c.title
		}
		grid := [][]string{titles}
		heights := []int{1}
		for i := range columns[0].cells {
			part := gridLines(columns, i)
			grid = append(grid, part...)
			heights = append(heights, len(part))
		}
		text, err := align(grid)
		if err != nil {
			return "", err
		}
		for i, height := range heights {
			for _, line := range text[:height] {
				blocks[i] = append(blocks[i], indent+line)
			}
			text = text[height:]
		}
		indent = strings.Repeat(" ", foldIndent)
	}
	return strings.Join(slices.Concat(blocks...), "\n") + "\n", nil
}

// gridLines returns the cells of one row, broken into the lines that they need;
// nothing when all are empty.
func gridLines(columns []column, row int) [][]string {
	var grid [][]string
	for j, c := range columns {
		if c.cells[row] == "" {
			continue
		}
		for i, line := range c.lines(c.cells[row]) {
			if i == len(grid) {
				grid = append(grid, make([]string, len(columns)))
			}
			grid[i][j] = line
		}
	}
	return grid
}

// align pads the cells of a grid into lines of aligned columns. It uses a buffer
// because tablewriter drops the errors of a writer.
func align(grid [][]string) ([]string, error) {
	var buf bytes.Buffer
	config := tw.CellConfig{
		Padding:   tw.CellPadding{Global: tw.Padding{Right: strings.Repeat(" ", columnGap), Overwrite: true}},
		Alignment: tw.CellAlignment{Global: tw.AlignLeft},
	}
	table := tablewriter.NewTable(&buf,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders:  tw.BorderNone,
			Symbols:  tw.NewSymbols(tw.StyleNone),
			Settings: tw.Settings{Lines: tw.LinesNone, Separators: tw.SeparatorsNone},
		})),
		tablewriter.WithRowConfig(config),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
	)
	for _, line := range grid {
		if err := table.Append(line); err != nil {
			return nil, err
		}
	}
	if err := table.Render(); err != nil {
		return nil, err
	}
	var lines []string
	for line := range strings.Lines(buf.String()) {
		lines = append(lines, strings.TrimRight(line, " \n"))
	}
	return lines, nil
}
