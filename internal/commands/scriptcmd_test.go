package commands

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/report"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/store"
)

// bookKey is the key of a script's book.
type bookKey struct{}

// scriptBook is what a script's commands remember.
type scriptBook struct {
	requests func() int                 // requests that the lab has served
	counted  int                        // of them, those told before
	seen     map[string]string          // contents of directories, by the directory
	occupied net.Listener               // what stands where nfcert wants to listen
	tls      atomic.Pointer[tls.Config] // of the last serves
}

func book(ts *testscript.TestScript) *scriptBook { return ts.Value(bookKey{}).(*scriptBook) }

// scriptCommands are the words that the scripts have beyond testscript's.
func scriptCommands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"lab":       cmdLab,
		"badserver": cmdBadServer,
		"base64":    cmdBase64,
		"json":      cmdJSON,
		"exits":     cmdExits,
		"fails":     cmdFails,
		"next":      cmdNext,
		"none":      cmdNone,
		"requests":  cmdRequests,
		"mode":      cmdMode,
		"remember":  cmdRemember,
		"unchanged": cmdUnchanged,
		"hold":      cmdHold,
		"publish":   cmdPublish,
		"expand":    cmdExpand,
		"occupy":    cmdOccupy,
		"free":      cmdFree,
		"sameurl":   cmdSameURL,
		"artifacts": cmdArtifacts,
		"sparse":    cmdSparse,
		"plain":     cmdPlain,
	}
}

// json FILE PATH WANT: the member at PATH is WANT, or matches it when it starts
// with ~. PATH has dots between keys and indices. ! json FILE PATH: there is no
// such member.
func cmdJSON(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 && !(neg && len(args) == 2) {
		ts.Fatalf("usage: json FILE PATH WANT, or ! json FILE PATH")
	}
	var doc any
	if err := json.Unmarshal([]byte(ts.ReadFile(args[0])), &doc); err != nil {
		ts.Fatalf("%s is not one JSON document: %v", args[0], err)
	}
	got, ok := member(doc, args[1])
	if neg && len(args) == 2 {
		if ok {
			ts.Fatalf("%s: %s is %v, want none", args[0], args[1], got)
		}
		return
	}
	if !ok {
		ts.Fatalf("%s: %s is missing, want %s", args[0], args[1], args[2])
	}
	same := got == args[2]
	if pattern, found := strings.CutPrefix(args[2], "~"); found {
		same = regexp.MustCompile(pattern).MatchString(got)
	}
	if same == neg {
		ts.Fatalf("%s: %s is %q, want (negated: %t) %q", args[0], args[1], got, neg, args[2])
	}
}

// member finds what a dotted path leads to, as text. A list has the member len.
func member(doc any, path string) (string, bool) {
	for _, key := range strings.Split(path, ".") {
		switch v := doc.(type) {
		case map[string]any:
			var ok bool
			if doc, ok = v[key]; !ok {
				return "", false
			}
		case []any:
			if key == "len" {
				return strconv.Itoa(len(v)), true
			}
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(v) {
				return "", false
			}
			doc = v[i]
		default:
			return "", false
		}
	}
	if s, ok := doc.(string); ok {
		return s, true
	}
	text, err := json.Marshal(doc)
	return string(text), err == nil
}

// exits CODE COMMAND...: the command ends with exactly this code, and without
// a panic.
func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	run(ts, want, args[1:])
}

func run(ts *testscript.TestScript, want int, command []string) {
	err := ts.Exec(command[0], command[1:]...)
	got := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("running %q: %v", command, err)
	}
	if stderr := ts.ReadFile("stderr"); strings.Contains(stderr, "goroutine ") {
		ts.Fatalf("%q panicked:\n%s", command, stderr)
	}
	if got != want {
		ts.Fatalf("%q ended with %d, want %d", command, got, want)
	}
}

// fails EXIT CODE FAULT nfcert ARG...: with -o json the command ends with EXIT,
// prints nothing on stdout, and on stderr one Error document of this code and
// fault, whose words stderr and json then look at.
func cmdFails(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 5 || args[3] != "nfcert" {
		ts.Fatalf("usage: fails EXIT CODE FAULT nfcert ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	run(ts, want, append([]string{"nfcert", "-o", "json"}, args[4:]...))
	if out := ts.ReadFile("stdout"); out != "" {
		ts.Fatalf("stdout has %q, want nothing beside an error", out)
	}
	text := ts.ReadFile("stderr")
	var r report.Report
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		ts.Fatalf("stderr is not one JSON document: %v\n%s", err, text)
	}
	if r.Kind != "Error" || r.APIVersion != cli.APIVersion || r.Exit != want || string(r.Code) != args[1] || string(r.Fault) != args[2] {
		ts.Fatalf("got kind %q, exit %d, code %q, fault %q; want Error %v\n%s", r.Kind, r.Exit, r.Code, r.Fault, args[:3], text)
	}
}

// none DIR NAME...: no file of these names is anywhere under DIR.
func cmdNone(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: none DIR NAME...")
	}
	ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		for _, name := range args[1:] {
			if err == nil && d.Name() == name {
				ts.Fatalf("found %s, want none", path)
			}
		}
		return err
	}))
}

