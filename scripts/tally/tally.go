package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// event is one line of test2json (go doc test2json), as far as it is used.
type event struct {
	Action     string
	Package    string
	ImportPath string // of build-output
	Test       string
	Output     string
}

// test names one test; an empty Name stands for the package itself.
type test struct{ Package, Name string }

// skip is a test that did not run, with the reason it gave.
type skip struct {
	test
	reason string
}

// tally counts results. Subtests count, as their parents do.
type tally struct {
	out            io.Writer
	output         map[test][]string // of what has not ended yet
	failedIn       map[string]bool   // packages in which a test failed
	skips          []skip
	passed, failed int
}

func newTally(out io.Writer) *tally {
	return &tally{out: out, output: map[test][]string{}, failedIn: map[string]bool{}}
}

// maxLine bounds one line of input; a test's output comes line by line.
const maxLine = 16 << 20

// read takes events until the input ends. What is no event is passed on: the go
// command writes its own complaints between them.
func (t *tally) read(in io.Reader) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil || e.Action == "" {
			fmt.Fprintln(t.out, lines.Text())
			continue
		}
		t.take(e)
	}
	return lines.Err()
}

func (t *tally) take(e event) {
	key := test{e.Package, e.Test}
	switch e.Action {
	case "output":
		t.keep(key, e.Output)
	case "build-output":
		fmt.Fprint(t.out, e.Output)
	case "pass", "skip", "fail":
		t.end(key, e.Action)
	}
}

// keep holds output back until it is known whether anybody wants it. What go
// test prints of a package is printed at once.
func (t *tally) keep(key test, output string) {
	if key.Name == "" && (strings.HasPrefix(output, "ok ") || strings.HasPrefix(output, "FAIL") || strings.HasPrefix(output, "? ")) {
		fmt.Fprint(t.out, output)
		return
	}
	t.output[key] = append(t.output[key], output)
}

func (t *tally) end(key test, action string) {
	lines := t.output[key]
	delete(t.output, key)
	switch {
	case action == "fail":
		if key.Name != "" {
			t.failed++
			t.failedIn[key.Package] = true
		} else if !t.failedIn[key.Package] {
			t.failed++ // it did not compile, or ended outside a test
		}
		fmt.Fprint(t.out, strings.Join(lines, ""))
	case key.Name == "": // counted test by test
	case action == "skip":
		t.skips = append(t.skips, skip{key, reason(lines)})
	default:
		t.passed++
	}
}

// reason finds what a test said when it skipped: the line between go test's own,
// without the place in the source.
func reason(lines []string) string {
	for _, line := range lines {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "=== ") || strings.HasPrefix(line, "--- ") {
			continue
		}
		if _, text, ok := strings.Cut(line, ": "); ok {
			return text
		}
		return line
	}
	return "no reason given"
}

// summary ends the report.
func (t *tally) summary() {
	if len(t.skips) > 0 {
		fmt.Fprintln(t.out, "skipped, with the reason that each test gave:")
	}
	for _, s := range t.skips {
		fmt.Fprintf(t.out, "  %s (%s): %s\n", s.Name, s.Package, s.reason)
	}
	fmt.Fprintf(t.out, "%d passed, %d failed, %d skipped\n", t.passed, t.failed, len(t.skips))
}

// good reports whether tests ran and none failed.
func (t *tally) good() bool { return t.failed == 0 && t.passed > 0 }
