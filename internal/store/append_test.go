package store

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
)

func TestAppend(t *testing.T) {
	tests := []struct {
		name, old, data string
		max             int64
		want            string
	}{
		{"new file", "", "a\n", 100, "a\n"},
		{"room", "a\n", "b\n", 100, "a\nb\n"},
		{"exactly full drops", "12345\n", "1234\n", 11, "1234\n"},
		{"one byte of room left", "1234\n", "1234\n", 11, "1234\n1234\n"},
		{"oldest half goes", "1\n2\n3\n4\n5\n6\n7\n8\n", "9\n", 16, "5\n6\n7\n8\n9\n"},
		{"cut at a line, not in it", "first\nsecond\nthird\n", "x\n", 19, "third\nx\n"},
		{"one long line goes whole", strings.Repeat("x", 50) + "\n", "y\n", 40, "y\n"},
		{"large data leaves less", "1\n2\n3\n4\n", "123456\n", 10, "4\n123456\n"},
		{"unfinished line is ended", "a\nhalf", "b\n", 100, "a\nhalf\nb\n"},
		{"unfinished line is ended when dropping", "1\n2\n3\n4\n5\n6\n7\n8", "9\n", 16, "5\n6\n7\n8\n9\n"},
		{"no bound is MaxFile", "a\n", "b\n", 0, "a\nb\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newStore(t)
			if tt.old != "" {
				put(t, s.Path("trace.jsonl"), tt.old)
			}
			if err := s.Append("trace.jsonl", []byte(tt.data), tt.max); err != nil {
				t.Fatalf("Append(%q, max %d) to %q: %v", tt.data, tt.max, tt.old, err)
			}
			if got, err := os.ReadFile(s.Path("trace.jsonl")); string(got) != tt.want {
				t.Errorf("Append(%q, max %d) to %q: got %q, %v, want %q", tt.data, tt.max, tt.old, got, err, tt.want)
			}
		})
	}
}

func TestAppendTooMuch(t *testing.T) {
	s := newStore(t)
	put(t, s.Path("trace.jsonl"), "kept\n")
	if err := s.Append("trace.jsonl", make([]byte, 100), 100); err == nil {
		t.Error("Append of max bytes succeeded")
	}
	if got, err := s.ReadFile("trace.jsonl"); string(got) != "kept\n" {
		t.Errorf("file %q, %v, want it untouched", got, err)
	}
}

// Whatever is appended by however many, the file stays within its bound, holds
// whole lines only, and ends with the last one.
func TestAppendStaysBounded(t *testing.T) {
	const max = 2000
	s := newStore(t)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 100 {
				line := fmt.Appendf(nil, "{%d %s}\n", w, strings.Repeat("x", i%37))
				if err := s.Append("trace.jsonl", line, max); err != nil {
					t.Errorf("Append: %v", err)
				}
			}
		})
	}
	wg.Wait()
	data, err := s.ReadFile("trace.jsonl")
	if err != nil || len(data) > max || len(data) < max/4 {
		t.Fatalf("%d bytes, %v, want %d to %d", len(data), err, max/4, max)
	}
	for line := range bytes.Lines(data) {
		if line[0] != '{' || !bytes.HasSuffix(line, []byte("}\n")) {
			t.Errorf("line %q is not whole", line)
		}
	}
}