// next [WORD=VALUE...]: what "next:" of the last command proposed is typed into
// a shell, with the words in capitals replaced, and succeeds.
func cmdNext(ts *testscript.TestScript, neg bool, args []string) {
	if runtime.GOOS == "windows" {
		ts.Fatalf("next needs a POSIX shell")
	}
	_, line, ok := strings.Cut("\n"+ts.ReadFile("stderr"), "\nnext: ")
	if !ok {
		ts.Fatalf("stderr has no next: line")
	}
	line, _, _ = strings.Cut(line, "\n")
	for _, a := range args {
		word, value, _ := strings.Cut(a, "=")
		if !regexp.MustCompile(`\b` + word + `\b`).MatchString(line) {
			ts.Fatalf("next: %s has no %s", line, word)
		}
		line = regexp.MustCompile(`\b`+word+`\b`).ReplaceAllLiteralString(line, value)
	}
	ts.Logf("typing: %s", line)
	err := ts.Exec("sh", "-c", line)
	if (err != nil) != neg {
		ts.Fatalf("next: %s: %v", line, err)
	}
}

// requests N: the lab has served N requests since it was asked last; without N
// they are only counted.
func cmdRequests(ts *testscript.TestScript, neg bool, args []string) {
	b := book(ts)
	if neg || len(args) > 1 || b.requests == nil {
		ts.Fatalf("usage: requests [N], after lab")
	}
	all := b.requests()
	got := all - b.counted
	b.counted = all
	if len(args) == 1 && strconv.Itoa(got) != args[0] {
		ts.Fatalf("the lab has served %d requests, want %s", got, args[0])
	}
}

// mode MODE FILE...: the files have exactly these permission bits.
func cmdMode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: mode MODE FILE...")
	}
	if runtime.GOOS == "windows" {
		return
	}
	for _, file := range args[1:] {
		info, err := os.Stat(ts.MkAbs(file))
		ts.Check(err)
		if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[0] {
			ts.Fatalf("%s has mode %s, want %s", file, got, args[0])
		}
	}
}

// remember DIR: for unchanged DIR.
func cmdRemember(ts *testscript.TestScript, _ bool, args []string) {
	for _, dir := range args {
		book(ts).seen[dir] = contentOf(ts, ts.MkAbs(dir))
	}
}

// unchanged DIR...: every file is as it was when it was remembered. Locks,
// traces and what the wire keeps for the next process do not count.
func cmdUnchanged(ts *testscript.TestScript, neg bool, args []string) {
	for _, dir := range args {
		before, ok := book(ts).seen[dir]
		if !ok {
			ts.Fatalf("%s was not remembered", dir)
		}
		if after := contentOf(ts, ts.MkAbs(dir)); (after != before) != neg {
			ts.Fatalf("%s had\n%s\nand has\n%s", dir, before, after)
		}
	}
}

// contentOf lists the files under a directory, or one file, with their content.
func contentOf(ts *testscript.TestScript, root string) string {
	var b bytes.Buffer
	ts.Check(filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		switch name := d.Name(); {
		case strings.HasSuffix(name, ".lock"), name == "trace.jsonl", name == "nonce.json", name == "directory.json":
			return nil
		}
		data, err := os.ReadFile(path)
		fmt.Fprintf(&b, "%s %q\n", path, data)
		return err
	}))
	return b.String()
}

// hold REL: this process holds the lock of a folder of the state until the
// script ends.
func cmdHold(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: hold REL")
	}
	s, err := store.Open(ts.Getenv("NFCERT_STATE"))
	ts.Check(err)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	lock, err := s.Lock(ctx, args[0])
	ts.Check(err)
	ts.Defer(func() { ts.Check(lock.Unlock()) })
}

// publish DOCUMENT DIR: puts what an enrolment's document says is to be
// published under a web root, as a person would.
func cmdPublish(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: publish DOCUMENT DIR")
	}
	var en enroll.Enrolment
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &en))
	count := 0
	for _, a := range en.Order.Authorizations {
		for _, c := range a.Challenges {
			if c.Publish == nil {
				continue
			}
			_, path, ok := strings.Cut(strings.TrimPrefix(c.Publish.URL, "http://"), "/")
			if !ok {
				ts.Fatalf("publish.url %q has no path", c.Publish.URL)
			}
			file := filepath.Join(ts.MkAbs(args[1]), filepath.FromSlash(path))
			ts.Check(os.MkdirAll(filepath.Dir(file), 0o755))
			ts.Check(os.WriteFile(file, []byte(c.Publish.Content), 0o644))
			count++
		}
	}
	if count == 0 {
		ts.Fatalf("%s says nothing to publish", args[0])
	}
}

// expand FILE TARGET: a copy with the script's variables filled in.
func cmdExpand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: expand FILE TARGET")
	}
	text := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o644))
}

// sameurl A B: two documents are of the same account or order.
func cmdSameURL(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: sameurl A B")
	}
	var urls [2]string
	for i, file := range args {
		var doc struct {
			URL   string       `json:"url"`
			Order enroll.Order `json:"order"`
		}
		ts.Check(json.Unmarshal([]byte(ts.ReadFile(file)), &doc))
		if urls[i] = cmp.Or(doc.URL, doc.Order.URL); urls[i] == "" {
			ts.Fatalf("%s has no URL", file)
		}
	}
	if (urls[0] == urls[1]) == neg {
		ts.Fatalf("%s is of %s, and %s of %s", args[0], urls[0], args[1], urls[1])
	}
}

// occupy: another program listens where NFCERT_HTTP_LISTEN is, until free.
func cmdOccupy(ts *testscript.TestScript, _ bool, _ []string) {
	ln, err := net.Listen("tcp", ts.Getenv("NFCERT_HTTP_LISTEN"))
	ts.Check(err)
	book(ts).occupied = ln
}

func cmdFree(ts *testscript.TestScript, _ bool, _ []string) { ts.Check(book(ts).occupied.Close()) }
