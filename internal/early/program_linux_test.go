package early

import (
	"reflect"
	"runtime"
	"testing"
)

func TestCode(t *testing.T) {
	from, to, ok := code()
	at := reflect.ValueOf(runtime.GC).Pointer()
	if !ok || at < from || to <= at {
		t.Errorf("the code is found from %x to %x (%v), and does not hold the runtime at %x", from, to, ok, at)
	}
}

func TestParseMapping(t *testing.T) {
	for _, test := range []struct {
		line     string
		from, to uintptr
		ok       bool
	}{
		{"00400000-00b0d000 r-xp 00000000 fe:00 1", 0x400000, 0xb0d000, true},
		{"55d0c0a01000-55d0c1100000 r-xp", 0x55d0c0a01000, 0x55d0c1100000, true},
		{"00400000-00b0d000 r--p 00000000", 0, 0, false},
		{"00b0d000-00400000 r-xp", 0, 0, false},
		{"00400000-00b0d000 r-x", 0, 0, false},
		{"00400000 r-xp", 0, 0, false},
		{"-00400000 r-xp", 0, 0, false},
		{"00400000", 0, 0, false},
		{"zz-yy r-xp", 0, 0, false},
		{"", 0, 0, false},
	} {
		from, to, ok := parseMapping([]byte(test.line))
		if ok != test.ok || ok && (from != test.from || to != test.to) {
			t.Errorf("%q: got %x to %x (%v), want %x to %x (%v)", test.line, from, to, ok, test.from, test.to, test.ok)
		}
	}
}
