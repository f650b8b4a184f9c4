package zlint

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestFrames(t *testing.T) {
	var stream bytes.Buffer
	want := []string{"first", "", strings.Repeat("x", 100_000)}
	for _, der := range want {
		if err := writeFrame(&stream, []byte(der)); err != nil {
			t.Fatal(err)
		}
	}
	var buf []byte
	for _, w := range want {
		got, err := readFrame(&stream, buf)
		if string(got) != w || err != nil {
			t.Errorf("readFrame: got %.20q, %v, want %.20q", got, err, w)
		}
		buf = got
	}
	if _, err := readFrame(&stream, buf); err != io.EOF {
		t.Errorf("readFrame at the end: got %v, want io.EOF", err)
	}
}

func TestServe(t *testing.T) {
	judge := func(der []byte) Answer {
		switch string(der) {
		case "panics":
			panic("index out of range")
		case "talks":
			return Answer{Findings: []Finding{{Lint: "e_long", Details: strings.Repeat("é", maxDetails)}}}
		}
		return Answer{Findings: []Finding{{Lint: "e_" + string(der), Status: "error", Source: "RFC5280"}}}
	}
	var in, out bytes.Buffer
	for _, der := range []string{"one", "panics", "talks", "two"} {
		if err := writeFrame(&in, []byte(der)); err != nil {
			t.Fatal(err)
		}
	}
	if err := Serve(&in, &out, Greeting{Zlint: "v3.0.0", Lints: 1}, judge); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	want := []string{
		`{"protocol":1,"zlint":"v3.0.0","lints":1}`,
		`{"findings":[{"lint":"e_one","status":"error","source":"RFC5280"}]}`,
		`{"fault":"zlint panicked: index out of range"}`,
		`{"findings":[{"lint":"e_long","status":"","details":"` + strings.Repeat("é", maxDetails/2) + `…","source":""}]}`,
		`{"findings":[{"lint":"e_two","status":"error","source":"RFC5280"}]}`,
	}
	if len(lines) != len(want) {
		t.Fatalf("got %d lines, want %d:\n%s", len(lines), len(want), out.String())
	}
	for i := range want {
		if lines[i] != want[i] {
			t.Errorf("line %d: got %s, want %s", i, lines[i], want[i])
		}
	}
}

func TestServeEnds(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     string // in the error; "": none
	}{
		{"at once", "", ""},
		{"within a length", "\x00\x00", "unexpected EOF"},
		{"within a frame", "\x00\x00\x00\x05ab", "within a frame of 5 bytes: unexpected EOF"},
		{"by a frame without measure", "\xff\xff\xff\xff", "a frame of 4294967295 bytes, want at most 1048576"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := Serve(strings.NewReader(tt.in), io.Discard, Greeting{}, func([]byte) Answer { return Answer{} })
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Serve of %q: got %v, want %q", tt.in, err, tt.want)
			}
		})
	}
	broken := errors.New("broken pipe")
	if err := Serve(strings.NewReader(""), failing{broken}, Greeting{}, nil); !errors.Is(err, broken) {
		t.Errorf("Serve to a closed pipe: got %v, want %v", err, broken)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// FuzzServe guards that no input makes the companion panic, answer more often
// than it was asked, or allocate what a length merely claims.
func FuzzServe(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x02ab\x00\x00\x00\x00"))
	f.Add([]byte("\x00\x10\x00\x01"))
	f.Add([]byte("\xff\xff\xff\xffab"))
	f.Fuzz(func(t *testing.T, in []byte) {
		asked := 0
		var out bytes.Buffer
		_ = Serve(bytes.NewReader(in), &out, Greeting{}, func(der []byte) Answer {
			asked++
			return Answer{Fault: string(der)}
		})
		if got := bytes.Count(out.Bytes(), []byte("\n")); got != asked+1 {
			t.Errorf("Serve of %q: %d lines, want %d", in, got, asked+1)
		}
	})
}

// FuzzGreeting guards that whatever a program writes first is refused unless it
// is a companion's greeting.
func FuzzGreeting(f *testing.F) {
	f.Add([]byte(`{"protocol":1,"zlint":"v3.7.3","lints":162}`))
	f.Add([]byte(`{"protocol":2}`))
	f.Add([]byte("y\n"))
	f.Fuzz(func(t *testing.T, line []byte) {
		var hello Greeting
		if err := checkGreeting(line, &hello); err == nil && hello.Protocol != Protocol {
			t.Errorf("greeting %q with protocol %d was accepted", line, hello.Protocol)
		}
	})
}
