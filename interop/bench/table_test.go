package main

import (
	"bytes"
	"testing"
	"time"
)

func TestAt(t *testing.T) {
	for _, tc := range []struct {
		name      string
		ascending []int
		percent   int
		want      int
	}{
		{"median of one", []int{7}, 50, 7},
		{"median of three", []int{1, 2, 3}, 50, 2},
		{"median of four is the lower", []int{1, 2, 3, 4}, 50, 2},
		{"p90 of ten", []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 90, 9},
		{"p90 of eleven", []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, 90, 10},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := at(tc.ascending, tc.percent); got != tc.want {
				t.Errorf("at(%v, %d) = %d, want %d", tc.ascending, tc.percent, got, tc.want)
			}
		})
	}
}

func TestTableIsMarkdown(t *testing.T) {
	one := []cost{{Wall: 20 * time.Millisecond, MaxRSS: 3 << 20, Requests: 10}, {Wall: 40 * time.Millisecond, MaxRSS: 2 << 20, Requests: 11}}
	two := []cost{{Wall: 10 * time.Millisecond, Requests: 10}, {Wall: 20 * time.Millisecond, Requests: 10}}
	table := newTable("Title", "", "median", "p90", "requests", "max RSS")
	table.add(append([]string{"one"}, summary(one)...)...)
	table.add(append([]string{"two"}, summary(two)...)...)
	table.add(append([]string{"ratio"}, ratios(one, two)...)...)
	var got bytes.Buffer
	if err := table.print(&got); err != nil {
		t.Fatal(err)
	}
	const want = `
Title

|       | median  | p90     | requests      | max RSS |
| ---   | ---     | ---     | ---           | ---     |
| one   | 20.0 ms | 40.0 ms | 10 (10 to 11) | 3.0 MiB |
| two   | 10.0 ms | 20.0 ms | 10            | unknown |
| ratio | 2.00    | 2.00    | 1.00          |         |
`
	if got.String() != want {
		t.Errorf("got %s\nwant %s", got.String(), want)
	}
}
