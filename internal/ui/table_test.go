package ui

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func sampleTable() *Table {
	table := NewTable("NAME", "order_id", "EXPIRES", "URL")
	table.Now = noon
	table.Row("amf-01", 7, noon.Add(5*day), "https://ca.example/acme/order/0123456789abcdef0123456789abcdef0123456789abcdef")
	table.Row("evil\x1b[31m\tx\ny", "", noon.Add(-3*time.Minute), nil)
	table.Row("ümlaut-01")
	return table
}

func TestTableWrite(t *testing.T) {
	tests := []struct {
		name    string
		columns int
		want    string
	}{
		{
			name:    "terminal",
			columns: 200,
			want: "NAME          order_id  EXPIRES  URL\n" +
				"amf-01        7         in 5d    https://ca.example/acme/order/0123456789abcdef0123456789abcdef0123456789abcdef\n" +
				"evil[31m x y            3m\n" +
				"ümlaut-01\n",
		},
		{
			name: "pipe",
			want: "amf-01\t7\t2026-11-29T12:00:00Z\thttps://ca.example/acme/order/0123456789abcdef0123456789abcdef0123456789abcdef\n" +
				"evil[31m x y\t\t2026-11-24T11:57:00Z\t\n" +
				"ümlaut-01\t\t\t\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := sampleTable().Write(&out, tt.columns); err != nil {
				t.Fatalf("Write: %v", err)
			}
			if diff := cmp.Diff(out.String(), tt.want); diff != "" {
				t.Errorf("got -, want +:\n%s", diff)
			}
		})
	}
}

type brokenWriter struct{}

var errBroken = errors.New("broken pipe")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestTableWriteNames(t *testing.T) {
	var out bytes.Buffer
	if err := sampleTable().WriteNames(&out); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("amf-01\nevil[31m x y\nümlaut-01\n", out.String()); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

func TestTableEmpty(t *testing.T) {
	for _, columns := range []int{0, 80} {
		var out bytes.Buffer
		if err := NewTable("NAME").Write(&out, columns); out.Len() != 0 || err != nil {
			t.Errorf("Write(%d columns) of no rows: %q, %v, want nothing", columns, out.String(), err)
		}
	}
}

// A row may be longer than the header, and is complete.
func TestTableRagged(t *testing.T) {
	for columns, want := range map[int]string{80: "A\n1  2\n3\n", 0: "1\t2\n3\t\n"} {
		table := NewTable("A")
		table.Row(1, 2)
		table.Row(3)
		var out bytes.Buffer
		if err := table.Write(&out, columns); out.String() != want || err != nil {
			t.Errorf("Write(%d columns): got %q, %v, want %q", columns, out.String(), err, want)
		}
	}
}

func TestWritersReport(t *testing.T) {
	fields := new(Fields)
	fields.Add("k", "v")
	for name, err := range map[string]error{
		"table on a terminal": sampleTable().Write(brokenWriter{}, 80),
		"table in a pipe":     sampleTable().Write(brokenWriter{}, 0),
		"fields":              fields.Write(brokenWriter{}, 80),
		"JSON":                WriteJSON(brokenWriter{}, 1),
		"JSON line":           WriteJSONLine(brokenWriter{}, 1),
	} {
		if !errors.Is(err, errBroken) {
			t.Errorf("%s to a broken writer: got %v, want %v", name, err, errBroken)
		}
	}
}

// Rows that do not fit a terminal are shortened, broken between words, or spread
// over several lines, in this order.
func TestTableNarrow(t *testing.T) {
	const url = "https://ca.5gc.example:14000/acme/order/0123456789"
	for _, tt := range []struct {
		name    string
		columns int
		row     []any
		want    string
	}{
		{"fits", 80, []any{"amf-01", url, ""}, "NAME    URL                                                 REASON\n" +
			"amf-01  " + url + "\n"},
		{"without an empty column", 58, []any{"amf-01", url, ""}, "NAME    URL\n" +
			"amf-01  " + url + "\n"},
		{"a URL without its scheme", 50, []any{"amf-01", url, ""}, "NAME    URL\n" +
			"amf-01  ca.5gc.example:14000/acme/order/0123456789\n"},
		{"a shortened URL", 40, []any{"amf-01", url, ""}, "NAME    URL\n" +
			"amf-01  ca.5gc.example:…order/0123456789\n"},
		{"the first column stays whole", 16, []any{url}, "NAME\n" + url + "\n"},
		{"text in two lines", 37, []any{"amf-01", "ok", "the CA no longer knows it"}, "NAME    URL  REASON\n" +
			"amf-01  ok   the CA no longer knows\n" +
			"             it\n"},
		{"a list in two lines", 34, []any{"amf-01", "", "amf-02,amf-03,amf-04,amf-05"}, "NAME    REASON\n" +
			"amf-01  amf-02,amf-03,amf-04,\n" +
			"        amf-05\n"},
		{"a command stays whole", 30, []any{"amf-01", "", Command("nfcert order -n amf-01")}, "NAME    REASON\n" +
			"amf-01  nfcert order -n amf-01\n"},
		{"folded before a command", 29, []any{"amf-01", "", Command("nfcert order -n amf-01")}, "NAME\n    REASON\n" +
			"amf-01\n    nfcert order -n amf-01\n"},
		{"folded with the whole URL", 40, []any{"amf-01", url, "the CA no longer knows it"}, "NAME\n    URL\n    REASON\n" +
			"amf-01\n    " + url + "\n    the CA no longer knows it\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			table := NewTable("NAME", "URL", "REASON")
			table.Row(tt.row...)
			var out bytes.Buffer
			if err := table.Write(&out, tt.columns); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, out.String()); diff != "" {
				t.Errorf("%d columns (-want +got):\n%s", tt.columns, diff)
			}
		})
	}
}

// A row of a folded table has no lines for missing values.
func TestTableFoldedRows(t *testing.T) {
	table := NewTable("NAME", "SERVER", "NEXT")
	table.Row("amf-01", "https://ca.example/directory", Command("nfcert order -n amf-01"))
	table.Row("smf-01")
	table.Row("", "https://ca.example/other")
	var out bytes.Buffer
	if err := table.Write(&out, 40); err != nil {
		t.Fatal(err)
	}
	want := "NAME    SERVER\n    NEXT\n" +
		"amf-01  https://ca.example/directory\n    nfcert order -n amf-01\n" +
		"smf-01\n" +
		"        https://ca.example/other\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The name of a row is never shortened, for any cells and width.
func FuzzTableWidth(f *testing.F) {
	f.Add("amf-01", "https://ca.example/x", "a b,c", 20)
	f.Add("", "://", ",, ", 1)
	f.Add("ü 東", "x\x1b[2J", strings.Repeat("long ", 50), 80)
	f.Fuzz(func(t *testing.T, name, url, prose string, columns int) {
		table := NewTable("NAME", "URL", "TEXT")
		table.Row(name, url, prose)
		table.Row("second")
		var out bytes.Buffer
		if err := table.Write(&out, min(max(columns, 1), 1000)); err != nil {
			t.Fatal(err)
		}
		for _, want := range append(strings.Fields(Clean(name, 0)), "second") {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%d columns: %q is missing in %q", columns, want, out.String())
			}
		}
	})
}
