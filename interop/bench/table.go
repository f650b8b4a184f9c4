package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// table is one in Markdown.
type table struct {
	title string
	rows  [][]string // the first is the header
}

func newTable(title string, header ...string) *table {
	return &table{title: title, rows: [][]string{header}}
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) print(out io.Writer) error {
	if _, err := fmt.Fprintf(out, "\n%s\n\n", t.title); err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 1, ' ', 0)
	for i, row := range t.rows {
		if _, err := fmt.Fprintf(w, "| %s\t|\n", strings.Join(row, "\t| ")); err != nil {
			return err
		}
		if i > 0 {
			continue
		}
		if _, err := fmt.Fprintf(w, "|%s\n", strings.Repeat(" ---\t|", len(row))); err != nil {
			return err
		}
	}
	return w.Flush()
}

// summary gives median, 90th percentile, requests and greatest memory.
func summary(costs []cost) []string {
	requests := values(costs, func(c cost) int { return c.Requests })
	count := fmt.Sprint(at(requests, 50))
	if low, high := requests[0], requests[len(requests)-1]; low != high {
		count += fmt.Sprintf(" (%d to %d)", low, high)
	}
	return []string{millis(wall(costs, 50)), millis(wall(costs, 90)), count, mebibytes(slices.Max(values(costs, rss)))}
}

// ratios divides the figures of a by those of b.
func ratios(a, b []cost) []string {
	requests := func(costs []cost) float64 {
		return float64(at(values(costs, func(c cost) int { return c.Requests }), 50))
	}
	ratio := func(a, b float64) string { return fmt.Sprintf("%.2f", a/b) }
	return []string{
		ratio(float64(wall(a, 50)), float64(wall(b, 50))),
		ratio(float64(wall(a, 90)), float64(wall(b, 90))),
		ratio(requests(a), requests(b)),
		"",
	}
}

func rss(c cost) int64 { return c.MaxRSS }

// wall returns a percentile of the wall times.
func wall(costs []cost, percent int) time.Duration {
	return at(values(costs, func(c cost) time.Duration { return c.Wall }), percent)
}

// values returns one figure of all costs, ascending.
func values[T int | int64 | time.Duration](costs []cost, of func(cost) T) []T {
	var all []T
	for _, c := range costs {
		all = append(all, of(c))
	}
	slices.Sort(all)
	return all
}

// at returns a percentile of ascending values by nearest rank.
func at[T any](ascending []T, percent int) T {
	rank := (len(ascending)*percent + 99) / 100
	return ascending[max(rank, 1)-1]
}

func millis(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }

func mebibytes(n int64) string {
	if n == 0 {
		return "unknown"
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}
