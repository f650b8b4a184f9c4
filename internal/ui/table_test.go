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
		name string
		tty  bool
		want string
	}{
		{
			name: "terminal",
			tty:  true,
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
			if err := sampleTable().Write(&out, tt.tty); err != nil {
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
	for _, tty := range []bool{true, false} {
		var out bytes.Buffer
		if err := NewTable("NAME").Write(&out, tty); out.Len() != 0 || err != nil {
			t.Errorf("Write(tty %t) of no rows: %q, %v, want nothing", tty, out.String(), err)
		}
	}
}

// A row may be longer than the header; nothing is lost.
func TestTableRagged(t *testing.T) {
	for tty, want := range map[bool]string{true: "A\n1  2\n3\n", false: "1\t2\n3\t\n"} {
		table := NewTable("A")
		table.Row(1, 2)
		table.Row(3)
		var out bytes.Buffer
		if err := table.Write(&out, tty); out.String() != want || err != nil {
			t.Errorf("Write(tty %t): got %q, %v, want %q", tty, out.String(), err, want)
		}
	}
}

// Colour is for the terminal alone, and does not disturb the columns.
func TestTablePaint(t *testing.T) {
	table := NewTable("NAME", "STATUS", "X")
	table.PaintColumn(1, Paint{On: true}.Green)
	table.Row("a", "valid", 1)
	table.Row("b", "ok\x1b[31m", 2)
	for tty, want := range map[bool]string{
		true:  "NAME  STATUS  X\na     valid   1\nb     ok[31m  2\n",
		false: "a\tvalid\t1\nb\tok[31m\t2\n",
	} {
		var out bytes.Buffer
		if err := table.Write(&out, tty); err != nil {
			t.Errorf("Write(tty %t): %v", tty, err)
		}
		if got := colorCode().ReplaceAllString(out.String(), ""); got != want {
			t.Errorf("Write(tty %t) without colour: got %q, want %q", tty, got, want)
		}
		if got := strings.Contains(out.String(), "\x1b[32mvalid\x1b[0m"); got != tty {
			t.Errorf("Write(tty %t): %q is green: %t, want %t", tty, out.String(), got, tty)
		}
	}
}

func TestWritersReport(t *testing.T) {
	fields := new(Fields)
	fields.Add("k", "v")
	for name, err := range map[string]error{
		"table on a terminal": sampleTable().Write(brokenWriter{}, true),
		"table in a pipe":     sampleTable().Write(brokenWriter{}, false),
		"fields":              fields.Write(brokenWriter{}, true),
		"JSON":                WriteJSON(brokenWriter{}, 1),
		"JSON line":           WriteJSONLine(brokenWriter{}, 1),
	} {
		if !errors.Is(err, errBroken) {
			t.Errorf("%s to a broken writer: got %v, want %v", name, err, errBroken)
		}
	}
}
