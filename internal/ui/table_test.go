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
