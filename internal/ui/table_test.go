package ui

import (
	"bytes"
	"errors"
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

// A row may be longer than the header; nothing is lost.
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
		"fields":              fields.Write(brokenWriter{}, true),
		"JSON":                WriteJSON(brokenWriter{}, 1),
		"JSON line":           WriteJSONLine(brokenWriter{}, 1),
	} {
		if !errors.Is(err, errBroken) {
			t.Errorf("%s to a broken writer: got %v, want %v", name, err, errBroken)
		}
	}
}
